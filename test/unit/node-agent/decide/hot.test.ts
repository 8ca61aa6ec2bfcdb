import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Range } from '../../../../native/worker.ts';
import {
  type HotState,
  hotOf,
  hotToKeep,
  learn,
  maxHotRanges,
  nothingHot,
  notice,
} from '../../../../node-agent/decide/hot.ts';
import { bytesOf, intersect, subtract, union } from '../../../../node-agent/decide/intervals.ts';
import { anyRange, mib, page } from './address-space.ts';

const heap = { start: 16 * mib, end: 116 * mib };
const warm = { start: 40 * mib, end: 60 * mib };
const plain = (ranges: readonly Range[]): Range[] => ranges.map(({ start, end }) => ({ start, end }));

test('what came back after a page-out is hot, the rest is not', () => {
  const state = learn(nothingHot('a'), [heap], [warm], 7);
  assert.deepEqual(state.ranges, [{ ...warm, at: 7 }]);
  assert.equal(state.pass, 1);
});

test('what is present without having been paged out teaches nothing', () => {
  assert.deepEqual(learn(nothingHot('a'), [heap], [{ start: 0, end: mib }], 7).ranges, []);
});

test('a look between passes only adds', () => {
  const state = learn(nothingHot('a'), [heap], [warm], 7);
  const more = { start: 100 * mib, end: 101 * mib };
  assert.deepEqual(notice(state, [more], 8).ranges, [
    { ...warm, at: 7 },
    { ...more, at: 8 },
  ]);
});

test('a hot range that was sampled and stayed out is hot no more, its neighbours still are', () => {
  const state = learn(nothingHot('a'), [heap], [warm], 7);
  const sample = subtract([warm], hotToKeep(state));
  const after = learn(state, sample, [], 8);
  assert.deepEqual(union(after.ranges), union(hotToKeep(state)));
  assert.equal(bytesOf(after.ranges), bytesOf([warm]) - bytesOf(sample));
});

test('a hot range that was sampled and came back is as hot as new', () => {
  const state = learn(nothingHot('a'), [heap], [warm], 7);
  const sample = subtract([warm], hotToKeep(state));
  const after = learn(state, sample, sample, 9);
  assert.deepEqual(union(after.ranges), [warm]);
  assert.ok(after.ranges.some((range) => range.at === 9) && after.ranges.some((range) => range.at === 7));
});

test('in 16 passes every hot address is sampled exactly once', () => {
  const state = learn(nothingHot('a'), [heap], [warm, { start: 70 * mib + page, end: 70 * mib + 3 * page }], 7);
  const samples = Array.from({ length: 16 }, (_, pass) => subtract(plain(state.ranges), hotToKeep(state, pass))).flat();
  assert.equal(bytesOf(samples), bytesOf(state.ranges));
  assert.deepEqual(union(samples), union(state.ranges));
});

test('a program that never uses again what was hot gives it all back within 16 passes', () => {
  let state = learn(nothingHot('a'), [heap], [warm], 7);
  for (let pass = 0; pass < 16; pass += 1) state = learn(state, subtract([heap], hotToKeep(state)), [], 8 + pass);
  assert.deepEqual(state.ranges, []);
});

test('another program of the same process knows nothing', () => {
  const state = learn(nothingHot('a'), [heap], [warm], 7);
  assert.equal(hotOf(state, 'a'), state);
  assert.deepEqual(hotOf(state, 'b'), nothingHot('b'));
});

test('more ranges than are kept are joined with near ones, and the oldest dropped', () => {
  const near = Array.from({ length: 3000 }, (_, i) => ({ start: i * 3 * page, end: i * 3 * page + page }));
  const joined = learn(nothingHot('a'), near, near, 1);
  assert.ok(joined.ranges.length <= maxHotRanges);
  assert.deepEqual(intersect(union(joined.ranges), near), near, 'what is hot stays hot');
  const far = Array.from({ length: 3000 }, (_, i) => ({
    start: 2 ** 40 + i * 16 * mib,
    end: 2 ** 40 + i * 16 * mib + page,
  }));
  const dropped = notice(joined, far.slice(0, 1500), 5);
  assert.equal(dropped.ranges.length, maxHotRanges);
  assert.ok(dropped.ranges.every((range) => range.at === 5));
});

test('of too many ranges those with the smallest gaps are joined, and no more than it takes', () => {
  let next = 0;
  const ranges = Array.from({ length: maxHotRanges + 200 }, (_, i) => {
    next += page * (i % 3 === 0 ? 1 + (i % 7) : 100 + (i % 50));
    const start = next;
    next += page;
    return { start, end: next };
  });
  const gaps = ranges.slice(1).map((range, i) => range.start - ranges[i]!.end);
  const smallest = gaps.toSorted((a, b) => a - b)[199]!;
  const closed = gaps.filter((gap) => gap <= smallest).reduce((a, b) => a + b, 0);
  const state = notice(nothingHot('a'), ranges, 1);
  assert.equal(bytesOf(state.ranges), bytesOf(ranges) + closed);
});

const pass = fc.record({ out: fc.array(anyRange, { maxLength: 6 }), back: fc.array(anyRange, { maxLength: 6 }) });

test('law: hot is what came back last time it was out; hot ranges are sorted, apart and few', () => {
  fc.assert(
    fc.property(fc.array(pass, { maxLength: 8 }), (passes) => {
      let state: HotState = nothingHot('a');
      for (const [now, { out, back }] of passes.entries()) {
        state = learn(state, out, back, now);
        const hot = union(state.ranges);
        const returned = intersect(union(out), union(back));
        assert.deepEqual(union(intersect(hot, union(out))), union(returned));
        assert.ok(state.ranges.length <= maxHotRanges);
        for (const [i, range] of state.ranges.entries()) if (i > 0) assert.ok(range.start >= state.ranges[i - 1]!.end);
      }
    }),
  );
});

test('law: what is to be kept is a part of what is hot', () => {
  fc.assert(
    fc.property(pass, fc.nat(40), ({ out, back }, number) => {
      const state = learn(nothingHot('a'), out, back, 1);
      assert.deepEqual(subtract(plain(hotToKeep(state, number)), union(state.ranges)), []);
    }),
  );
});
