/** memory.swap.max on pure cgroup v2: what page-out does there, and what Ebb reads of it before it tries. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { withCgroup } from '../kernel/cgroup.ts';
import { withSwap } from '../kernel/swap.ts';
import { Target } from '../targets/target.ts';
import { pageOut, withWorker } from './page-out.ts';
import { signalsOf } from './signals.ts';

const MiB = 1024 * 1024;
const swap = { kind: 'zram', bytes: 256 * MiB } as const;

function failures(events: string): number {
  return Number(/^fail (\d+)$/m.exec(events)?.[1]);
}

test('memory.swap.max 0: the kernel says that all was advised and evicts nothing; the room reads as none', async () => {
  await withSwap(swap, () =>
    withCgroup('forbidden', { swapMaxBytes: 0 }, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * MiB);
      assert.equal(signalsOf(cgroup).room.swapLimitBytes, 0, 'a guard sees it before a pass: SwapForbidden');
      const result = await withWorker({}, (worker) => pageOut(worker, cgroup, target, region));
      assert.equal(result.advisedBytes, 32 * MiB);
      assert.deepEqual(await target.pages(region), { presentBytes: 32 * MiB, swappedBytes: 0 });
      assert.ok(failures(cgroup.read('memory.swap.events')) > 0, 'memory.swap.events fail rose');
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('memory.swap.max too small: page-out stops at exactly the limit, and the room left reads as none', async () => {
  await withSwap(swap, () =>
    withCgroup('limited', { swapMaxBytes: 10 * MiB }, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * MiB);
      assert.equal(signalsOf(cgroup).room.swapRoomBytes, 10 * MiB);
      await withWorker({}, (worker) => pageOut(worker, cgroup, target, region));
      const { swappedBytes } = await target.pages(region);
      assert.equal(swappedBytes, 10 * MiB);
      const { room, swapBytes } = signalsOf(cgroup);
      assert.deepEqual([room.swapRoomBytes, swapBytes], [0, 10 * MiB]);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('a limit of an ancestor is the one that counts', async () => {
  await withSwap(swap, () =>
    withCgroup('pod', { swapMaxBytes: 4 * MiB }, (pod) =>
      withCgroup(`${pod.path}/container`, { swapMaxBytes: 64 * MiB }, async (cgroup) => {
        await using target = await Target.start({ cgroup });
        const region = await target.anon(16 * MiB);
        const { room } = signalsOf(cgroup);
        assert.deepEqual([room.swapRoomBytes, room.swapLimitedBy], [4 * MiB, pod.path]);
        await withWorker({}, (worker) => pageOut(worker, cgroup, target, region));
        assert.equal((await target.pages(region)).swappedBytes, 4 * MiB);
      }),
    ),
  );
});
