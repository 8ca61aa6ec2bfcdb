import assert from 'node:assert/strict';
import test from 'node:test';
import type { PressureGuard } from '../../../../api/profile.ts';
import type { Reason } from '../../../../api/reasons.ts';
import {
  coldGuards,
  firstRefusal,
  type GuardQuestion,
  guardsBetweenSlices,
  nextRoundGuards,
  pageOutGuards,
} from '../../../../node-agent/decide/guards.ts';
import type { ContainerInput, NodeInput } from '../../../../node-agent/decide/inputs.ts';
import { noSwapBounds, type SwapBounds } from '../../../../node-agent/decide/swap-bounds.ts';
import { mib } from './address-space.ts';
import { question, quietContainer, quietNode } from './quiet-node.ts';

const gib = 1024 * mib;
const ask = (change: Partial<GuardQuestion>) => firstRefusal(pageOutGuards, { ...question, ...change });
const node = (change: Partial<NodeInput>): Partial<GuardQuestion> => ({ node: { ...quietNode, ...change } });
const container = (change: Partial<ContainerInput>): Partial<GuardQuestion> => ({
  container: { ...quietContainer, ...change },
});
const bound = (which: keyof SwapBounds, usedBytes: number, allowedBytes: number): Partial<GuardQuestion> => ({
  swap: { ...noSwapBounds, [which]: { usedBytes, allowedBytes } },
});
const watching = (guard: Partial<PressureGuard>): Partial<GuardQuestion> => ({
  guards: {
    ...question.guards,
    pressure: [{ resource: 'Memory', scope: 'Node', kind: 'Some', maxStallMillisecondsPerMinute: 600, ...guard }],
  },
});
const stalled = (some: number, full: number | null) => ({
  memory: { some, full },
  io: { some, full },
  cpu: { some, full },
});
const minuteAgo = question.now - 60_000;
const hourAgo = question.now - 3_600_000;

const tripped: readonly (readonly [string, Partial<GuardQuestion>, Reason])[] = [
  ['no swap on the node', node({ swapTotalBytes: 0, swapFreeBytes: 0 }), 'NoSwap'],
  ['swapoff under way', node({ swapoff: true }), 'SwapoffInProgress'],
  ['memory.swap.max 0', container({ swapMaxBytes: 0, swapRoomBytes: 0 }), 'SwapForbidden'],
  ['memory.swap.max reached', container({ swapMaxBytes: gib, swapRoomBytes: 4096 }), 'SwapLimited'],
  [
    'less room below memory.swap.max than moves next',
    { ...container({ swapMaxBytes: gib, swapRoomBytes: 8 * mib }), nextBytes: 16 * mib },
    'SwapLimited',
  ],
  ['a namespace that has all that it may', bound('namespace', 64 * mib, 64 * mib), 'NamespaceSwapLimited'],
  ['a namespace that may have nothing', bound('namespace', 0, 0), 'NamespaceSwapLimited'],
  [
    'a slice that would be more than the namespace may have',
    { ...bound('namespace', 50 * mib, 64 * mib), nextBytes: 16 * mib },
    'NamespaceSwapLimited',
  ],
  ['a day that wrote all that it may', bound('writes', 3 * gib, 2 * gib), 'SwapWriteLimited'],
  [
    'a slice that would be more than a day may write',
    { ...bound('writes', 0, 8 * mib), nextBytes: 16 * mib },
    'SwapWriteLimited',
  ],
  ['swap with 9 % free', node({ swapTotalBytes: 100 * mib, swapFreeBytes: 9 * mib }), 'SwapFull'],
  [
    'swap that what moves next would fill',
    { ...node({ swapTotalBytes: 100 * mib, swapFreeBytes: 20 * mib }), nextBytes: 16 * mib },
    'SwapFull',
  ],
  ['zram near its mem_limit', node({ zram: { usedBytes: 95 * mib, limitBytes: 100 * mib } }), 'SwapFull'],
  ['memory pressure of the node', node({ pressure: stalled(601, 0) }), 'NodePressure'],
  [
    'full I/O pressure of the node',
    { ...watching({ resource: 'IO', kind: 'Full' }), ...node({ pressure: stalled(0, 601) }) },
    'NodePressure',
  ],
  [
    'memory pressure of the container',
    { ...watching({ scope: 'Container' }), ...container({ pressure: stalled(601, 0) }) },
    'ContainerPressure',
  ],
  [
    'no pressure files where the policy watches them',
    node({ pressure: { memory: null, io: null, cpu: null } }),
    'SignalMissing',
  ],
  [
    'no full CPU pressure where the policy watches it',
    { ...watching({ resource: 'CPU', kind: 'Full' }), ...node({ pressure: stalled(0, null) }) },
    'SignalMissing',
  ],
  ['memory.min above what is used', container({ protectedBytes: 700 * mib }), 'Protected'],
  [
    'a slice that would go below memory.low',
    { ...container({ protectedBytes: 590 * mib }), nextBytes: 16 * mib },
    'Protected',
  ],
  ['a frozen container', container({ frozen: true }), 'Frozen'],
  ['a debugger', container({ traced: true }), 'Traced'],
  ['real-time threads', container({ realTime: true }), 'RealTime'],
  ['too much came back lately', { backoff: { level: 1, until: question.now + 1, blocker: null } }, 'RefaultBackoff'],
  ['11 MiB to gain', container({ anonBytes: 11 * mib }), 'BelowMinGain'],
  ['all but 11 MiB locked or pinned', container({ lockedBytes: 400 * mib, pinnedBytes: 89 * mib }), 'BelowMinGain'],
  ['all but 11 MiB to be kept', { keepResidentBytes: 489 * mib }, 'BelowMinGain'],
  ['a page-out a minute ago', { lastPageOut: { at: minuteAgo, ranges: 'KeepHot', anonBytesAfter: 0 } }, 'Cooldown'],
  [
    '7 MiB of change since the last page-out',
    { lastPageOut: { at: hourAgo, ranges: 'KeepHot', anonBytesAfter: 493 * mib } },
    'BelowMinGain',
  ],
  ['a worker that is away', { unable: 'WorkerGone' }, 'WorkerGone'],
];

