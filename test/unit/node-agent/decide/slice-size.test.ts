import assert from 'node:assert/strict';
import test from 'node:test';
import { type Room, sliceFitting } from '../../../../node-agent/decide/slice-size.ts';
import { noSwapBounds } from '../../../../node-agent/decide/swap-bounds.ts';
import { mib } from './address-space.ts';

const wide: Room = {
  container: { swapRoomBytes: null, usageBytes: null, protectedBytes: 0 },
  node: { swapFreeBytes: 10_000 * mib, swapTotalBytes: 10_000 * mib, zram: null },
  swap: noSwapBounds,
};
const guards = { swapMinFreePercent: 10 };
const container = (change: Partial<Room['container']>): Room => ({
  ...wide,
  container: { ...wide.container, ...change },
});

const table: readonly (readonly [string, Room, number])[] = [
  ['there is room', wide, 64 * mib],
  ['memory.swap.max leaves 80 MiB', container({ swapRoomBytes: 80 * mib }), 10 * mib],
  ['memory.low is 40 MiB away', container({ usageBytes: 100 * mib, protectedBytes: 60 * mib }), 5 * mib],
  ['swap is 160 MiB from its floor', { ...wide, node: { ...wide.node, swapFreeBytes: 1160 * mib } }, 20 * mib],
  [
    'zram may hold 80 MiB more',
    { ...wide, node: { ...wide.node, zram: { limitBytes: 200 * mib, usedBytes: 100 * mib } } },
    10 * mib,
  ],
  [
    'the namespace may have 80 MiB more',
    { ...wide, swap: { ...noSwapBounds, namespace: { usedBytes: 20 * mib, allowedBytes: 100 * mib } } },
    10 * mib,
  ],
  ['there is none', container({ swapRoomBytes: 0 }), mib],
];
for (const [what, room, bytes] of table) {
  test(`a slice is ${bytes / mib} MiB where ${what}`, () => assert.equal(sliceFitting(room, guards), bytes));
}

test('a DryRun asks eight times as often', () => {
  assert.equal(sliceFitting(container({ swapRoomBytes: 128 * mib }), guards, true), 2 * mib);
});
