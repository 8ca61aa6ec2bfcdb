/** What is too much for one round is bounded with a reason, and the rest is gone through. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { advise, assertBalanced, assertWhole, mebibyte, withWorker } from './passes.ts';

const zram = { kind: 'zram', bytes: 1024 * mebibyte } as const;

test('of 1,000 processes 256 are gone through and the others are TooManyProcesses', async () => {
  await withSwap(zram, () =>
    withCgroup('crowd', {}, (cgroup) =>
      withWorker(async (worker) => {
        await using target = await Target.start({ cgroup });
        await target.ask('fork', 999);
        const pids = cgroup.pids();
        assert.equal(pids.length, 1000);
        const { processes, reason } = await advise(worker, cgroup, pids);
        assert.equal(reason, null);
        const outcomes = { none: 0, many: 0 };
        for (const { error } of processes) {
          if (error === null) outcomes.none++;
          if (error === 'TooManyProcesses') outcomes.many++;
        }
        assert.deepEqual(outcomes, { none: 256, many: 744 });
      }),
    ),
  );
});

test('65,000 mappings are listed, planned and paged out, every byte accounted for and intact', async () => {
  await withSwap(zram, () =>
    withCgroup('mappings', {}, (cgroup) =>
      withWorker(async (worker) => {
        await using target = await Target.start({ cgroup });
        const region = await target.vmas(65_000);
        const outcome = await advise(worker, cgroup, [target.pid]);
        assertWhole(outcome);
        assertBalanced(outcome);
        assert.equal((await target.pages(region)).presentBytes, 0);
        assert.equal(await target.brokenPages(region), 0);
      }),
    ),
  );
});
