/**
 * The images at work under containerd, in the pods of the chart: read-only roots, the chart's users, capabilities and filters.
 * The node agent's two containers page out an idle container of the same containerd; policies come from files here, from an
 * API server in test/e2e.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerState } from '../../../node-agent/report/state.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { theCommand } from '../../docs/commands.ts';
import { runAll } from '../../e2e/docs/run.ts';
import { acquireSwap, type Swap } from '../../kernel/swap.ts';
import { type ChartPod, type RunningChartPod, renderPod, startChartPod } from '../chart-pod.ts';
import { type Containerd, startContainerd } from '../containerd.ts';
import { images, podIP, startAgentPod } from './agent-pod.ts';
import { archiveOf, programs } from './archive.ts';

const mib = 2 ** 20;

let swap: Swap;
let runtime: Containerd;
let folder: string;

before(async () => {
  swap = await acquireSwap({ kind: 'zram', bytes: 256 * mib });
  runtime = await startContainerd();
  folder = mkdtempSync(join(tmpdir(), 'ebb-images-'));
  await importAsSaid();
  chmodSync(folder, 0o755);
});
after(async () => {
  await runtime?.stop();
  await swap?.release();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** By the command of docs/releasing.md, for a node without a registry. */
async function importAsSaid(): Promise<void> {
  const command = theCommand('docs/releasing.md', 'for program in operator node-agent worker; do\n  ctr ');
  const release = join(folder, 'release');
  mkdirSync(release);
  for (const program of programs)
    symlinkSync(archiveOf(program), join(release, `ebb-${program}-${packageJson.version}.tar`));
  await runAll([command], { ...process.env, CONTAINERD_ADDRESS: runtime.socket }, { cwd: release });
}

async function output(pod: ChartPod, container: string, ...args: readonly string[]) {
  await using running = await startChartPod(runtime, pod, {
    podIP,
    args: (name, own) => (name === container ? args : own),
  });
  return { code: await running.ended(container), log: running.log(container) };
}

test('the operator starts, and without an API server says what it lacks', async () => {
  const pod = await renderPod('ebb-operator', [images]);
  assert.deepEqual(await output(pod, 'operator', '--check=0'), {
    code: 1,
    log: 'ebb: nothing says where the API server is: no token of a pod, no $KUBECONFIG, no ~/.kube/config\n',
  });
});

/** As the pages say: kubectl exec into the agent. */
async function until(
  pod: RunningChartPod,
  id: string,
  fits: (state: ContainerState) => boolean,
): Promise<ContainerState> {
  let last = '';
  for (let tries = 0; tries < 100; tries++) {
    const { code, out, err } = await pod.exec('agent', 'ebb', 'why', id, '--json');
    last = `${out}${err}`;
    if (code === 0 && fits(JSON.parse(out))) return JSON.parse(out);
    await sleep(200);
  }
  throw new Error(`${last}\n${pod.log('agent')}\n${pod.log('worker')}`);
}

const pidOf = (pod: RunningChartPod, container: string): number => pod.pids(container)[0]!;
const capabilities = (pid: number): string =>
  /^CapEff:\t0*(\w*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;

test('node agent and worker find an idle container, page it out and bring it back whole', async () => {
  const idle = await runtime.runPod({
    name: 'idle',
    uid: 'dddddddd-2222-4333-8444-555555555555',
    qos: 'Burstable',
    containers: [{ name: 'app', commands: ['anon 64M 7'] }],
  });
  const [app] = idle.containers;
  await using pod = await startAgentPod(runtime, folder);
  const out = await until(pod, app!.id, ({ state, passRunning }) => state === 'PagedOut' && passRunning === null);
  assert.ok(out.ledger.unmappedBytes >= 60 * mib, `${out.ledger.unmappedBytes} bytes left it`);
  const { target, close } = await app!.connect();
  const region = { id: 0, start: 0, end: 0 };
  assert.ok((await target.pages(region)).presentBytes <= 4 * mib);

  const written = await pod.exec('agent', '/usr/local/bin/node', '-e', 'fs.writeFileSync("/usr/written", "")');
  assert.match(written.err, /EROFS: read-only file system/);
  // 1 << SYS_PTRACE | 1 << SYS_NICE
  assert.deepEqual([capabilities(pidOf(pod, 'worker')), capabilities(pidOf(pod, 'agent'))], ['880000', '']);
  const version = await pod.exec('agent', 'ebb', '--version');
  assert.equal(version.out, `${packageJson.version}\n`);

  await target.startSpin();
  await until(pod, app!.id, (state) => state.lastAdvice?.advice === 'WillNeed');
  await target.stop('spin');
  assert.equal(await target.brokenPages(region), 0);
  close();

  const begun = performance.now();
  await pod.stop('agent');
  assert.equal(await pod.ended('agent'), 0);
  assert.ok(performance.now() - begun < 2500, 'it ends between two chunks');
  assert.equal(await pod.isRunning('worker'), true);
});
