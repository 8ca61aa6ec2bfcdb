/** What is no process to be advised: zombies, zombie leaders, kernel threads, thread ids, numbers that nobody has. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { Target } from '../../targets/target.ts';
import { makeCgroup } from '../cgroup.ts';
import { discover } from './ground.ts';
import { freeNumber } from './numbers.ts';
import { openOne, pageOut, Sessions, verdicts } from './sessions.ts';

let sessions: Sessions;
before(async () => {
  sessions = await Sessions.start();
});
after(() => sessions[Symbol.asyncDispose]());

test('A zombie is Zombie, though its number is still its own', async () => {
  await using target = await Target.start();
  const pid = target.outerPid(await target.zombie());
  assert.deepEqual(await sessions.open(null, discover(pid)), ['Zombie']);
});

test('A zombie leader with live threads is LeaderExited, never Exited: its pidfd polls alive and its cgroup reads /', async () => {
  const cgroup = makeCgroup('leader');
  try {
    await using target = await Target.start({ cgroup });
    const seen = discover(target.pid);
    await target.leaderExit();
    await target.ask('pid');
    assert.deepEqual(await sessions.open(cgroup, seen), ['LeaderExited']);
    assert.deepEqual(await sessions.open(null, seen), ['LeaderExited']);
  } finally {
    await cgroup.remove();
  }
});

test('A leader that exits under an open handle is LeaderExited from then on, and its memory stays', async () => {
  await using target = await Target.start();
  const region = await target.anon(1 << 20);
  await sessions.within(null, async (session) => {
    const { handle } = await openOne(session, target.pid);
    await session.list(handle);
    await target.leaderExit();
    await target.ask('pid');
    const { reason, advisedBytes } = await session.advise(handle, pageOut, [region]);
    assert.deepEqual({ reason, advisedBytes }, { reason: 'LeaderExited', advisedBytes: 0 });
    assert.deepEqual(await verdicts(session), ['LeaderExited']);
  });
  assert.equal(await target.brokenPages(region), 0);
});

test('Kernel threads are KernelThread', async () => {
  const threads = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isKernelThread(name));
  const pids = threads.slice(0, 16).map(Number);
  assert.ok(pids.length > 1);
  assert.deepEqual(new Set(await sessions.open(null, ...pids)), new Set(['KernelThread']));
});

/** kthreadd and its children. */
function isKernelThread(pid: string): boolean {
  try {
    return pid === '2' || /^PPid:\s*2$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // it ended meanwhile
  }
}

test('A thread id given as a PID is NotAProcess, beside its process', async () => {
  await using target = await Target.start();
  await target.startSpin();
  const threads = readdirSync(`/proc/${target.pid}/task`).map(Number);
  const [tid] = threads.filter((each) => each !== target.pid);
  assert.deepEqual(await sessions.open(null, tid!, target.pid), ['NotAProcess', 'ok']);
});

test('A number that nobody has is NoSuchProcess, and Exited where it was seen before', async () => {
  const pid = freeNumber();
  assert.deepEqual(await sessions.open(null, pid, { pid, startTicks: 5 }, 0), [
    'NoSuchProcess',
    'Exited',
    'NoSuchProcess',
  ]);
});

test('The worker itself and its ancestors are OwnProcess', async () => {
  assert.deepEqual(await sessions.open(null, sessions.hello.pid, process.pid, 1), [
    'OwnProcess',
    'OwnProcess',
    'OwnProcess',
  ]);
});

test('Processes of another user are advised as any other', async () => {
  const cgroup = makeCgroup('user');
  try {
    await using target = await Target.start({ uid: 65534, cgroup });
    const region = await target.anon(1 << 20);
    await sessions.within(cgroup, async (session) => {
      const { handle, sample } = await openOne(session, target.pid);
      assert.equal(sample.uid, 65534);
      await session.list(handle);
      const { advisedBytes, reason } = await session.advise(handle, { ...pageOut, advice: 'Cold' }, [region]);
      assert.deepEqual({ advisedBytes, reason }, { advisedBytes: 1 << 20, reason: null });
    });
  } finally {
    await cgroup.remove();
  }
});
