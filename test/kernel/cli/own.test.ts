/** An agent that `ebb advise` can't ask, since its socket is elsewhere, is known all the same: by the program of its worker. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { adviseShape } from '../../unit/cli/shapes.ts';
import { startAgent } from '../agent/agent.ts';
import { policy } from '../agent/policy.ts';
import { ebb } from './ebb.ts';

test('A running agent, its worker and what that has started are refused', async () => {
  await using agent = startAgent({ 'a.yaml': policy('/nobody') }, { allowReclaim: true });
  const { pid, workerPid, features } = await agent.line('Started agent');
  const isEnclosed = (features as string[]).includes('Landlock');
  assert.equal(
    agent.lines.some(({ msg }) => msg === 'Missed Landlock'),
    !isEnclosed,
    'it says so where the process that reclaims is not enclosed',
  );
  const reclaimer = readFileSync(`/proc/${workerPid}/task/${workerPid}/children`, 'utf8').trim();
  assert.match(reclaimer, /^\d+$/);
  for (const own of [Number(pid), Number(workerPid), Number(reclaimer)]) {
    const said = await ebb(['advise', '--pid', String(own), '--advice', 'cold', '--json']);
    assert.equal(said.code, 3, said.err);
    const { processes } = adviseShape.parse(JSON.parse(said.out));
    assert.deepEqual(
      processes.map((one) => [one.error, one.calls]),
      [['OwnProcess', 0]],
    );
  }
});
