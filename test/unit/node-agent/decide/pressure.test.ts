import assert from 'node:assert/strict';
import test from 'node:test';
import { stallsBetween } from '../../../../node-agent/decide/pressure.ts';

const totals = (at: number, someMicros: number, fullMicros: number | null) => ({ at, someMicros, fullMicros });

test('stall per minute comes from the growth of the totals', () => {
  assert.deepEqual(stallsBetween(totals(0, 1_000_000, 0), totals(10_000, 1_100_000, 50_000)), { some: 600, full: 300 });
});

test('totals that stay as they are mean no stall', () => {
  assert.deepEqual(stallsBetween(totals(0, 7, 7), totals(60_000, 7, 7)), { some: 0, full: 0 });
});

test('a line that the kernel does not keep stays unknown', () => {
  assert.deepEqual(stallsBetween(totals(0, 0, null), totals(60_000, 5000, 0)), { some: 5, full: null });
});

test('totals that went backwards, or no time between them, say nothing', () => {
  assert.equal(stallsBetween(totals(0, 5, 0), totals(10, 4, 0)), null);
  assert.equal(stallsBetween(totals(0, 5, 5), totals(10, 5, 4)), null);
  assert.equal(stallsBetween(totals(10, 5, 0), totals(10, 5, 0)), null);
});
