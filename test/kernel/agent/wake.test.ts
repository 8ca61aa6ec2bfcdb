/** What comes back, and what the agent makes of it: wakes during a pass, refaults, hot ranges, swap on a disk. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { startAgent } from './agent.ts';
import { policy } from './policy.ts';

const mib = 2 ** 20;
const zram = { kind: 'zram', bytes: 512 * mib } as const;
const pageOut = { advice: 'PageOut', afterIdleSeconds: 0 };

test('a wake during a page-out cancels it between two chunks', async () => {
  await withSwap(zram, () =>
    withCgroup('wakes', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(128 * mib);
      const text = policy(cgroup.path, { steps: [pageOut], limits: { maxBytesPerSecond: '16Mi' } });
      await using agent = startAgent({ 'a.yaml': text });
      await agent.container(cgroup.path, (state) => state.passRunning === 'PageOut' && state.swapBytes > mib);
      await target.startSpin();
      const cut = await agent.line('Advised container');
      await target.stop('spin');
      assert.equal(cut['reason'], 'Woke');
      assert.ok((await target.pages(region)).presentBytes > 32 * mib);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('a page-out most of which comes back too soon is followed by a backoff', async () => {
  await withSwap(zram, () =>
    withCgroup('refault', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * mib);
      const guards = { refault: { maxPercent: 20, withinSeconds: 600, backoffSeconds: 300 } };
      const text = policy(cgroup.path, { steps: [pageOut], guards });
      await using agent = startAgent({ 'a.yaml': text });
      await agent.container(cgroup.path, (state) => state.state === 'PagedOut' && state.passRunning === null);
      await target.startSpin();
      await target.touch(region);
      await agent.container(cgroup.path, (state) => state.reason === 'NotIdle' || state.reason === 'Woke');
      await target.stop('spin');
      const held = await agent.container(cgroup.path, (state) => state.state === 'Backoff');
      assert.equal(held.reason, 'RefaultBackoff');
      assert.equal(held.blocker?.signal, 'refaultPercent');
      assert.ok(held.ledger.cameBackBytes >= 30 * mib);
    }),
  );
});

test('what came back is hot, and the next page-out leaves most of it alone', async () => {
  await withSwap(zram, () =>
    withCgroup('hot', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(64 * mib);
      const hot = { offset: 16 * mib, length: 16 * mib };
      const guards = { refault: { maxPercent: 100 } };
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path, { steps: [pageOut], guards }) });
      await agent.container(cgroup.path, (state) => state.state === 'PagedOut' && state.passRunning === null);
      assert.equal((await target.pages(region)).presentBytes, 0);
      await target.startSpin();
      await target.touch(region, hot);
      await agent.container(cgroup.path, (state) => state.reason === 'NotIdle' || state.reason === 'Woke');
      await target.stop('spin');
      await agent.container(cgroup.path, (state) => state.ledger.passes === 2 && state.passRunning === null, 20_000);
      const { presentBytes } = await target.pages(region, hot);
      assert.ok(presentBytes >= 14 * mib, `${presentBytes / mib} MiB of 16 stayed`);
      assert.ok(presentBytes < 16 * mib, 'a sample of what is hot goes out with each pass');
    }),
  );
});

test('on a swap file nothing is claimed as freed, and the state says AwaitingReclaim', async () => {
  await withSwap({ kind: 'file', bytes: 256 * mib }, () =>
    withCgroup('file', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await target.anon(64 * mib);
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path, { steps: [pageOut] }) });
      const out = await agent.container(cgroup.path, (state) => state.reason === 'AwaitingReclaim');
      assert.equal(out.state, 'PagedOut');
      assert.ok(out.ledger.unmappedBytes >= 60 * mib);
      assert.ok(out.ledger.awaitingReclaimBytes >= 50 * mib, `${out.ledger.awaitingReclaimBytes}`);
      assert.ok(out.ledger.freedBytes < 8 * mib, `${out.ledger.freedBytes}`);
      if (cgroup.version === 1) {
        cgroup.write('memory.force_empty', '0');
        const free = await agent.container(cgroup.path, (state) => state.reason !== 'AwaitingReclaim');
        assert.ok(free.ledger.freedBytes >= 50 * mib, `${free.ledger.freedBytes}`);
      }
    }),
  );
});

test('a policy that turns to DryRun stops the pass under way', async () => {
  await withSwap(zram, () =>
    withCgroup('turned', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await target.anon(128 * mib);
      const limits = { maxBytesPerSecond: '8Mi' };
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path, { steps: [pageOut], limits }) });
      await agent.container(cgroup.path, (state) => state.passRunning === 'PageOut' && state.swapBytes > mib);
      agent.write('a.yaml', policy(cgroup.path, { mode: 'DryRun', steps: [pageOut], limits }));
      const cut = await agent.line('Advised container');
      assert.equal(cut['reason'], 'DryRun');
    }),
  );
});
