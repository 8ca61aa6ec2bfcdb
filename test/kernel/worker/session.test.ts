/** Sessions of a real worker on real processes: rights, cancels, ends, bounds, and the socket of a worker of its own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectSocket, type SpawnOptions, spawnWorker, workerPath } from '../../../native/spawn.ts';
import type { AdviseLimits, Session, Worker } from '../../../native/worker.ts';
import { agentUser } from '../../../node-agent/config.ts';
import { Target } from '../../targets/target.ts';
import { makeCgroup } from '../cgroup.ts';
import { startListening } from './listening.ts';

const cold: AdviseLimits = {
  advice: 'Cold',
  maxStallMicros: 2000,
  bytesPerSecond: 0,
  deadlineMicros: 0,
  firstChunkBytes: 0,
};

async function withWorker(work: (worker: Worker, pid: number) => Promise<void>, options: SpawnOptions = {}) {
  const { worker, pid, exited } = await spawnWorker(options);
  try {
    await work(worker, pid);
  } finally {
    worker.close();
    await exited;
  }
}

async function openOne(session: Session, pid: number): Promise<void> {
  const [opened] = await session.open([{ pid, startTicks: 0 }]);
  assert.ok(opened?.ok, JSON.stringify(opened));
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

test('a session lists, counts, advises and measures a process, and ends', () =>
  withWorker(async (worker) => {
    await using target = await Target.start();
    const region = await target.anon(8 << 20);
    const session = await worker.begin(null, ['observe', 'advise']);
    await openOne(session, target.pid);
    const table = await session.list(0);
    const at = table.starts.findIndex((start, i) => start <= region.start && table.ends[i]! >= region.end);
    assert.ok(at >= 0);
    assert.deepEqual(await session.count(0, [region]), [{ presentBytes: 8 << 20, swappedBytes: 0 }]);
    assert.deepEqual(await session.runs(0, 'present', [region]), [{ start: region.start, end: region.end }]);
    assert.deepEqual(await session.runs(0, 'swapped', [region]), []);
    const result = await session.advise(0, cold, [region]);
    assert.equal(result.advisedBytes, 8 << 20);
    assert.deepEqual(result.ranges, [{ advisedBytes: 8 << 20, reason: null, errno: 0 }]);
    const [measured] = await session.measure();
    assert.ok(measured?.ok && measured.proof.sample.rssAnonBytes >= 8 << 20);
    assert.deepEqual(await session.end(), { reason: null, abandoned: false, stuck: 0 });
    assert.equal(await target.brokenPages(region), 0);
  }));

test('a session has the rights it was begun with and no more', () =>
  withWorker(async (worker) => {
    await using target = await Target.start();
    const region = await target.anon(1 << 20);
    const observer = await worker.begin(null, ['observe']);
    await openOne(observer, target.pid);
    await assert.rejects(observer.advise(0, cold, [region]), { code: 'RightsExceeded' });
    await observer.list(0);
    const adviser = await worker.begin(null, ['advise']);
    await assert.rejects(adviser.open([{ pid: target.pid, startTicks: 0 }]), { code: 'RightsExceeded' });
    for (const call of [adviser.list(0), adviser.measure(), adviser.count(0, [region])])
      await assert.rejects(call, { code: 'RightsExceeded' });
  }));

test('a handle means nothing outside its session', () =>
  withWorker(async (worker) => {
    await using target = await Target.start();
    const [first, second] = [await worker.begin(null, ['observe']), await worker.begin(null, ['observe'])];
    await openOne(first, target.pid);
    await assert.rejects(second.list(0), { code: 'NoSuchProcess' });
    await assert.rejects(first.list(1), { code: 'NoSuchProcess' });
  }));

test('a process outside the container of the session gets no handle', () =>
  withWorker(async (worker) => {
    const cgroup = makeCgroup('worker-session');
    try {
      await using inside = await Target.start({ cgroup });
      await using outside = await Target.start();
      const container = { mount: cgroup.mount, cgroup: cgroup.path, cgroupInode: cgroup.inode };
      const session = await worker.begin(container, ['observe']);
      const targets = [inside, outside].map(({ pid }) => ({ pid, startTicks: 0 }));
      const [first, second] = await session.open(targets);
      assert.ok(first?.ok, JSON.stringify(first));
      assert.ok(second && !second.ok && second.refusal.reason === 'NotInContainer', JSON.stringify(second));
      await assert.rejects(session.list(1), { code: 'NoSuchProcess' });
    } finally {
      await cgroup.remove();
    }
  }));

test('a cancel ends a pass between two chunks, and the session goes on', () =>
  withWorker(async (worker) => {
    await using target = await Target.start();
    const region = await target.anon(64 << 20);
    const session = await worker.begin(null, ['observe', 'advise']);
    await openOne(session, target.pid);
    const seen: number[] = [];
    const pass = session.advise(0, { ...cold, bytesPerSecond: 32 << 20 }, [region], (bytes) => seen.push(bytes));
    await sleep(500);
    const start = performance.now();
    session.cancel();
    const result = await pass;
    assert.ok(performance.now() - start < 200);
    assert.equal(result.reason, 'Cancelled');
    assert.ok(result.advisedBytes > 0 && result.advisedBytes < 48 << 20, `${result.advisedBytes}`);
    assert.ok(seen.length >= 2 && seen.every((bytes, i) => i === 0 || bytes >= seen[i - 1]!), String(seen));
    assert.equal((await session.advise(0, cold, [region])).reason, null);
  }));

test('the end of a session stops its pass within two seconds', () =>
  withWorker(async (worker) => {
    await using target = await Target.start();
    const region = await target.anon(64 << 20);
    const session = await worker.begin(null, ['observe', 'advise']);
    await openOne(session, target.pid);
    const pass = session.advise(0, { ...cold, bytesPerSecond: 1 << 20 }, [region]).then(
      (result) => result.reason,
      (error) => error.code,
    );
    await sleep(200);
    const start = performance.now();
    assert.equal((await session.end()).reason, null);
    assert.ok(performance.now() - start < 2000);
    assert.equal(await pass, 'Cancelled');
    await assert.rejects(session.list(0), { code: 'Cancelled' });
  }));

test('a session that dies is told apart from one that ended, and takes no other with it', () =>
  withWorker(async (worker, pid) => {
    const dying = await worker.begin(null, ['observe']);
    const [child] = childrenOf(pid);
    const other = await worker.begin(null, ['observe']);
    process.kill(child!, 'SIGKILL');
    assert.deepEqual(await dying.ended, { reason: 'SystemError', abandoned: false, stuck: 0 });
    await assert.rejects(dying.measure(), { code: 'SystemError' });
    assert.deepEqual(await other.measure(), []);
  }));

test('the seventeenth session is refused until one ends', () =>
  withWorker(async (worker) => {
    const sessions = [];
    for (let i = 0; i < 16; i++) sessions.push(await worker.begin(null, ['observe']));
    await assert.rejects(worker.begin(null, ['observe']), { code: 'TooManyHandles' });
    await sessions[3]!.end();
    await worker.begin(null, ['observe']);
  }));

test('the kernel’s answers to every advice are known from a child of the worker’s own', () =>
  withWorker(async (worker) => {
    const answers = Object.fromEntries((await worker.probe()).map(({ name, errno }) => [name, errno]));
    for (const name of ['COLD', 'PAGEOUT', 'WILLNEED', 'COLLAPSE']) assert.equal(answers[name], 0, name);
    for (const name of ['MERGEABLE', 'UNMERGEABLE']) assert.equal(answers[name], 22, name);
  }));

test('reclaim without the opt-in right is refused', () =>
  withWorker(async (worker) => {
    const container = { mount: '/sys/fs/cgroup', cgroup: '/', cgroupInode: 0 };
    await assert.rejects(worker.reclaim(container, 4096), { code: 'ReclaimUnavailable' });
  }));

test('reclaim on cgroup v1 is refused, on v2 it is done for exactly the cgroup meant', () =>
  withWorker(
    async (worker) => {
      const cgroup = makeCgroup('worker-reclaim');
      try {
        await using target = await Target.start({ cgroup });
        await target.anon(1 << 20); // memory is charged where a process is when it takes it
        const container = { mount: cgroup.mount, cgroup: cgroup.path, cgroupInode: cgroup.inode };
        if (cgroup.version === 1) {
          await assert.rejects(worker.reclaim(container, 4096), { code: 'ReclaimUnavailable' });
          return;
        }
        const done = await worker.reclaim(container, 4096);
        assert.equal(done.reason, null);
        assert.ok(done.errno === 0 || done.errno === 11, String(done.errno)); // EAGAIN: less than asked for, without swap
        const off = Math.abs(done.usageAfterBytes - cgroup.usageBytes());
        assert.ok(done.usageBeforeBytes > 0 && off <= 1 << 20, JSON.stringify([done, cgroup.usageBytes()]));
        const wrong = await worker.reclaim({ ...container, cgroupInode: 1 }, 4096);
        assert.equal(wrong.reason, 'NotInContainer');
      } finally {
        await cgroup.remove();
      }
    },
    { reclaim: true },
  ));

/** Gone, or a zombie that PID 1 has not reaped yet. */
function isOver(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) return true;
    throw error;
  }
}

