import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bytesOf, union } from '../../../../node-agent/decide/intervals.ts';
import { slices } from '../../../../node-agent/decide/slices.ts';
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
