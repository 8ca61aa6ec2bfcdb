/** memory.min and frozen cgroups: the kernel pages out all the same, so the guards must see them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { withCgroup } from '../kernel/cgroup.ts';
import { withSwap } from '../kernel/swap.ts';
import { Target } from '../targets/target.ts';
import { pageOut, withWorker } from './page-out.ts';
import { signalsOf } from './signals.ts';

const MiB = 1024 * 1024;
const swap = { kind: 'zram', bytes: 256 * MiB } as const;

test('page-out ignores memory.min, and Ebb reads it', async () => {
  await withSwap(swap, () =>
    withCgroup('protected', { minBytes: 64 * MiB }, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * MiB);
      await withWorker({}, (worker) => pageOut(worker, cgroup, target, region));
      assert.equal((await target.pages(region)).swappedBytes, 32 * MiB);
      // What is protected in effect is no more than every ancestor grants, and the parent of this one grants nothing.
      cgroup.write('../memory.min', String(64 * MiB));
      assert.equal(signalsOf(cgroup).room.minBytes, 64 * MiB);
      cgroup.write('../memory.min', '0');
      assert.equal(signalsOf(cgroup).room.minBytes, 0);
    }),
  );
});

test('page-out works on a frozen cgroup, Ebb reads that it is frozen, and its memory is whole after the thaw', async () => {
  await withSwap(swap, () =>
    withCgroup('frozen', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(16 * MiB);
      await cgroup.freeze(true);
      assert.equal(signalsOf(cgroup).frozen, true);
      const before = signalsOf(cgroup).swapBytes!;
      await withWorker({}, (worker) => pageOut(worker, cgroup, target, region));
      assert.equal(signalsOf(cgroup).swapBytes! - before, 16 * MiB);
      await cgroup.freeze(false);
      assert.equal(signalsOf(cgroup).frozen, false);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});
