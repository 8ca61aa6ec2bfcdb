/** How the agent starts and ends: alone on its node, without privileges, within two seconds, with its worker. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentUser } from '../../../node-agent/config.ts';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { type Agent, startAgent } from './agent.ts';
import { policy } from './policy.ts';

const mib = 2 ** 20;

const status = (path: string, name: string): string =>
  new RegExp(`^${name}:\\s+(.+)$`, 'm').exec(readFileSync(path, 'utf8'))![1]!;

async function workerPid(agent: Agent): Promise<number> {
  return (await agent.line('Started agent'))['workerPid'] as number;
}

test('no thread of the agent holds a capability or is root', async () => {
  await using agent = startAgent({});
  await agent.state();
  await agent.outside('/metrics');
  const task = `/proc/${agent.child.pid}/task`;
  const threads = readdirSync(task);
  assert.ok(threads.length > 4);
  const own = Array(4).fill(agentUser).join('\t');
  for (const thread of threads) {
    const path = `${task}/${thread}/status`;
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.match(status(path, set), /^0+$/);
    assert.equal(status(path, 'Uid'), own);
    assert.equal(status(path, 'Gid'), own);
    assert.match(readFileSync(path, 'utf8'), /^Groups:\s*$/m);
  }
});

test('a second agent on the node refuses to start', async () => {
  await using first = startAgent({});
  await first.line('Started agent');
  await using second = startAgent({}, { lock: `${first.folder}/agent.lock` });
  const { code } = await second.ended;
  assert.equal(code, 3);
  const said = JSON.parse(JSON.stringify(second.lines[0])) as { refused: string; message: string };
  assert.equal(said.refused, 'AnotherAgent');
  assert.match(said.message, new RegExp(`PID ${first.child.pid}\\b`));
});

test('SIGTERM in the middle of a pass ends it between two chunks, within 2 s', async () => {
  await withSwap({ kind: 'zram', bytes: 512 * mib }, () =>
    withCgroup('term', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(128 * mib);
      const steps = [{ advice: 'PageOut', afterIdleSeconds: 0 }];
      const text = policy(cgroup.path, { steps, limits: { maxBytesPerSecond: '8Mi' } });
      await using agent = startAgent({ 'a.yaml': text });
      await agent.container(cgroup.path, (state) => state.passRunning === 'PageOut' && state.swapBytes > 4 * mib);
      const worker = await workerPid(agent);
      const asked = performance.now();
      agent.child.kill('SIGTERM');
      const { code } = await agent.ended;
      const millis = performance.now() - asked;
      assert.equal(code, 0);
      assert.ok(millis < 2000, `${millis} ms`);
      const cut = agent.lines.find((line) => line.msg === 'Advised container');
      assert.equal(cut?.['reason'], 'Cancelled');
      assert.ok((await target.pages(region)).presentBytes > 64 * mib);
      assert.equal(await target.brokenPages(region), 0);
      await gone(worker);
    }),
  );
});

test('an agent whose worker is killed says WorkerGone and exits with 1', async () => {
  await using agent = startAgent({});
  const worker = await workerPid(agent);
  assert.equal((await agent.outside('/healthz')).status, 200);
  process.kill(worker, 'SIGKILL');
  assert.equal((await agent.ended).code, 1);
  assert.ok(agent.lines.some((line) => line['reason'] === 'WorkerGone'));
});

test('a worker whose agent is killed leaves too', async () => {
  await using agent = startAgent({});
  const worker = await workerPid(agent);
  agent.child.kill('SIGKILL');
  await agent.ended;
  await gone(worker);
});

/** Whoever adopted it may take a moment to reap it. */
async function gone(pid: number): Promise<void> {
  for (let tries = 0; tries < 100 && alive(pid); tries++) await sleep(50);
  assert.equal(alive(pid), false);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('policies that the dropped user may not read are named before anything runs', async () => {
  await using agent = startAgent({}, { policies: '/root/ebb-no-such-folder' });
  assert.equal((await agent.ended).code, 1);
  assert.match(String((agent.lines[0] as unknown as { message: string }).message), /--policies .* user 60932 may read/);
});

test('state is the owner’s alone, metrics and health are all that listens on the network', async () => {
  await using agent = startAgent({});
  await agent.state();
  assert.equal((await agent.outside('/state')).status, 404);
  assert.equal((await agent.outside('/metrics')).status, 200);
  assert.equal((await agent.outside('/healthz')).body, 'ok\n');
});
