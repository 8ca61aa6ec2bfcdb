/** On a swap file what is unmapped is not freed: the pass, the command line and the agent's ledger all say so. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { startAgent } from '../agent/agent.ts';
import { policy } from '../agent/policy.ts';
import { withCgroup } from '../cgroup.ts';
import { ebb } from '../cli/ebb.ts';
import { withSwap } from '../swap.ts';
import { advise, assertWhole, mebibyte, withWorker } from './passes.ts';

const size = 64 * mebibyte;
const file = { kind: 'file', bytes: 256 * mebibyte } as const;

test('a pass tells unmapped from freed, and ebb advise says AwaitingReclaim in words', async () => {
  await withSwap(file, () =>
    withCgroup('unmapped', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(size);
      const before = cgroup.usageBytes();
      const outcome = await withWorker((worker) => advise(worker, cgroup, [target.pid]));
      assertWhole(outcome);
      assert.deepEqual(await target.pages(region), { presentBytes: 0, swappedBytes: size });
      assert.ok(outcome.processes[0]!.reclaimedBytes >= size, 'unmapped');
      assert.ok(outcome.awaitingReclaimBytes > 0.9 * size, `${outcome.awaitingReclaimBytes} wait`);
      assert.ok(outcome.freedBytes !== null && outcome.freedBytes < 0.1 * size, `${outcome.freedBytes} freed`);
      assert.equal(outcome.compressedBytes, 0);
      assert.ok(cgroup.usageBytes() > before - 0.1 * size, 'the cgroup still has it');
      await target.change('dirty', region);
      const said = await ebb(['advise', '--pid', target.pid, '--advice', 'pageout']);
      assert.equal(said.code, 0, said.err);
      assert.match(said.out, /AwaitingReclaim: \d+(\.\d+)? MiB unmapped .* of these nothing is saved yet/);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('without memory.reclaim the opt-in right answers ReclaimUnavailable, and the pass stands', async (t) => {
  await withSwap(file, () =>
    withCgroup('optin', {}, async (cgroup) => {
      if (cgroup.version === 2) return t.skip('cgroup v2 has memory.reclaim: test/kernels/reclaim.test.ts');
      await using target = await Target.start({ cgroup });
      const region = await target.anon(size);
      const said = await ebb(['advise', '--cgroup', cgroup.path, '--advice', 'pageout', '--allow-reclaim']);
      assert.equal(said.code, 0, said.err);
      assert.match(said.err, /ReclaimUnavailable: this cgroup has no memory\.reclaim/);
      assert.match(said.out, /AwaitingReclaim/);
      const container = { mount: cgroup.mount, cgroup: cgroup.path, cgroupInode: cgroup.inode };
      const answer = await withWorker((worker) => worker.reclaim(container, size).then(({ reason }) => reason), {
        reclaim: true,
      }).catch((error: { code: string }) => error.code);
      assert.equal(answer, 'ReclaimUnavailable');
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('the ledger of the agent claims nothing for what waits in the swap cache', async () => {
  await withSwap(file, () =>
    withCgroup('ledger', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(size);
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path) });
      const { ledger } = await agent.container(
        cgroup.path,
        (one) => one.state === 'PagedOut' && one.passRunning === null && one.ledger.unmappedBytes > 0,
      );
      assert.ok(ledger.unmappedBytes >= 0.9 * size, JSON.stringify(ledger));
      assert.ok(ledger.awaitingReclaimBytes > 0.9 * size, JSON.stringify(ledger));
      assert.ok(ledger.freedBytes < 0.1 * size && ledger.outBytes < 0.1 * size, JSON.stringify(ledger));
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});
