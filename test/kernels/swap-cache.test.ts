/** On a swap file what is unmapped is not yet freed; memory.reclaim frees it, and only with the opt-in right. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withCgroup } from '../kernel/cgroup.ts';
import { withSwap } from '../kernel/swap.ts';
import { Target } from '../targets/target.ts';
import { containerOf, pageOut, withWorker } from './page-out.ts';
import { signalsOf } from './signals.ts';

const MiB = 1024 * 1024;

test('after a page-out to a swap file the swap cache holds the memory until memory.reclaim drops it', async () => {
  await withSwap({ kind: 'file', bytes: 128 * MiB }, () =>
    withCgroup('cached', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * MiB);
      const before = cgroup.usageBytes();
      await withWorker({ reclaim: true }, async (worker) => {
        await pageOut(worker, cgroup, target, region);
        await sleep(1000);
        assert.equal((await target.pages(region)).swappedBytes, 32 * MiB);
        const cached = signalsOf(cgroup).swapCachedBytes!;
        assert.ok(cached > 28 * MiB, `${cached} bytes wait in the swap cache`);
        assert.ok(cgroup.usageBytes() > before - 4 * MiB, 'nothing is freed yet: AwaitingReclaim');
        const reclaimed = await worker.reclaim(containerOf(cgroup), cached);
        assert.equal(reclaimed.reason, null);
      });
      assert.ok(cgroup.usageBytes() < before - 24 * MiB, `${before} → ${cgroup.usageBytes()}`);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('without the opt-in right the worker refuses to reclaim', async () => {
  await withCgroup('refused', {}, async (cgroup) => {
    await withWorker({}, async (worker) => {
      const outcome = await worker.reclaim(containerOf(cgroup), MiB).then(
        ({ reason }) => reason,
        (error: { code: string }) => error.code,
      );
      assert.equal(outcome, 'ReclaimUnavailable');
    });
  });
});
