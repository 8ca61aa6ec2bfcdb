/** What is too much for one round is bounded with a reason, and the rest is gone through. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadLibrary } from '../../../native/binding.ts';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { advise, assertBalanced, assertWhole, mebibyte, skippedBytes, withWorker } from './passes.ts';

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

test('of too many processes those with the most to move are gone through, wherever they stand in the list', async () => {
  await withSwap(zram, () =>
    withCgroup('largest', {}, (cgroup) =>
      withWorker(async (worker) => {
        await using target = await Target.start({ cgroup });
        await target.ask('fork', 300);
        await target.anon(8 * mebibyte);
        const children = cgroup.pids().filter((pid) => pid !== target.pid);
        const samples = loadLibrary().sampleProcesses([...children, target.pid]);
        const targets = samples.flatMap((one) =>
          'comm' in one ? [{ pid: one.pid, startTicks: one.startTicks, sample: one }] : [],
        );
        const { processes } = await advise(worker, cgroup, [], { targets });
        const [first, ...others] = processes.toReversed();
        assert.deepEqual([first!.pid, first!.error], [target.pid, null]);
        assert.ok(first!.reclaimedBytes >= 8 * mebibyte, JSON.stringify(first));
        assert.equal(others.filter(({ error }) => error === 'TooManyProcesses').length, processes.length - 256);
      }),
    ),
  );
});

test('maxBytesPerRound is of the whole pass, not of each process', async () => {
  await withSwap(zram, () =>
    withCgroup('round', {}, (cgroup) =>
      withWorker(async (worker) => {
        await using first = await Target.start({ cgroup });
        await using second = await Target.start({ cgroup });
        for (const target of [first, second]) await target.anon(16 * mebibyte);
        const outcome = await advise(worker, cgroup, [first.pid, second.pid], { maxBytesPerRound: 20 * mebibyte });
        assertBalanced(outcome);
        const moved = outcome.processes.reduce((sum, { reclaimedBytes }) => sum + reclaimedBytes, 0);
        assert.ok(moved <= 20 * mebibyte && moved > 16 * mebibyte, `${moved / mebibyte} MiB left`);
        const limited = outcome.processes.map((one) => skippedBytes(one, 'RoundLimit') > 0);
        assert.deepEqual(limited.sort(), [false, true]);
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
