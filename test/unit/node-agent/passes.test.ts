/** What is decided and not begun leaves nothing behind, and what fails after a pass ends no agent. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Decision } from '../../../node-agent/decide/ladder.ts';
import { noSwapLimits, type SwapLimits } from '../../../node-agent/decide/swap-bounds.ts';
import { Passes } from '../../../node-agent/passes.ts';
import { SwapBudget } from '../../../node-agent/swap-budget.ts';
import type { Parts } from '../../../node-agent/tick.ts';
import { Tracked } from '../../../node-agent/tracked.ts';
import { profile } from '../../policies/node-advice.ts';
import { container } from './cluster/decoded.ts';
import { quietContainer } from './decide/quiet-node.ts';

const decision = { action: { advice: 'PageOut', step: 0, ranges: 'All', dryRun: false, paced: false } };

const limits: readonly (readonly [name: string, limits: SwapLimits])[] = [
  ['no limit', noSwapLimits],
  ['a limit that leaves room', { writeBytesPerDay: 2 ** 40, namespaces: new Map() }],
];

for (const [name, given] of limits)
  test(`a page-out that finds no swap room any more is not begun and claims nothing, with ${name}`, () => {
    const one = Object.assign(new Tracked(container('pod', 'id'), 0), {
      profile: profile(),
      input: { ...quietContainer, swapRoomBytes: 0 },
      decision: decision as unknown as Decision,
    });
    const swap = new SwapBudget(new Map([['one', one]]), () => given, []);
    const never = (): never => assert.fail('a pass was begun');
    const passes = new Passes({} as Parts, { swap, moment: never, again: never });
    passes.startDue([one]);
    assert.deepEqual([passes.running, one.running, one.reserved], [0, null, null]);
  });

test('what fails after a pass is told and survived, as in a tick', async () => {
  const told: string[] = [];
  const log = { error: (_: object, message: string) => told.push(message) };
  const one = Object.assign(new Tracked(container('pod', 'id'), 0), {
    profile: profile(),
    input: quietContainer,
    decision: decision as unknown as Decision,
    woke: { signal: 'cpuMillicores', observed: 9, allowed: 1 },
  });
  const swap = new SwapBudget(new Map([['one', one]]), () => noSwapLimits, []);
  const again = (): never => assert.fail('no node to read');
  const passes = new Passes({ log } as unknown as Parts, { swap, moment: again, again });
  passes.startDue([one]);
  await one.running!.done;
  assert.deepEqual(told, ['Failed to carry out pass', 'Failed to go on after pass']);
  assert.deepEqual([passes.running, one.running, one.reserved], [0, null, null]);
});