test('the worker leaves when its agent is killed, and its sessions with it', async () => {
  const script = `
    import { spawnWorker } from ${JSON.stringify(join(import.meta.dirname, '../../../native/spawn.ts'))};
    const { worker, pid } = await spawnWorker();
    await worker.begin(null, ['observe']);
    console.log(pid);
    setInterval(() => {}, 1000);`;
  const agent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(agent.stdout, 'data');
  const pid = Number(String(line));
  const [child] = childrenOf(pid);
  const start = performance.now();
  agent.kill('SIGKILL');
  while (!isOver(pid) || !isOver(child!)) {
    assert.ok(performance.now() - start < 2000, 'the worker or its session is still there');
    await sleep(10);
  }
});

test('a listening worker serves one agent after the other, and each starts afresh', async () => {
  await using listening = await startListening(0);
  for (let i = 0; i < 3; i++) {
    const worker = await connectSocket(listening.socket);
    assert.equal(worker.hello.pid, listening.pid);
    await worker.begin(null, ['observe']);
    worker.close();
    await worker.gone;
  }
  const start = performance.now();
  while (childrenOf(listening.pid).length > 0) {
    assert.ok(performance.now() - start < 2000, 'sessions of agents that left are still there');
    await sleep(10);
  }
});

test('the socket is for the allowed user alone, and whoever else connects is not heard', async () => {
  await using listening = await startListening(agentUser);
  const { mode, uid, gid } = statSync(listening.socket);
  const owned = uid === agentUser && (mode & 0o777) === 0o600;
  const ofTheGroup = uid === 0 && gid === agentUser && (mode & 0o777) === 0o660;
  assert.ok(owned || ofTheGroup, `${uid}:${gid} ${mode.toString(8)}`); // the second without CAP_CHOWN, as in its pod
  await assert.rejects(connectSocket(listening.socket), { code: 'WorkerGone' });
});

test('wrong flags end the worker with usage', async () => {
  for (const flags of [[], ['--fd', 'x'], ['--listen', '/tmp/x'], ['--fd', '0', 'more'], ['--fd', '1']]) {
    const child = spawn(workerPath, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
    const [code] = await once(child, 'exit');
    assert.ok(code === 1 || code === 2, `${flags}: ${code}`);
  }
});
