/** Processes that a pass leaves out though they could be opened, while it goes through the others. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { advise, assertBalanced, mebibyte, type Wish, withWorker } from './passes.ts';

const zram = { kind: 'zram', bytes: 256 * mebibyte } as const;
const size = 8 * mebibyte;

/** One target of two is left out for `reason` once `change` was done to it. */
async function leavesOut(reason: string, wish: Wish, change: (one: Target) => Promise<Target | null>) {
  await withSwap(zram, () =>
    withCgroup('left-out', {}, (cgroup) =>
      withWorker(async (worker) => {
        await using left = await Target.start({ cgroup });
        await using other = await Target.start({ cgroup });
        const [kept, moved] = [await left.anon(size), await other.anon(size)];
        await using _holder = await change(left);
        const outcome = await advise(worker, cgroup, [left.pid, other.pid], wish);
        assertBalanced(outcome);
        assert.deepEqual(
          outcome.processes.map(({ pid, error }) => [pid, error]),
          [
            [left.pid, reason],
            [other.pid, null],
          ],
        );
        assert.equal((await left.pages(kept)).presentBytes, size);
        assert.equal((await other.pages(moved)).swappedBytes, size);
      }),
    ),
  );
}

test('a command in excludeCommands is left out, the others are not', () =>
  leavesOut('ExcludedCommand', { excludeCommands: ['never me'] }, async (one) => {
    await one.setComm('never me');
    return null;
  }));

test('a process with a debugger is left out, the others are not', () =>
  leavesOut('Traced', {}, async (one) => {
    const tracer = await Target.start();
    await tracer.trace(one.pid);
    return tracer;
  }));
