import assert from 'node:assert/strict';
import test from 'node:test';
import { immovableNow, learnImmovable, nothingImmovable } from '../../../../node-agent/decide/immovable.ts';
import { mib } from './address-space.ts';

const range = { start: 16 * mib, end: 32 * mib };
const moved = (bytes: number, of = range) => ({ ...of, presentBefore: 10 * mib, presentAfter: 10 * mib - bytes });
const day = 24 * 3600 * 1000;

test('a range of which less than 5 % moved is left alone for a day', () => {
  const state = learnImmovable(nothingImmovable('a'), 'a', [moved(mib / 2 - 1)], 0);
  assert.deepEqual(immovableNow(state, 'a', day - 1), [range]);
  assert.deepEqual(immovableNow(state, 'a', day), []);
});

test('a range of which 5 % moved is not', () => {
  assert.deepEqual(immovableNow(learnImmovable(nothingImmovable('a'), 'a', [moved(mib / 2)], 0), 'a', 1), []);
});

test('a range that held nothing says nothing', () => {
  const empty = { ...range, presentBefore: 0, presentAfter: 0 };
  assert.deepEqual(immovableNow(learnImmovable(nothingImmovable('a'), 'a', [empty], 0), 'a', 1), []);
});

test('a later pass in which it moved clears that part', () => {
  const state = learnImmovable(nothingImmovable('a'), 'a', [moved(0)], 0);
  const half = { start: 16 * mib, end: 24 * mib };
  const after = learnImmovable(state, 'a', [moved(10 * mib, half)], 1);
  assert.deepEqual(immovableNow(after, 'a', 2), [{ start: 24 * mib, end: 32 * mib }]);
});

test('another program knows nothing of it', () => {
  const state = learnImmovable(nothingImmovable('a'), 'a', [moved(0)], 0);
  assert.deepEqual(immovableNow(state, 'b', 1), []);
  assert.deepEqual(learnImmovable(state, 'b', [], 1).ranges, []);
});

test('no more than 4,096 ranges are kept, the newest', () => {
  const many = (from: number) =>
    Array.from({ length: 4000 }, (_, i) => moved(0, { start: from + i * 2 * mib, end: from + i * 2 * mib + mib }));
  const state = learnImmovable(learnImmovable(nothingImmovable('a'), 'a', many(0), 0), 'a', many(2 ** 40), 1);
  assert.equal(state.ranges.length, 4096);
  assert.equal(state.ranges.filter((one) => one.start >= 2 ** 40).length, 4000);
});
