/** However a control plane ends, no process, port or file of it stays; and two run side by side. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlPlane, startControlPlane, withControlPlane } from './control-plane.ts';

/** All that could stay of a control plane. */
interface Traces {
  readonly folder: string;
  readonly pids: readonly number[];
  readonly urls: readonly string[];
}

const tracesOf = ({ folder, pids, url, etcd }: ControlPlane): Traces => ({
  folder,
  pids: [pids.etcd, pids.apiServer!],
  urls: [url, etcd.url],
});

async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const answered = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return answered;
}

async function left({ folder, pids, urls }: Traces): Promise<string[]> {
  const listening = await Promise.all(urls.map(isListening));
  return [
    ...(existsSync(folder) ? [folder] : []),
    ...pids.filter((pid) => existsSync(`/proc/${pid}`)).map((pid) => `process ${pid}`),
    ...urls.filter((_, at) => listening[at]),
  ];
}

test('while it runs its folder is closed to others and its servers listen', async () => {
  await withControlPlane(async (plane) => {
    assert.equal(statSync(plane.folder).mode & 0o777, 0o700);
    for (const name of ['pki/ca.key', 'pki/service-accounts.key', 'admin.kubeconfig', 'log/etcd.log'])
      assert.equal(statSync(join(plane.folder, name)).mode & 0o777, 0o600, name);
    assert.equal((await left(tracesOf(plane))).length, 5);
  });
});

test('nothing stays of two that ran side by side, one of them in a test that failed', async () => {
  const traces: Traces[] = [];
  const one = await startControlPlane();
  const failed = withControlPlane(async (two) => {
    traces.push(tracesOf(one), tracesOf(two));
    await one.kubectlOk(['create', 'configmap', 'mine', '--from-literal=of=one']);
    assert.match((await two.kubectl(['get', 'configmap', 'mine'])).err, /NotFound/);
    throw new Error('a test fails');
  });
  await assert.rejects(failed, /^Error: a test fails$/);
  assert.deepEqual(await left(traces[1]!), []);
  assert.equal(await one.kubectlOk(['get', 'configmap', 'mine', '-o', 'jsonpath={.data.of}']), 'one');
  await one.stop();
  await one.stop();
  assert.deepEqual(await left(traces[0]!), []);
});

test('nothing stays of one that could not start', async () => {
  const { folder } = await withControlPlane((plane) => plane);
  await assert.rejects(startControlPlane({ folder, apiServerFlags: ['--no-such-flag=1'] }), /unknown flag/);
  assert.equal(existsSync(folder), false);
});

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`nothing stays when ${signal} ends the process that started it`, async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'idle.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(child.stdout), 'line');
    const traces = JSON.parse(line) as Traces;
    assert.equal((await left(traces)).length, 5);
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    for (let tries = 0; tries < 100 && (await left(traces)).length > 0; tries++) await sleep(50);
    assert.deepEqual(await left(traces), []);
  });
}
