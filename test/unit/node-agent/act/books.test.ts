/** What counts as freed: the fall of usage less this process's share of what compressed swap grew. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Balance, settle } from '../../../../node-agent/act/books.ts';

const before: Balance = {
  usageBytes: 1000,
  containerSwapCachedBytes: 0,
  compressedBytes: 100,
  nodeSwapUsedBytes: 500,
  nodeSwapCachedBytes: 50,
};
const after = (change: Partial<Balance>): Balance => ({ ...before, ...change });

test('freed is the fall of usage less what zram grew', () => {
  const freed = settle(before, after({ usageBytes: 200, compressedBytes: 400, nodeSwapUsedBytes: 1300 }), 800);
  assert.deepEqual(freed, { freedBytes: 500, compressedBytes: 300, awaitingReclaimBytes: 0 });
});

test('where others swap too, only the own share of what zram grew is taken off', () => {
  const freed = settle(before, after({ usageBytes: 600, compressedBytes: 500, nodeSwapUsedBytes: 2100 }), 400);
  assert.deepEqual(freed, { freedBytes: 300, compressedBytes: 100, awaitingReclaimBytes: 0 });
});

test('on a disk swap what is in the swap cache awaits reclaim, and no more than was swapped', () => {
  const waits = settle(before, after({ containerSwapCachedBytes: 700, nodeSwapUsedBytes: 1300 }), 800);
  assert.deepEqual(waits, { freedBytes: 0, compressedBytes: 0, awaitingReclaimBytes: 700 });
  assert.equal(settle(before, after({ containerSwapCachedBytes: 900 }), 800).awaitingReclaimBytes, 800);
});

test('a kernel that does not tell the container’s swap cache: the node’s growth stands for it', () => {
  const untold = { ...before, containerSwapCachedBytes: null };
  const waits = settle(untold, { ...untold, nodeSwapCachedBytes: 350 }, 800);
  assert.equal(waits.awaitingReclaimBytes, 300);
});

test('without a container nothing is claimed as freed', () => {
  const untold = { ...before, usageBytes: null };
  assert.equal(settle(untold, untold, 800).freedBytes, null);
});

test('memory fetched back is negative: it was taken', () => {
  assert.equal(settle(before, after({ usageBytes: 1600 }), 0).freedBytes, -600);
});
