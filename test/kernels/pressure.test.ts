/** Pressure of one container, as its own cgroup tells it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { withCgroup } from '../kernel/cgroup.ts';
import { withSwap } from '../kernel/swap.ts';
import { Target } from '../targets/target.ts';
import { signalsOf } from './signals.ts';

const MiB = 1024 * 1024;

test('memory pressure of a container is seen in it and not in its neighbour', async () => {
  await withSwap({ kind: 'zram', bytes: 256 * MiB }, () =>
    withCgroup('pressed', { limitBytes: 24 * MiB }, (pressed) =>
      withCgroup('calm', {}, async (calm) => {
        await using other = await Target.start({ cgroup: calm });
        await other.anon(8 * MiB);
        await using target = await Target.start({ cgroup: pressed });
        const region = await target.anon(48 * MiB);
        await target.touch(region);
        const stalls = [pressed, calm].map((cgroup) => signalsOf(cgroup).memoryPressure!.some);
        assert.ok(stalls[0]! > 1000, `stalled for ${stalls[0]} µs`);
        assert.equal(stalls[1], 0);
      }),
    ),
  );
});
