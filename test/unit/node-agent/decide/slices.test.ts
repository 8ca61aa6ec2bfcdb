import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bytesOf, union } from '../../../../node-agent/decide/intervals.ts';
import { movableIn, slices } from '../../../../node-agent/decide/slices.ts';
import { mib, page } from './address-space.ts';

test('a large range is cut, small ones share a slice', () => {
  const cut = slices(
    [
      { start: 0, end: 5 * mib },
      { start: 8 * mib, end: 9 * mib },
    ],
    2 * mib,
  );
  assert.deepEqual(
    cut.map((slice) => bytesOf(slice)),
    [2 * mib, 2 * mib, 2 * mib],
  );
});

test('a range that holds little is not cut for its length', () => {
  const range = { start: 0, end: 2 ** 40, movableBytes: mib };
  assert.deepEqual(slices([range], 2 * mib), [[{ start: 0, end: 2 ** 40 }]]);
});

test('a mostly empty range of a terabyte is cut into a bounded number of slices', () => {
  const cut = slices([{ start: 0, end: 2 ** 40, movableBytes: 4 * mib }], 2 * mib);
  assert.ok(cut.length <= 32, `${cut.length}`);
  assert.equal(bytesOf(cut.flat()), 2 ** 40);
});

test('nothing to advise makes no slices', () => {
  assert.deepEqual(slices([], mib), []);
});

const anyRanges = fc.array(fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.nat(50)), { maxLength: 12 }).map((parts) => {
  let next = 0;
  return parts.map(([pages, gap]) => {
    const start = next + gap * page;
    next = start + pages * page;
    return { start, end: next };
  });
});

test('law: slices hold every byte once, in order, on pages, and no more than asked for', () => {
  fc.assert(
    fc.property(anyRanges, fc.integer({ min: 1, max: 3000 }), (ranges, pages) => {
      const cut = slices(ranges, pages * page);
      assert.deepEqual(union(cut.flat()), union(ranges));
      assert.equal(bytesOf(cut.flat()), bytesOf(ranges));
      let last = 0;
      for (const slice of cut) {
        assert.ok(slice.length > 0 && bytesOf(slice) <= pages * page);
        for (const range of slice) {
          assert.ok(range.start >= last && range.start % page === 0 && range.end % page === 0);
          last = range.end;
        }
      }
    }),
  );
});

test('what can move is spread evenly over a range that is cut', () => {
  const ranges = [
    { start: 0, end: 8 * mib, movableBytes: 4 * mib },
    { start: 16 * mib, end: 17 * mib },
    { start: 20 * mib, end: 21 * mib, movableBytes: 0 },
  ];
  const cut = slices(ranges, 2 * mib);
  assert.equal(cut.length, 5);
  assert.deepEqual(movableIn(cut, ranges), [mib, mib, mib, mib, mib]);
});

test('law: what can move of the slices is together what can move of the ranges', () => {
  fc.assert(
    fc.property(anyRanges, fc.integer({ min: 1, max: 300 }), fc.nat(100), (ranges, pages, percent) => {
      const sparse = ranges.map((one) => ({
        ...one,
        movableBytes: Math.floor(((one.end - one.start) * percent) / 100),
      }));
      const movable = movableIn(slices(sparse, pages * page), sparse);
      const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
      assert.equal(sum(movable), sum(sparse.map(({ movableBytes }) => movableBytes)));
      assert.ok(movable.every((bytes) => bytes >= 0));
    }),
  );
});
