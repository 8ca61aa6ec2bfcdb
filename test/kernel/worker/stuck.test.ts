/**
 * A target whose mmap lock is stuck (a write fault on a frozen file system, and an mprotect behind it) must cost the
 * worker one session at most, and never its life. KERNEL facts: reads die on a signal, process_madvise does not.
 */
import assert from 'node:assert/strict';
import { release } from 'node:os';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SpawnedWorker, type SpawnOptions, spawnWorker } from '../../../native/spawn.ts';
import type { AdviseLimits, Right, Session } from '../../../native/worker.ts';
import { type Region, Target } from '../../targets/target.ts';
import { FreezableFile } from './frozen.ts';

const both: readonly Right[] = ['observe', 'advise'];
const cold: AdviseLimits = {
  advice: 'Cold',
  maxStallMicros: 2000,
  bytesPerSecond: 0,
  deadlineMicros: 0,
  firstChunkBytes: 65536,
};
/** A user whose page maps and map_files a worker without CAP_DAC_READ_SEARCH can't open. */
const otherUser = 65534;
/** Before 6.17 even a read of maps takes the lock: there a stuck target is always met killably, nothing hangs. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const hangs = { skip: major > 6 || minor >= 17 ? false : 'before Linux 6.17 the read before each chunk notices' };

/** Times of the emulated guest (test/vm) mean little. */
const promptMillis = process.env['EBB_PREBUILT'] === undefined ? 500 : 5000;

class Bench implements AsyncDisposable {
  readonly file = new FreezableFile();
  readonly targets: Target[] = [];
  readonly workers: SpawnedWorker[] = [];

  async target(uid?: number): Promise<Target> {
    const target = await Target.start(uid === undefined ? {} : { uid });
    this.targets.push(target);
    return target;
  }

  async worker(options: SpawnOptions = { dacReadSearch: true }): Promise<SpawnedWorker> {
    const spawned = await spawnWorker(options);
    this.workers.push(spawned);
    return spawned;
  }

  /** Its mmap lock is held for writing from here on, until the file thaws. */
  async stick(target: Target): Promise<void> {
    this.file.freeze();
    await target.ask('stick', this.file.path);
    await sleep(400);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.file.thaw();
    for (const { worker, exited } of this.workers) {
      worker.close();
      await exited;
    }
    for (const target of this.targets) await target.end();
    this.file[Symbol.dispose]();
  }
}

async function sessionOn({ worker }: SpawnedWorker, target: Target): Promise<Session> {
  const session = await worker.begin(null, both);
  const [opened] = await session.open([{ pid: target.pid, startTicks: 0 }]);
  assert.ok(opened?.ok, JSON.stringify(opened));
  await session.list(0);
  return session;
}

/** Milliseconds until it failed with TargetStuck. */
async function stuckAfter(call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await assert.rejects(call, { code: 'TargetStuck' });
  return performance.now() - start;
}

async function serves(session: Session, region: Region): Promise<void> {
  const result = await session.advise(0, cold, [region]);
  assert.equal(result.advisedBytes, region.end - region.start);
  assert.ok((await session.list(0)).count > 0);
}

for (const call of ['list', 'count', 'runs', 'measure', 'advise'] as const)
  test(`${call} on a stuck target ends its session within half a second, and another goes on serving`, async () => {
    await using bench = new Bench();
    const worker = await bench.worker();
    const [stuck, well] = [await bench.target(), await bench.target()];
    const [region, other] = [await stuck.anon(1 << 20), await well.anon(16 << 20)];
    const [first, second] = [await sessionOn(worker, stuck), await sessionOn(worker, well)];
    await bench.stick(stuck);
    const calls = {
      list: () => first.list(0),
      count: () => first.count(0, [region]),
      runs: () => first.runs(0, 'present', [region], { pagemap: true }),
      measure: () => first.measure(),
      advise: () => first.advise(0, cold, [region]),
    };
    const waiting = stuckAfter(calls[call]);
    await serves(second, other);
    const millis = await waiting;
    assert.ok(millis < promptMillis, `${millis} ms`);
    assert.deepEqual(await first.ended, { reason: 'TargetStuck', abandoned: false, stuck: 0 });
    await serves(second, other);
    await second.end();
  });

test('a target that becomes stuck between two chunks of a pass ends that pass', async () => {
  await using bench = new Bench();
  const worker = await bench.worker();
  const target = await bench.target();
  const region = await target.anon(64 << 20);
  const session = await sessionOn(worker, target);
  const pass = stuckAfter(() => session.advise(0, { ...cold, bytesPerSecond: 16 << 20 }, [region]));
  await sleep(200);
  await bench.stick(target);
  assert.ok((await pass) < 1000 + promptMillis);
});

test(
  'a session that hangs inside process_madvise is given up after two seconds, and another goes on serving',
  hangs,
  async () => {
    await using bench = new Bench();
    const worker = await bench.worker({});
    const [stuck, well] = [await bench.target(otherUser), await bench.target()];
    const [region, other] = [await stuck.anon(1 << 20), await well.anon(16 << 20)];
    const [first, second] = [await sessionOn(worker, stuck), await sessionOn(worker, well)];
    await bench.stick(stuck);
    const waiting = stuckAfter(() => first.advise(0, { ...cold, maxStallMicros: 0 }, [region]));
    const until = performance.now() + 1500;
    while (performance.now() < until) await serves(second, other);
    const millis = await waiting;
    assert.ok(millis > 1900 && millis < 3500, `${millis} ms`);
    assert.deepEqual(await first.ended, { reason: 'TargetStuck', abandoned: true, stuck: 1 });
    await serves(second, other);
  },
);

test('SIGTERM ends the worker within two seconds while a session hangs in the kernel', hangs, async () => {
  await using bench = new Bench();
  const spawned = await bench.worker({});
  const target = await bench.target(otherUser);
  const region = await target.anon(1 << 20);
  const session = await sessionOn(spawned, target);
  await bench.stick(target);
  const call = assert.rejects(session.advise(0, { ...cold, maxStallMicros: 0 }, [region]), { code: 'WorkerGone' });
  await sleep(300);
  const start = performance.now();
  process.kill(spawned.pid, 'SIGTERM');
  await spawned.exited;
  await call;
  assert.ok(performance.now() - start < 2000);
  assert.equal((await session.ended).reason, 'WorkerGone');
});

test('four hanging sessions make the worker refuse new ones until the targets answer again', hangs, async () => {
  await using bench = new Bench();
  const worker = await bench.worker({});
  const sessions: Session[] = [];
  const regions: Region[] = [];
  for (let i = 0; i < 4; i++) {
    const target = await bench.target(otherUser);
    regions.push(await target.anon(1 << 20));
    sessions.push(await sessionOn(worker, target));
  }
  bench.file.freeze();
  for (const target of bench.targets) await target.ask('stick', bench.file.path);
  await sleep(400);
  await Promise.all(
    sessions.map((session, i) => stuckAfter(() => session.advise(0, { ...cold, maxStallMicros: 0 }, [regions[i]!]))),
  );
  await assert.rejects(worker.worker.begin(null, both), { code: 'Degraded' });
  bench.file.thaw();
  await sleep(500);
  const again = await worker.worker.begin(null, both);
  assert.equal((await again.end()).stuck, 0);
});
