/** The main job of the standalone agent, on real processes in real cgroups: idle memory goes out, and comes back whole. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { startAgent } from './agent.ts';
import { policy } from './policy.ts';

const mib = 2 ** 20;
const zram = { kind: 'zram', bytes: 512 * mib } as const;

test('an idle container is paged out in Enforce, and what woke is intact', async () => {
  await withSwap(zram, () =>
    withCgroup('idle', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup, pidNamespaces: 1 });
      const region = await target.anon(64 * mib);
      const before = await target.checksum(region);
      await using agent = startAgent({
        'a.yaml': policy(cgroup.path, { wake: { advice: 'WillNeed', maxBytes: '1Gi' } }),
      });
      const out = await agent.container(
        cgroup.path,
        (state) => state.state === 'PagedOut' && state.reason === 'LadderDone' && state.passRunning === null,
      );
      assert.ok(out.ledger.unmappedBytes >= 60 * mib, `unmapped ${out.ledger.unmappedBytes}`);
      assert.ok((await target.pages(region)).swappedBytes >= 60 * mib);
      assert.ok(out.anonBytes <= 8 * mib, `what is out is not said to be resident: ${out.anonBytes}`);
      await target.startSpin();
      const woke = await agent.line('Advised container', (line) => line['advice'] === 'WillNeed');
      assert.ok((woke['advisedBytes'] as number) >= 60 * mib, JSON.stringify(woke));
      await target.stop('spin');
      assert.equal(await target.checksum(region), before);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('DryRun says what it would do and touches nothing', async () => {
  await withSwap(zram, () =>
    withCgroup('dry', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * mib);
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path, { mode: 'DryRun' }) });
      const would = await agent.line('Would advise container', (line) => line['advice'] === 'PageOut');
      assert.ok((would['advisedBytes'] as number) >= 32 * mib);
      await sleep(1000);
      assert.equal((await target.pages(region)).presentBytes, 32 * mib);
      const { body } = await agent.outside('/metrics');
      assert.match(body, /^ebb_dry_run_bytes_total\{policy="[^"]*test",advice="PageOut"\} [1-9]/m);
      assert.match(body, /^ebb_advised_bytes_total\{policy="[^"]*test",advice="PageOut"\} 0$/m);
    }),
  );
});
