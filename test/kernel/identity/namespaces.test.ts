/** PID namespaces: numbers at every level, one namespace under two containers, one whose init died. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Target } from '../../targets/target.ts';
import { type Cgroup, makeCgroup } from '../cgroup.ts';
import { discover } from './ground.ts';
import { openOne, pageOut, Sessions, verdicts } from './sessions.ts';

const cold = { ...pageOut, advice: 'Cold' as const };
let sessions: Sessions;
let first: Cgroup;
let second: Cgroup;
before(async () => {
  sessions = await Sessions.start();
  first = makeCgroup('first');
  second = makeCgroup('second');
});
after(async () => {
  await sessions[Symbol.asyncDispose]();
  await first.remove();
  await second.remove();
});

test('A process three PID namespaces deep shows its number at each level and is advised by ours', async () => {
  await using target = await Target.start({ pidNamespaces: 3, cgroup: first });
  const region = await target.anon(1 << 20);
  await sessions.within(first, async (session) => {
    const { handle, sample } = await openOne(session, target.pid);
    assert.equal(sample.nsPids.length, 4);
    assert.equal(sample.nsPids[0], target.pid);
    assert.equal(sample.nsPids.at(-1), target.innerPid);
    assert.equal(target.innerPid, 1);
    await session.list(handle);
    const { advisedBytes, reason } = await session.advise(handle, cold, [region]);
    assert.deepEqual({ advisedBytes, reason }, { advisedBytes: 1 << 20, reason: null });
  });
});

test('Of two containers in one PID namespace each has its own processes only', async () => {
  await using target = await Target.start({ pidNamespaces: 1, cgroup: first });
  const [inner] = await target.fork();
  const child = target.outerPid(inner!);
  second.add(child);
  assert.deepEqual(await sessions.open(first, target.pid, child), ['ok', 'NotInContainer']);
  assert.deepEqual(await sessions.open(second, target.pid, child), ['NotInContainer', 'ok']);
  await sessions.within(second, async (session) => {
    const { sample } = await openOne(session, child);
    assert.deepEqual(sample.nsPids, [child, inner]);
  });
});

test('The number that a process has in its own namespace is nobody of the container in ours', async () => {
  await using target = await Target.start({ pidNamespaces: 1, cgroup: first });
  const [inner] = await target.fork();
  assert.equal(inner, 2);
  assert.notEqual((await sessions.open(first, inner!))[0], 'ok');
});

test('Processes of a PID namespace whose init died are Exited, with an open handle and without', async () => {
  await using target = await Target.start({ pidNamespaces: 1, cgroup: first });
  const region = await target.anon(1 << 20);
  const child = target.outerPid((await target.fork())[0]!);
  const seen = discover(child);
  await sessions.within(first, async (session) => {
    const { handle } = await openOne(session, child);
    await session.list(handle);
    process.kill(target.pid, 'SIGKILL');
    await gone(child);
    const { reason, advisedBytes } = await session.advise(handle, pageOut, [region]);
    assert.deepEqual({ reason, advisedBytes }, { reason: 'Exited', advisedBytes: 0 });
    assert.deepEqual(await verdicts(session), ['Exited']);
  });
  assert.deepEqual(await sessions.open(first, seen), ['Exited']);
});

async function gone(pid: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(10);
  }
  throw new Error(`process ${pid} is still there after 5 s`);
}