for (const [what, change, reason] of tripped) {
  test(`a page-out is refused as ${reason} at ${what}`, () => assert.equal(ask(change)?.reason, reason));
}

const nothing = { ...container({ anonBytes: 0 }), guards: { ...question.guards, minGainBytes: 0 } };
test('a page-out is refused as BelowMinGain where there is nothing to gain, whatever the policy asks', () =>
  assert.equal(ask(nothing)?.reason, 'BelowMinGain'));

const passed: readonly (readonly [string, Partial<GuardQuestion>])[] = [
  ['nothing stands in the way', {}],
  ['a mebibyte may still be swapped', container({ swapMaxBytes: 64 * mib, swapRoomBytes: mib })],
  ['the namespace may have a mebibyte more', bound('namespace', 63 * mib, 64 * mib)],
  ['the day may write a mebibyte more', bound('writes', 63 * mib, 64 * mib)],
  ['exactly 10 % of swap is free', node({ swapTotalBytes: 100 * mib, swapFreeBytes: 10 * mib })],
  ['pressure is exactly what is allowed', node({ pressure: stalled(600, 0) })],
  [
    'there is pressure on what the policy does not watch',
    node({ pressure: { ...stalled(0, 0), io: { some: 60_000, full: 60_000 } } }),
  ],
  ['memory.low protects less than is used', container({ protectedBytes: 100 * mib })],
  ['the backoff is over', { backoff: { level: 3, until: question.now, blocker: null } }],
  ['exactly 12 MiB are to be gained', container({ anonBytes: 12 * mib })],
  [
    'the cooldown is just over and much came back',
    { lastPageOut: { at: question.now - 900_000, ranges: 'KeepHot', anonBytesAfter: 0 } },
  ],
  [
    'the last pass spared hot ranges and this one does not',
    { ranges: 'All', lastPageOut: { at: hourAgo, ranges: 'KeepHot', anonBytesAfter: 500 * mib } },
  ],
  ['the last pass ended early', { lastPageOut: { at: hourAgo, ranges: 'KeepHot', anonBytesAfter: null } }],
  ['there is no memory controller to tell usage', container({ usageBytes: null, protectedBytes: mib })],
];

for (const [what, change] of passed) {
  test(`a page-out goes on when ${what}`, () => assert.equal(ask(change), null));
}

test('a refusal says what was observed and what is allowed', () => {
  assert.deepEqual(ask(node({ pressure: stalled(1234, 0) })), {
    reason: 'NodePressure',
    blocker: { signal: 'pressureNodeMemorySome', observed: 1234, allowed: 600 },
  });
});

test('Cold needs no swap and heeds no pressure, but leaves debugged, real-time and frozen processes alone', () => {
  const free: readonly Partial<GuardQuestion>[] = [
    node({ swapTotalBytes: 0, swapFreeBytes: 0 }),
    container({ swapMaxBytes: 0 }),
    node({ pressure: stalled(60_000, 0) }),
    bound('writes', 1, 0),
    bound('namespace', 1, 0),
    { lastPageOut: { at: minuteAgo, ranges: 'All', anonBytesAfter: 500 * mib } },
  ];
  for (const change of free) assert.equal(firstRefusal(coldGuards, { ...question, ...change }), null);
  for (const change of [{ traced: true }, { realTime: true }, { frozen: true }, { anonBytes: mib }]) {
    assert.ok(firstRefusal(coldGuards, { ...question, ...container(change) }));
  }
});

test('a further round of one step waits for no cooldown', () => {
  const again = { ...question, lastPageOut: { at: minuteAgo, ranges: 'KeepHot' as const, anonBytesAfter: null } };
  assert.equal(firstRefusal(nextRoundGuards, again), null);
  assert.equal(firstRefusal(pageOutGuards, again)?.reason, 'Cooldown');
});

test('between slices a page-out stops at what can turn meanwhile, not at what only guards its start', () => {
  const during = {
    ...question,
    ...container({ anonBytes: mib }),
    lastPageOut: { at: question.now, ranges: 'All' as const, anonBytesAfter: mib },
  };
  assert.equal(guardsBetweenSlices('PageOut', during), null);
  for (const [what, change, reason] of tripped) {
    if (['Cooldown', 'BelowMinGain', 'RefaultBackoff'].includes(reason)) continue;
    assert.equal(guardsBetweenSlices('PageOut', { ...question, ...change })?.reason, reason, what);
  }
  assert.equal(guardsBetweenSlices('Cold', { ...question, ...node({ swapTotalBytes: 0 }) }), null);
  assert.equal(guardsBetweenSlices('Cold', { ...question, ...container({ traced: true }) })?.reason, 'Traced');
});
