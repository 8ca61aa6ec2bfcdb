import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { candidateRanges, type RangeRules } from '../../../../node-agent/decide/candidates.ts';
import { bytesOf } from '../../../../node-agent/decide/intervals.ts';
import { mappingKind } from '../../../../node-agent/decide/mapping-kinds.ts';
import { anyMappings, kib, layOut, mib, page, tableOf, totalBytes } from './address-space.ts';

const rules: RangeRules = { kinds: ['Anonymous'], minRangeBytes: 64 * kib };

test('private anonymous memory is a candidate, all else is skipped by its kind', () => {
  const mappings = layOut([
    ['file', mib],
    ['heap', 2 * mib, mib],
    ['anonymous', 3 * mib, mib],
    ['shared', 4 * mib],
    ['hugetlb', 8 * mib],
    ['stack', 132 * kib, mib],
    ['special', 8 * kib, mib],
  ]);
  const { ranges, skipped, mappedBytes } = candidateRanges(tableOf(mappings), rules);
  assert.deepEqual(
    ranges,
    [mappings[1], mappings[2], mappings[5]].map((mapping) => ({ start: mapping!.start, end: mapping!.end })),
  );
  assert.deepEqual(Object.fromEntries(skipped.map((skip) => [skip.reason, skip.bytes])), {
    SharedMapping: 4 * mib,
    FileMapping: mib,
    SpecialMapping: 8 * kib,
    HugeTLB: 8 * mib,
  });
  assert.equal(mappedBytes, bytesOf(mappings));
});

test('shared memory is a candidate where the policy says so, and private memory only where it says so', () => {
  const mappings = layOut([
    ['anonymous', mib],
    ['shared', mib, mib],
  ]);
  const both = candidateRanges(tableOf(mappings), { ...rules, kinds: ['Anonymous', 'Shared'] });
  assert.equal(both.ranges.length, 2);
  const shared = candidateRanges(tableOf(mappings), { ...rules, kinds: ['Shared'] });
  assert.deepEqual(shared.skipped, [{ reason: 'AnonymousMapping', bytes: mib }]);
});

test('mappings that touch count together for the floor on size, but stay apart', () => {
  const touching = layOut([
    ['anonymous', 32 * kib],
    ['heap', 32 * kib],
  ]);
  assert.equal(candidateRanges(tableOf(touching), rules).ranges.length, 2);
  const apart = layOut([
    ['anonymous', 32 * kib],
    ['anonymous', 32 * kib, page],
    ['anonymous', 256 * kib, page],
  ]);
  const { ranges, skipped } = candidateRanges(tableOf(apart), rules);
  assert.equal(ranges.length, 1);
  assert.deepEqual(skipped, [{ reason: 'BelowMinRange', bytes: 64 * kib }]);
});

test('a mapping of another kind between two parts them for the floor', () => {
  const mappings = layOut([
    ['anonymous', 32 * kib],
    ['file', page],
    ['anonymous', 32 * kib],
  ]);
  assert.deepEqual(candidateRanges(tableOf(mappings), rules).ranges, []);
});

test('the 256 KiB mappings in which V8 keeps its heap are all candidates', () => {
  const mappings = layOut(Array.from({ length: 240 }, () => ['anonymous', 256 * kib, page] as const));
  assert.equal(candidateRanges(tableOf(mappings), rules).ranges.length, 240);
});

test('a maps file that names an address twice, read while it changed, gives it once', () => {
  const table = tableOf([
    { start: mib, end: 2 * mib, kind: mappingKind.anonymous },
    { start: mib, end: 3 * mib, kind: mappingKind.anonymous },
    { start: 2 * mib, end: 3 * mib, kind: mappingKind.file },
  ]);
  const { ranges, mappedBytes } = candidateRanges(table, rules);
  assert.equal(mappedBytes, 2 * mib);
  assert.deepEqual(ranges, [
    { start: mib, end: 2 * mib },
    { start: 2 * mib, end: 3 * mib },
  ]);
});

test('a large mapping is cut where huge pages end, one of terabytes into few parts', () => {
  const start = 3 * mib + page;
  const cut = (bytes: number) =>
    candidateRanges(tableOf([{ start, end: start + bytes, kind: mappingKind.heap }]), rules).ranges;
  assert.deepEqual(cut(64 * mib), [{ start, end: start + 64 * mib }]);
  const parts = cut(200 * mib);
  assert.deepEqual(
    parts.map((part) => part.end),
    [66 * mib, 130 * mib, 194 * mib, start + 200 * mib],
  );
  assert.equal(parts[0]!.start, start);
  assert.ok(cut(2 ** 44).length <= 65);
});

test('an empty address space has no candidates', () => {
  assert.deepEqual(candidateRanges(tableOf([]), rules), { ranges: [], skipped: [], mappedBytes: 0 });
});

const anyRules: fc.Arbitrary<RangeRules> = fc.record({
  kinds: fc.subarray(['Anonymous', 'Shared'] as const),
  minRangeBytes: fc.constantFrom(0, page, 64 * kib, 4 * mib),
});

test('law: every mapped byte is in a range or skipped, no range leaves its mapping, none overlaps', () => {
  fc.assert(
    fc.property(anyMappings, anyRules, (mappings, some) => {
      const { ranges, skipped, mappedBytes } = candidateRanges(tableOf(mappings), some);
      assert.equal(mappedBytes, bytesOf(mappings));
      assert.equal(bytesOf(ranges) + totalBytes(skipped), mappedBytes);
      let last = 0;
      for (const range of ranges) {
        assert.ok(range.start >= last && range.start % page === 0 && range.end % page === 0);
        const home = mappings.find((mapping) => mapping.start <= range.start && range.end <= mapping.end);
        const allowed = [
          some.kinds.includes('Anonymous') ? [1, 2, 3] : [],
          some.kinds.includes('Shared') ? [4] : [],
        ].flat();
        assert.ok(home && allowed.includes(home.kind));
        last = range.end;
      }
    }),
  );
});

test('50,000 mappings are gone through in a few milliseconds', () => {
  const kinds = ['anonymous', 'file', 'anonymous', 'special'] as const;
  const table = tableOf(layOut(Array.from({ length: 50_000 }, (_, i) => [kinds[i % 4]!, 128 * kib, page] as const)));
  const times = Array.from({ length: 15 }, () => {
    const before = performance.now();
    assert.equal(candidateRanges(table, rules).ranges.length, 25_000);
    return performance.now() - before;
  }).sort((a, b) => a - b);
  // 4 ms is the aim on a quiet core; the tests share theirs.
  assert.ok(times[0]! < 20, `best of 15: ${times[0]} ms`);
});
