/** With the opt-in right what waits in the swap cache is dropped, and called freed only then: by the agent and by `ebb advise`. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { startAgent } from '../kernel/agent/agent.ts';
import { policy } from '../kernel/agent/policy.ts';
import { withCgroup } from '../kernel/cgroup.ts';
import { ebb } from '../kernel/cli/ebb.ts';
import { withSwap } from '../kernel/swap.ts';
import { Target } from '../targets/target.ts';
import { adviseShape } from '../unit/cli/shapes.ts';

const MiB = 1024 * 1024;
const size = 32 * MiB;

test('the agent drops the swap cache of what it paged out to a swap file, and then calls it freed', async () => {
  await withSwap({ kind: 'file', bytes: 128 * MiB }, () =>
    withCgroup('dropped', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(size);
      const before = cgroup.usageBytes();
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path) }, { allowReclaim: true });
      await agent.line('Started agent', () => true, 60_000); // emulated: everything takes its time
      const { ledger } = await agent.container(
        cgroup.path,
        ({ passRunning, ledger }) => passRunning === null && ledger.freedBytes > 0.8 * size,
        60_000,
      );
      assert.ok(ledger.unmappedBytes >= 0.9 * size, JSON.stringify(ledger));
      assert.ok(ledger.awaitingReclaimBytes < 0.2 * size, JSON.stringify(ledger));
      assert.ok(ledger.freedBytes <= 1.1 * size, JSON.stringify(ledger));
      assert.ok(cgroup.usageBytes() < before - 0.8 * size, `${before} → ${cgroup.usageBytes()}`);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('ebb advise --allow-reclaim drops what the command without the flag left waiting', async () => {
  await withSwap({ kind: 'file', bytes: 128 * MiB }, () =>
    withCgroup('again', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(size);
      const before = cgroup.usageBytes();
      const words = ['advise', '--cgroup', cgroup.path, '--advice', 'pageout'];
      assert.match((await ebb(words)).out, /AwaitingReclaim/);
      const said = await ebb([...words, '--allow-reclaim']);
      assert.match(said.out, /Reclaimed: /, said.err);
      assert.ok(cgroup.usageBytes() < before - 0.8 * size, `${before} → ${cgroup.usageBytes()}`);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('ebb advise --allow-reclaim has the swap cache dropped and says how much', async () => {
  await withSwap({ kind: 'file', bytes: 128 * MiB }, () =>
    withCgroup('asked', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(size);
      const before = cgroup.usageBytes();
      const said = await ebb(['advise', '--cgroup', cgroup.path, '--advice', 'pageout', '--allow-reclaim', '--json']);
      assert.equal(said.code, 0, said.err);
      const { pass } = adviseShape.parse(JSON.parse(said.out));
      assert.ok((pass.reclaimedFromCacheBytes ?? 0) > 0.8 * size, JSON.stringify(pass));
      assert.ok(cgroup.usageBytes() < before - 0.8 * size, `${before} → ${cgroup.usageBytes()}`);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});
