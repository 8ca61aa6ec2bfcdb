/** Address spaces that change between plan and advice, once on purpose and all the time. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { advise, assertBalanced, assertWhole, mebibyte, skippedBytes, withWorker } from './passes.ts';

const zram = { kind: 'zram', bytes: 512 * mebibyte } as const;
const size = 8 * mebibyte;
const middle = { offset: 2 * mebibyte, length: mebibyte };

test('what was unmapped, locked or mapped anew since the plan is named, and all around it is advised', async () => {
  await withSwap(zram, () =>
    withCgroup('stale', {}, (cgroup) =>
      withWorker(async (worker) => {
        await using target = await Target.start({ cgroup });
        // With a guard between them each is a mapping of its own: a range is told one reason only.
        const own = async (seed: number) => [await target.anon(size, seed), await target.guard(size)][0]!;
        const [unmapped, locked, replaced] = [await own(1), await own(2), await own(3)];
        // Asked before the pass, before the process, and then, when it is planned, before its first slice.
        let asked = 0;
        const guard = async () => {
          if (++asked !== 3) return null;
          await target.change('unmap', unmapped, middle);
          await target.change('lock', locked, middle);
          await target.change('replace', replaced, middle);
          return null;
        };
        const outcome = await advise(worker, cgroup, [target.pid], { guard });
        assertWhole(outcome);
        const [one] = outcome.processes;
        assert.ok(asked >= 3);
        const named = ['Gone', 'Unadvisable', 'Changed'].map((reason) => skippedBytes(one!, reason));
        const known = worker.hello.features.includes('ProcmapQuery') ? middle.length : 0;
        assert.deepEqual(named, [middle.length, middle.length, known], JSON.stringify(one!.skipped));
        for (const region of [unmapped, locked, replaced]) {
          const rest = { offset: middle.offset + middle.length, length: size - middle.offset - middle.length };
          for (const part of [{ offset: 0, length: middle.offset }, rest]) {
            assert.equal((await target.pages(region, part)).presentBytes, 0);
            assert.equal(await target.brokenPages(region, part), 0);
          }
        }
        assert.equal((await target.pages(locked, middle)).presentBytes, middle.length);
        assert.equal(await target.brokenPages(locked, middle), 0);
      }),
    ),
  );
});

test('shared memory that took the place of private memory since the plan is Changed, and stays', async (t) => {
  await withSwap(zram, () =>
    withCgroup('shared', {}, (cgroup) =>
      withWorker(async (worker) => {
        if (!worker.hello.features.includes('ProcmapQuery')) return t.skip('only PROCMAP_QUERY tells (Linux 6.11)');
        await using target = await Target.start({ cgroup });
        const region = await target.anon(size);
        let asked = 0;
        const guard = async () => {
          if (++asked === 3) await target.change('share', region, middle);
          return null;
        };
        const outcome = await advise(worker, cgroup, [target.pid], { guard });
        assertWhole(outcome);
        assert.equal(skippedBytes(outcome.processes[0]!, 'Changed'), middle.length, JSON.stringify(outcome.processes));
        assert.equal((await target.pages(region, middle)).presentBytes, middle.length);
        assert.deepEqual(await target.pages(region, { offset: 0, length: middle.offset }), {
          presentBytes: 0,
          swappedBytes: middle.offset,
        });
        assert.equal(await target.brokenPages(region), 0);
      }),
    ),
  );
});

test('an address space that maps and unmaps all the time costs nothing but its own bytes, and the worker goes on', async () => {
  await withSwap(zram, () =>
    withCgroup('churn', {}, (cgroup) =>
      withWorker(async (worker) => {
        await using target = await Target.start({ cgroup });
        const stable = await target.anon(4 * size, 1);
        const changing = await target.anon(size, 2);
        const before = await target.checksum(stable);
        await target.startChurn(changing);
        let stale = 0;
        for (const advice of ['PageOut', 'Cold', 'PageOut', 'WillNeed', 'PageOut', 'Collapse', 'PageOut'] as const) {
          const outcome = await advise(worker, cgroup, [target.pid], { advice });
          assertWhole(outcome);
          const [one] = outcome.processes;
          const reasons = one!.skipped.map(({ reason }) => reason);
          assert.ok(!reasons.includes('SystemError'), JSON.stringify(one!.skipped));
          stale += skippedBytes(one!, 'Gone') + skippedBytes(one!, 'Changed');
          if (advice === 'PageOut') assert.equal((await target.pages(stable)).swappedBytes, 4 * size);
        }
        const { rounds } = await target.stop('churn');
        assert.ok(rounds > 1000 && stale > 0, `${rounds} changes, ${stale} bytes gone or changed since their plan`);
        assert.equal(await target.checksum(stable), before);
        assertBalanced(await advise(worker, cgroup, [target.pid]));
        assert.deepEqual(await target.pages(stable), { presentBytes: 0, swappedBytes: 4 * size });
        assert.equal(await target.checksum(stable), before);
      }),
    ),
  );
});
