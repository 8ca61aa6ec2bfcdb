/** A container with a stuck process costs the agent that process only: all others are served, and SIGTERM ends it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { FreezableFile } from '../worker/frozen.ts';
import { startAgent } from './agent.ts';
import { policy } from './policy.ts';

const mib = 2 ** 20;
const steps = [{ advice: 'PageOut', afterIdleSeconds: 0 }];

test('a stuck process is TargetStuck, its neighbours and other containers are paged out, SIGTERM takes no 2 s', async () => {
  using file = new FreezableFile();
  await withSwap({ kind: 'zram', bytes: 512 * mib }, () =>
    withCgroup('stuck', {}, (first) =>
      withCgroup('stuck-not', {}, async (second) => {
        await using stuck = await Target.start({ cgroup: first });
        await using neighbour = await Target.start({ cgroup: first });
        await using other = await Target.start({ cgroup: second });
        await stuck.anon(16 * mib);
        const near = await neighbour.anon(16 * mib);
        const far = await other.anon(16 * mib);
        file.freeze();
        try {
          await stuck.ask('stick', file.path);
          await sleep(400);
          await using agent = startAgent({ 'a.yaml': policy('/ebb-test/*-stuck*', { steps }) });
          const said = await agent.line('Left process out', (line) => line['reason'] === 'TargetStuck');
          assert.equal(said['pid'], stuck.pid);
          await agent.container(second.path, (state) => state.state === 'PagedOut');
          await agent.container(first.path, (state) => state.ledger.passes > 0);
          assert.equal((await neighbour.pages(near)).presentBytes, 0);
          assert.equal((await other.pages(far)).presentBytes, 0);
          assert.equal((await agent.outside('/healthz')).status, 200);
          const asked = performance.now();
          agent.child.kill('SIGTERM');
          assert.equal((await agent.ended).code, 0);
          assert.ok(performance.now() - asked < 2000);
        } finally {
          file.thaw();
        }
      }),
    ),
  );
});
