/** The process that runs a pass goes on answering: page-out of 4 GiB holds its event loop up for less than 20 ms. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { DelayWatch } from './loop-delay.ts';
import { advise, assertWhole, mebibyte, withWorker } from './passes.ts';

const size = 4096 * mebibyte;
const most = 20;

test('the watch sees an event loop that is held up', async () => {
  const watch = new DelayWatch();
  watch.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const busyUntil = process.cpuUsage().user + 60_000;
  while (process.cpuUsage().user < busyUntil);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { longestOwnMillis } = watch.stop();
  assert.ok(longestOwnMillis > 40, `${longestOwnMillis} ms of 60`);
});

test('the event loop waits less than 20 ms while 4 GiB are paged out', async (t) => {
  await withSwap({ kind: 'zram', bytes: 6144 * mebibyte }, () =>
    withCgroup('large', {}, (cgroup) =>
      withWorker(async (worker) => {
        await using target = await Target.start({ cgroup });
        const region = await target.anon(size);
        // What others do on the machine only adds to a delay: the best of three runs is the nearest to our own.
        const delays: number[] = [];
        while (delays.length < 3 && Math.min(...delays, most) >= most) {
          await target.change('dirty', region);
          const watch = new DelayWatch();
          watch.start();
          const outcome = await advise(worker, cgroup, [target.pid]);
          const delay = watch.stop();
          assertWhole(outcome);
          assert.deepEqual(await target.pages(region), { presentBytes: 0, swappedBytes: size });
          assert.ok(delay.turns > outcome.wallMillis / 100, `${delay.turns} turns`);
          t.diagnostic(`longest delay ${delay.longestOwnMillis.toFixed(1)} ms in ${outcome.wallMillis} ms`);
          delays.push(delay.longestOwnMillis);
        }
        assert.ok(Math.min(...delays) < most, `the event loop waited ${delays.join(', ')} ms, not for a CPU`);
      }),
    ),
  );
});
