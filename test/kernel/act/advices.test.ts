/** What Cold, WillNeed and Collapse do to a real process when a whole pass gives them, and what a fork does to PageOut. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Learning } from '../../../node-agent/act/learning.ts';
import { Target } from '../../targets/target.ts';
import { type Cgroup, withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { rollup } from './maps.ts';
import { advise, assertBalanced, assertWhole, mebibyte, skippedBytes, withWorker } from './passes.ts';

const zram = { kind: 'zram', bytes: 512 * mebibyte } as const;
const size = 32 * mebibyte;

const onSwap = (use: (worker: Parameters<typeof advise>[0], cgroup: Cgroup) => Promise<void>) =>
  withSwap(zram, () => withCgroup('advices', {}, (cgroup) => withWorker((worker) => use(worker, cgroup))));

test('Cold is taken and moves nothing, but under pressure the kernel takes what is cold first', () =>
  onSwap(async (worker, cgroup) => {
    await using warm = await Target.start({ cgroup });
    const kept = await warm.anon(size, 1);
    await using target = await Target.start({ cgroup });
    const region = await target.anon(size, 2);
    const outcome = await advise(worker, cgroup, [target.pid], { advice: 'Cold' });
    assertWhole(outcome);
    const [one] = outcome.processes;
    assert.ok(one!.advisedBytes >= size && one!.reclaimedBytes === 0, JSON.stringify(one));
    assert.deepEqual(await target.pages(region), { presentBytes: size, swappedBytes: 0 });
    const limit = cgroup.version === 2 ? 'memory.high' : 'memory.limit_in_bytes';
    await warm.touch(kept);
    cgroup.write(limit, String(cgroup.usageBytes() - size / 2));
    cgroup.write(limit, '-1');
    const [cold, other] = [await target.pages(region), await warm.pages(kept)];
    assert.ok(cold.swappedBytes > size / 4, `${cold.swappedBytes} of the cold memory left`);
    assert.ok(cold.swappedBytes > 4 * other.swappedBytes, `and ${other.swappedBytes} of its neighbour's`);
    assert.equal(await target.brokenPages(region), 0);
  }));

/** Microseconds to touch all of a region that was paged out, with or without WillNeed before. */
async function wakeMicros(worker: Parameters<typeof advise>[0], cgroup: Cgroup, target: Target, willNeed: boolean) {
  const region = { id: 0, start: 0, end: size };
  assertWhole(await advise(worker, cgroup, [target.pid]));
  assert.equal((await target.pages(region)).presentBytes, 0);
  const before = cgroup.usageBytes();
  if (willNeed) {
    const back = await advise(worker, cgroup, [target.pid], { advice: 'WillNeed' });
    assertWhole(back);
    assert.ok(back.processes[0]!.movableBytes >= size);
    assert.ok(cgroup.usageBytes() - before > 0.9 * size, 'it is in memory again');
    assert.equal((await target.pages(region)).presentBytes, 0, 'and waits in the swap cache, mapped nowhere');
  }
  return target.touch(region);
}

test('WillNeed brings what is in swap back into the swap cache, and the wake is faster', () =>
  onSwap(async (worker, cgroup) => {
    await using target = await Target.start({ cgroup });
    const region = await target.anon(size, 3);
    const micros: Record<'with' | 'without', number[]> = { with: [], without: [] };
    for (let round = 0; round < 3; round++) {
      micros.without.push(await wakeMicros(worker, cgroup, target, false));
      micros.with.push(await wakeMicros(worker, cgroup, target, true));
    }
    assert.ok(Math.min(...micros.with) < Math.min(...micros.without), JSON.stringify(micros));
    assert.equal(await target.brokenPages(region), 0);
  }));

test('Collapse makes huge pages of small ones', () =>
  onSwap(async (worker, cgroup) => {
    await using target = await Target.start({ cgroup });
    const region = await target.anon(size, 4);
    // Out and in again: small pages also where the kernel makes huge ones by itself.
    assertWhole(await advise(worker, cgroup, [target.pid]));
    await target.change('dirty', region);
    const before = rollup(target.pid, 'AnonHugePages');
    const outcome = await advise(worker, cgroup, [target.pid], { advice: 'Collapse' });
    assertWhole(outcome);
    assert.ok(outcome.processes[0]!.advisedBytes >= size - 4 * mebibyte, JSON.stringify(outcome.processes[0]));
    const grown = rollup(target.pid, 'AnonHugePages') - before;
    assert.ok(grown >= size - 4 * mebibyte, `AnonHugePages grew by ${grown}`);
    assert.equal(await target.brokenPages(region), 0);
  }));

test('pages that a fork shares stay, and a pass that remembers leaves them alone as Immovable', () =>
  onSwap(async (worker, cgroup) => {
    await using target = await Target.start({ cgroup });
    const forked = await target.anon(size, 5);
    await target.guard(size); // or the next one would be part of the same mapping
    await target.fork();
    const own = await target.anon(size, 6);
    const learning = new Learning();
    const pass = async () => {
      const memory = learning.forPass('PageOut', 0, () => performance.now());
      const outcome = await advise(worker, cgroup, [target.pid], { memory });
      learning.remember('PageOut', outcome.learned, performance.now());
      assertWhole(outcome);
      return outcome.processes[0]!;
    };
    const first = await pass();
    assert.equal(skippedBytes(first, 'Immovable'), 0);
    assert.deepEqual(await target.pages(forked), { presentBytes: size, swappedBytes: 0 });
    assert.deepEqual(await target.pages(own), { presentBytes: 0, swappedBytes: size });
    await target.change('dirty', own);
    const second = await pass();
    assert.ok(skippedBytes(second, 'Immovable') >= size, JSON.stringify(second.skipped));
    assert.ok(second.advisedBytes < 2 * size);
    assert.deepEqual(await target.pages(own), { presentBytes: 0, swappedBytes: size });
  }));

test('of a pass that was cut short, and of what the kernel refused, nothing is learned as Immovable', () =>
  onSwap(async (worker, cgroup) => {
    await using target = await Target.start({ cgroup });
    const region = await target.anon(4 * size, 7);
    const locked = await target.guard(size).then(() => target.anon(size, 8));
    await target.change('lock', locked);
    const nothingPagedOut = { pagedOut: () => [], known: () => ({ hot: [], immovable: [], resumeAt: 0 }) };
    for (const [advised, reason] of [
      [2, 'NodePressure'],
      [Number.POSITIVE_INFINITY, null],
    ] as const) {
      let slices = 0;
      const guard = (nextBytes: number) => (nextBytes > 0 && ++slices > advised ? 'NodePressure' : null);
      const limits = { maxBytesPerSecond: 0, maxStallMicroseconds: 2000, deadlineMillis: 0, maxSliceBytes: size };
      const outcome = await advise(worker, cgroup, [target.pid], { guard, limits, memory: nothingPagedOut });
      assertBalanced(outcome);
      assert.equal(outcome.reason, reason);
      const [{ moved, pagedOut }] = outcome.learned as [(typeof outcome.learned)[number]];
      assert.ok(pagedOut.length > 0);
      assert.equal(moved.length > 0, reason === null);
      assert.ok(moved.every(({ start, end }) => end <= locked.start || start >= locked.end));
    }
    assert.deepEqual(await target.pages(region), { presentBytes: 0, swappedBytes: 4 * size });
    assert.deepEqual(await target.pages(locked), { presentBytes: size, swappedBytes: 0 });
  }));
