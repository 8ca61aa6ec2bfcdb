import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Range } from '../../../../native/worker.ts';
import { bytesOf, intersect, subtract, union, wholePages } from '../../../../node-agent/decide/intervals.ts';

const lists = fc.array(
  fc.record({ start: fc.nat(60), length: fc.nat(12) }).map(({ start, length }) => ({ start, end: start + length })),
  { maxLength: 8 },
);
const members = (ranges: readonly Range[]): Set<number> => {
  const set = new Set<number>();
  for (const { start, end } of ranges) for (let n = start; n < end; n += 1) set.add(n);
  return set;
};

test('union holds exactly the addresses of its ranges, sorted and apart', () => {
  fc.assert(
    fc.property(lists, (list) => {
      const joined = union(list);
      assert.deepEqual(members(joined), members([...list].sort((a, b) => a.start - b.start)));
      assert.equal(bytesOf(joined), members(list).size);
      for (const [i, range] of joined.entries()) if (i > 0) assert.ok(range.start > joined[i - 1]!.end);
    }),
  );
});

test('intersect and subtract divide the left list in two', () => {
  fc.assert(
    fc.property(lists, lists, (a, b) => {
      const [left, right] = [union(a), union(b)];
      const both = members(intersect(left, right));
      const rest = members(subtract(left, right));
      assert.deepEqual(both, new Set([...members(left)].filter((n) => members(right).has(n))));
      assert.deepEqual(rest, new Set([...members(left)].filter((n) => !members(right).has(n))));
    }),
  );
});

test('subtract keeps ranges that touch apart, so that none crosses a mapping', () => {
  const mappings = [
    { start: 0, end: 10 },
    { start: 10, end: 20 },
  ];
  assert.deepEqual(subtract(mappings, []), mappings);
  assert.deepEqual(subtract(mappings, [{ start: 8, end: 12 }]), [
    { start: 0, end: 8 },
    { start: 12, end: 20 },
  ]);
});

test('wholePages widens to pages and joins what then overlaps', () => {
  assert.deepEqual(
    wholePages(
      [
        { start: 4097, end: 4098 },
        { start: 8191, end: 8193 },
      ],
      4096,
    ),
    [{ start: 4096, end: 12288 }],
  );
});
