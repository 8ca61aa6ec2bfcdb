/** What is decided and not begun leaves nothing behind. */
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
