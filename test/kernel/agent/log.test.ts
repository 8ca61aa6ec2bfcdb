/** What the log holds, and at which level: a line per decision at debug, a line per action at info. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { startAgent } from './agent.ts';
import { policy } from './policy.ts';

const mib = 2 ** 20;
const zram = { kind: 'zram', bytes: 256 * mib } as const;

test('each decision is one line at debug, each action one line at info', async () => {
  await withSwap(zram, () =>
    withCgroup('log', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await target.anon(32 * mib);
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path) });
      const done = await agent.container(cgroup.path, (state) => state.reason === 'LadderDone');
      const decided = agent.lines.filter((line) => line.msg === 'Decided about container');
      for (const line of decided) {
        assert.equal(line.level, 'debug');
        for (const field of ['cgroup', 'policy', 'state', 'reason', 'action'])
          assert.equal(typeof line[field], 'string');
      }
      const advised = agent.lines.filter((line) => line.msg === 'Advised container');
      assert.deepEqual(
        advised.map((line) => [line.level, line['cgroup'], line['advice']]),
        [
          ['info', cgroup.path, 'Cold'],
          ['info', cgroup.path, 'PageOut'],
        ],
      );
      assert.equal(done.ledger.passes, 2);
      const counted = (lines: readonly { readonly msg: string }[]): number =>
        lines.filter(({ msg }) => msg === 'Decided about container').length;
      // Pipe and socket are read in any order: at some look both have said the same.
      await agent.until((state) => {
        const { decisions } = state.containers.find((one) => one.cgroup === cgroup.path)!;
        return decisions.reduce((sum, { times }) => sum + times, 0) === counted(agent.lines);
      });
      const reasons = new Set(decided.map((line) => line['reason']));
      for (const { reason } of done.decisions) assert.ok(reasons.has(reason), reason);
    }),
  );
});

test('at level info only actions are told, of DryRun too', async () => {
  await withSwap(zram, () =>
    withCgroup('info', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await target.anon(32 * mib);
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path, { mode: 'DryRun' }) }, { logLevel: 'info' });
      await agent.container(cgroup.path, (state) => state.reason === 'LadderDone');
      const would = agent.lines.filter((line) => line.msg === 'Would advise container');
      assert.deepEqual(
        would.map((line) => [line.level, line['advice']]),
        [
          ['info', 'Cold'],
          ['info', 'PageOut'],
        ],
      );
      assert.deepEqual(
        agent.lines.filter((line) => line.level === 'debug' || line.msg === 'Advised container'),
        [],
      );
    }),
  );
});
