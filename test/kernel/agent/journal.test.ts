/** What an agent that starts again still knows, and that a broken journal costs nothing but what it held. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { agentUser } from '../../../node-agent/config.ts';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { startAgent } from './agent.ts';
import { policy } from './policy.ts';

const mib = 2 ** 20;

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-state-'));
  chmodSync(folder, 0o755);
  try {
    await use(join(folder, 'state'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a cooldown survives a restart of the agent', () =>
  withFolder((stateFolder) =>
    withSwap({ kind: 'zram', bytes: 256 * mib }, () =>
      withCgroup('journal', {}, async (cgroup) => {
        await using target = await Target.start({ cgroup });
        const region = await target.anon(32 * mib);
        const steps = [{ advice: 'PageOut', afterIdleSeconds: 0 }];
        const files = { 'a.yaml': policy(cgroup.path, { steps, limits: { cooldownSeconds: 3600 } }) };
        {
          await using first = startAgent(files, { stateFolder });
          await first.container(cgroup.path, (state) => state.state === 'PagedOut' && state.passRunning === null);
        }
        assert.equal(statSync(stateFolder).uid, agentUser);
        assert.equal(statSync(stateFolder).mode & 0o777, 0o700);
        await target.touch(region);
        await using second = startAgent(files, { stateFolder });
        const held = await second.container(cgroup.path, (state) => state.reason === 'Cooldown');
        assert.equal(held.blocker?.allowed, 3600);
        assert.equal((await target.pages(region)).presentBytes, 32 * mib);
      }),
    ),
  ));

test('a broken journal is said and left aside', () =>
  withFolder(async (stateFolder) => {
    {
      await using first = startAgent({}, { stateFolder });
      await first.line('Started agent');
    }
    writeFileSync(join(stateFolder, 'journal.json'), '{"bootID": 7');
    await using second = startAgent({}, { stateFolder });
    await second.line('Left a broken journal aside');
    await second.state();
  }));

test('a state folder of another user is refused, not taken', async () => {
  await using agent = startAgent({}, { stateFolder: '/usr' });
  assert.equal((await agent.ended).code, 1);
  assert.equal(statSync('/usr').uid, 0);
});
