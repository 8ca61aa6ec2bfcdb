import assert from 'node:assert/strict';
import test from 'node:test';
import { median, pairs, summarize } from '../../bench/pairs.ts';

test('the median of an even count lies between the middle two', () => assert.equal(median([4, 1, 3, 2]), 2.5));

test('ratios are taken pair by pair, so that drift common to both cancels', () => {
  assert.deepEqual(summarize([10, 20], [5, 10]).ratio, { median: 2, min: 2, max: 2 });
});

test('both sides run equally often, after one uncounted round, in alternating order', async () => {
  const order: string[] = [];
  const result = await pairs(
    2,
    async () => order.push('a'),
    async () => order.push('b'),
  );
  assert.equal(order.join(''), 'baabba');
  assert.equal(result.ours.length, 2);
});
