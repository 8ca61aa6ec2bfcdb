/** Asked back: what was paged out comes, as far as there is room, and nothing goes. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decide, type LadderInput } from '../../../../node-agent/decide/ladder.ts';
import { afterAction, type LadderMemory, startLadder } from '../../../../node-agent/decide/ladder-memory.ts';
import { noSwapBounds } from '../../../../node-agent/decide/swap-bounds.ts';
import { profile, quietContainer, quietNode } from './quiet-node.ts';

const start = 1_000_000;
const mib = 1024 * 1024;
const memory: LadderMemory = { ...startLadder(start), idleSince: start - 1e6, depth: 'PagedOut', stepsDone: 2 };
const restore = { reason: 'SwitchRestore', left: true, due: true } as const;
const input = (change: Partial<LadderInput> = {}): LadderInput => ({
  now: start,
  memory,
  profile,
  idle: { idle: true, reason: 'Idle', sinceMillis: start - 1e6, blocker: null },
  woke: null,
  inWindow: true,
  paused: null,
  restore,
  node: quietNode,
  container: quietContainer,
  swap: noSwapBounds,
  unable: 'SwitchRestore',
  ...change,
});

test('it is brought back within the room that the node has, at the pace of its policy', () => {
  const { state, reason, action } = decide(input());
  assert.deepEqual([state, reason], ['Waking', 'SwitchRestore']);
  const room = quietNode.availableBytes! - 256 * mib;
  assert.deepEqual(action, { advice: 'WillNeed', maxBytes: room, dryRun: false, paced: true });
});

test('without room it waits, says for what, and begins nothing', () => {
  const { action, reason, blocker } = decide(input({ node: { ...quietNode, availableBytes: 200 * mib } }));
  assert.deepEqual([action, reason, blocker?.signal], [null, 'NoHeadroom', 'memAvailableReserve']);
});

test('a try that was cut short is made again, and not at once', () => {
  assert.equal(decide(input({ restore: { ...restore, due: false } })).action, null);
});

test('once it is back it says so, and no step of the ladder is begun', () => {
  const { state, reason, action } = decide(input({ restore: { ...restore, left: false } }));
  assert.deepEqual([state, reason, action], ['Idle', 'Restored', null]);
});

test('what Ebb did not page out is left as it is', () => {
  const { action, reason } = decide(input({ restore: null }));
  assert.deepEqual([action, reason], [null, 'SwitchRestore']);
});

test('an agent without its worker brings nothing back', () => {
  assert.equal(decide(input({ unable: 'WorkerGone' })).action, null);
});

test('afterwards it is out no more, and its ladder begins anew', () => {
  const done = { end: 'Done', advised: true, anonBytesAfter: 0 } as const;
  const after = afterAction(memory, { advice: 'WillNeed', maxBytes: 1, dryRun: false, paced: true }, done, start);
  assert.deepEqual([after.depth, after.stepsDone], ['None', 0]);
});
