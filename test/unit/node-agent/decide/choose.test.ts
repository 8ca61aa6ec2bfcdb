import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { PageCounts } from '../../../../native/worker.ts';
import { bytesOf, intersect, union } from '../../../../node-agent/decide/intervals.ts';
import {
  type Candidates,
  type ChooseRules,
  candidateRanges,
  chooseRanges,
} from '../../../../node-agent/decide/ranges.ts';
import { anyMappings, anyRange, countsFor, kib, layOut, mib, page, tableOf, totalBytes } from './address-space.ts';

const gib = 1024 * mib;
const pageOut: ChooseRules = {
  advice: 'PageOut',
  mode: 'KeepHot',
  keepResidentBytes: 0,
  maxBytes: 2 * gib,
  hot: [],
  immovable: [],
};
const heapOf = (...sizes: readonly number[]): Candidates =>
  candidateRanges(tableOf(layOut(sizes.map((size) => ['heap', size, page] as const))), {
    kinds: ['Anonymous'],
    minRangeBytes: 0,
  });
/** A mapping whose pages were counted as one. */
const counted = (size: number): Candidates => ({
  ranges: [{ start: mib, end: mib + size }],
  skipped: [],
  mappedBytes: size,
});
const full = (candidates: Candidates): PageCounts[] =>
  candidates.ranges.map(({ start, end }) => ({ presentBytes: end - start, swappedBytes: 0 }));
const reasonBytes = (plan: { readonly skipped: readonly { readonly reason: string; readonly bytes: number }[] }) =>
  Object.fromEntries(plan.skipped.map((skip) => [skip.reason, skip.bytes]));

test('a page-out takes what is resident and leaves out what holds nothing', () => {
  const candidates = heapOf(mib, 2 * mib);
  const plan = chooseRanges(
    candidates,
    [
      { presentBytes: 0, swappedBytes: mib },
      { presentBytes: page, swappedBytes: 0 },
    ],
    pageOut,
  );
  assert.deepEqual(plan.ranges, [{ ...candidates.ranges[1], movableBytes: page }]);
  assert.equal(plan.plannedBytes, page);
  assert.deepEqual(reasonBytes(plan), { NothingResident: mib });
});

test('hot ranges are cut out under KeepHot, for Cold and PageOut', () => {
  const candidates = heapOf(4 * mib);
  const start = candidates.ranges[0]!.start;
  const hot = [{ start: start + mib, end: start + 2 * mib, at: 1 }];
  for (const advice of ['Cold', 'PageOut'] as const) {
    const plan = chooseRanges(candidates, full(candidates), { ...pageOut, advice, hot });
    assert.equal(bytesOf(plan.ranges), 3 * mib);
    assert.deepEqual(reasonBytes(plan), { HotRange: mib });
    assert.deepEqual(intersect(plan.ranges, hot), []);
  }
});

test('hot ranges count in whatever order they come, whole pages, and where they overlap', () => {
  const candidates = heapOf(16 * mib);
  const start = candidates.ranges[0]!.start;
  const hot = [
    { start: start + 9 * mib + 1, end: start + 9 * mib + 2, at: 3 },
    { start: start + mib, end: start + 3 * mib, at: 2 },
    { start: start + 2 * mib, end: start + 4 * mib, at: 1 },
  ];
  assert.deepEqual(reasonBytes(chooseRanges(candidates, full(candidates), { ...pageOut, hot })), {
    HotRange: 3 * mib + page,
  });
});

test('hot ranges go too under All', () => {
  const candidates = heapOf(4 * mib);
  const hot = [{ ...candidates.ranges[0]!, at: 1 }];
  assert.equal(chooseRanges(candidates, full(candidates), { ...pageOut, mode: 'All', hot }).plannedBytes, 4 * mib);
});

test('keepResidentBytes stays, from the end of the address space', () => {
  const candidates = heapOf(4 * mib, 4 * mib);
  const plan = chooseRanges(candidates, full(candidates), { ...pageOut, keepResidentBytes: 3 * mib });
  assert.equal(plan.keptBytes, 3 * mib);
  assert.deepEqual(reasonBytes(plan), { KeepResident: 3 * mib });
  assert.equal(plan.ranges.at(-1)!.end, candidates.ranges[1]!.start + mib);
  assert.equal(plan.resumeAt, null);
});

test('what stays for keepResidentBytes under All is what was hot most recently', () => {
  const candidates = heapOf(8 * mib);
  const start = candidates.ranges[0]!.start;
  const old = { start: start + mib, end: start + 2 * mib, at: 1 };
  const recent = { start: start + 4 * mib, end: start + 5 * mib, at: 2 };
  const plan = chooseRanges(candidates, full(candidates), {
    ...pageOut,
    mode: 'All',
    hot: [recent, old],
    keepResidentBytes: mib,
  });
  assert.deepEqual(intersect(plan.ranges, [recent]), []);
  assert.deepEqual(intersect(union(plan.ranges), [old]), [{ start: old.start, end: old.end }]);
});

test('keepResidentBytes above all that is resident leaves everything', () => {
  const candidates = heapOf(mib);
  const plan = chooseRanges(candidates, full(candidates), { ...pageOut, keepResidentBytes: gib });
  assert.deepEqual(plan.ranges, []);
  assert.equal(plan.keptBytes, mib);
});

test('keepResidentBytes holds in a range whose resident pages could lie anywhere', () => {
  const candidates = counted(100 * mib);
  const plan = chooseRanges(candidates, [{ presentBytes: 10 * mib, swappedBytes: 0 }], {
    ...pageOut,
    keepResidentBytes: 4 * mib,
  });
  // Even if all resident pages lay at its start, no more than 6 MiB of them would go.
  assert.equal(bytesOf(plan.ranges), 6 * mib);
});

test('a round stops at its limit and the next one goes on from there, until all is done', () => {
  const candidates = heapOf(3 * mib, 3 * mib);
  const first = chooseRanges(candidates, full(candidates), { ...pageOut, maxBytes: 4 * mib });
  assert.equal(first.plannedBytes, 4 * mib);
  assert.equal(first.resumeAt, candidates.ranges[1]!.start + mib);
  assert.deepEqual(reasonBytes(first), { RoundLimit: 2 * mib });
  const second = chooseRanges(candidates, full(candidates), {
    ...pageOut,
    maxBytes: 4 * mib,
    resumeAt: first.resumeAt!,
  });
  assert.equal(second.plannedBytes, 2 * mib);
  assert.equal(second.resumeAt, null);
  assert.deepEqual(reasonBytes(second), { Cooldown: 4 * mib });
});

test('Cold moves nothing and so knows no limit of bytes', () => {
  const candidates = heapOf(6 * mib);
  const plan = chooseRanges(candidates, full(candidates), { ...pageOut, advice: 'Cold', maxBytes: 0 });
  assert.equal(bytesOf(plan.ranges), 6 * mib);
  assert.equal(plan.resumeAt, null);
});

test('a reservation of a terabyte with little in it counts with what is in it', () => {
  const candidates = counted(1024 * gib);
  const plan = chooseRanges(candidates, [{ presentBytes: 100 * mib, swappedBytes: 0 }], pageOut);
  assert.equal(plan.plannedBytes, 100 * mib);
  assert.equal(bytesOf(plan.ranges), 1024 * gib);
});

test('pieces of one mapping, parted by hot ranges, count together with no more than it holds', () => {
  const candidates = counted(64 * mib);
  const start = candidates.ranges[0]!.start;
  const hot = Array.from({ length: 10 }, (_, i) => ({
    start: start + i * 4 * mib,
    end: start + i * 4 * mib + mib,
    at: i,
  }));
  const plan = chooseRanges(candidates, [{ presentBytes: 5 * mib, swappedBytes: 0 }], { ...pageOut, hot });
  assert.equal(plan.plannedBytes, 5 * mib);
  assert.equal(bytesOf(plan.ranges), 54 * mib);
});

test('what hardly moved last time is left alone by a page-out, not by Cold', () => {
  const candidates = heapOf(4 * mib);
  const immovable = [{ start: candidates.ranges[0]!.start, end: candidates.ranges[0]!.start + mib }];
  assert.deepEqual(reasonBytes(chooseRanges(candidates, full(candidates), { ...pageOut, immovable })), {
    Immovable: mib,
  });
  assert.deepEqual(
    reasonBytes(chooseRanges(candidates, full(candidates), { ...pageOut, advice: 'Cold', immovable })),
    {},
  );
});

test('WillNeed takes what is swapped, hot ranges first, up to its limit', () => {
  const candidates = heapOf(4 * mib, 4 * mib, mib);
  const counts = [
    { presentBytes: 0, swappedBytes: 4 * mib },
    { presentBytes: mib, swappedBytes: 3 * mib },
    { presentBytes: mib, swappedBytes: 0 },
  ];
  const hot = [{ ...candidates.ranges[1]!, at: 5 }];
  const plan = chooseRanges(candidates, counts, { ...pageOut, advice: 'WillNeed', hot, maxBytes: 5 * mib });
  assert.deepEqual(plan.ranges[0], { ...candidates.ranges[1], movableBytes: 3 * mib });
  assert.deepEqual(plan.ranges[1], {
    start: candidates.ranges[0]!.start,
    end: candidates.ranges[0]!.start + 2 * mib,
    movableBytes: 2 * mib,
  });
  assert.deepEqual(reasonBytes(plan), { NothingSwapped: mib, RoundLimit: 2 * mib });
});

test('Collapse takes whole huge pages only', () => {
  const candidates = heapOf(5 * mib, mib);
  const plan = chooseRanges(candidates, full(candidates), { ...pageOut, advice: 'Collapse' });
  assert.deepEqual(plan.ranges, [{ start: 2 * mib, end: 6 * mib, movableBytes: 4 * mib }]);
  assert.deepEqual(reasonBytes(plan), { BelowMinRange: 2 * mib });
  const hot = [{ start: 3 * mib, end: 3 * mib + page, at: 1 }];
  assert.deepEqual(
    chooseRanges(candidates, full(candidates), { ...pageOut, advice: 'Collapse', hot }).ranges,
    plan.ranges,
  );
});

test('counts that do not belong to the candidates are a bug, not a plan', () => {
  assert.throws(() => chooseRanges(heapOf(mib), [], pageOut), RangeError);
});

const anyRules: fc.Arbitrary<ChooseRules> = fc.record({
  advice: fc.constantFrom('Cold' as const, 'PageOut' as const, 'WillNeed' as const, 'Collapse' as const),
  mode: fc.constantFrom('KeepHot' as const, 'All' as const),
  keepResidentBytes: fc.oneof(fc.constant(0), fc.nat(40 * mib)),
  maxBytes: fc.oneof(fc.constant(2 * gib), fc.nat(40 * mib)),
  hot: fc.array(anyRange, { maxLength: 6 }),
  immovable: fc.array(anyRange, { maxLength: 4 }),
  resumeAt: fc.oneof(
    fc.constant(0),
    fc.nat(10_000).map((pages) => pages * page),
  ),
});
const dice = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 12 });

test('law: ranges and skipped are the mapped bytes, ranges lie in candidates, apart, on pages, below every limit', () => {
  fc.assert(
    fc.property(anyMappings, anyRules, dice, (mappings, rules, numbers) => {
      const candidates = candidateRanges(tableOf(mappings), { kinds: ['Anonymous'], minRangeBytes: 64 * kib });
      const counts = countsFor(candidates.ranges, numbers);
      const plan = chooseRanges(candidates, counts, rules);
      assert.equal(bytesOf(plan.ranges) + totalBytes(plan.skipped), candidates.mappedBytes);
      assert.equal(bytesOf(union(plan.ranges)), bytesOf(plan.ranges), 'none overlaps');
      for (const range of plan.ranges) {
        assert.ok(range.start % page === 0 && range.end % page === 0 && range.end > range.start);
        assert.ok(candidates.ranges.some((home) => home.start <= range.start && range.end <= home.end));
      }
      assert.ok(plan.plannedBytes <= rules.maxBytes || rules.advice === 'Cold');
      assert.equal(
        plan.plannedBytes,
        plan.ranges.reduce((sum, range) => sum + range.movableBytes, 0),
      );
    }),
    { numRuns: 400 },
  );
});

test('law: however the resident pages lie, a page-out moves no more than planned and leaves keepResidentBytes', () => {
  fc.assert(
    fc.property(anyMappings, anyRules, dice, fc.boolean(), (mappings, rules, numbers, atStart) => {
      const candidates = candidateRanges(tableOf(mappings), { kinds: ['Anonymous'], minRangeBytes: 0 });
      const counts = countsFor(candidates.ranges, numbers);
      const plan = chooseRanges(candidates, counts, { ...rules, advice: 'PageOut' });
      const resident = candidates.ranges.map(({ start, end }, i) => {
        const bytes = counts[i]!.presentBytes;
        return atStart ? { start, end: start + bytes } : { start: end - bytes, end };
      });
      const moved = bytesOf(intersect(union(resident), union(plan.ranges)));
      const before = bytesOf(resident);
      assert.ok(moved <= plan.plannedBytes);
      assert.ok(before - moved >= Math.min(before, rules.keepResidentBytes));
    }),
    { numRuns: 400 },
  );
});

test('law: rounds that go on where the last one stopped come to an end and take every candidate once', () => {
  fc.assert(
    fc.property(anyMappings, dice, fc.integer({ min: 1, max: 300 }), (mappings, numbers, parts) => {
      const candidates = candidateRanges(tableOf(mappings), { kinds: ['Anonymous'], minRangeBytes: 0 });
      const counts = countsFor(candidates.ranges, numbers);
      const all = chooseRanges(candidates, counts, pageOut);
      const maxBytes = Math.max(page, Math.ceil(bytesOf(all.ranges) / parts));
      const seen = [];
      for (let resumeAt: number | null = 0, rounds = 0; resumeAt !== null; rounds += 1) {
        assert.ok(rounds < 10_000);
        const plan = chooseRanges(candidates, counts, { ...pageOut, maxBytes, resumeAt });
        seen.push(...plan.ranges);
        resumeAt = plan.resumeAt;
      }
      assert.equal(bytesOf(seen), bytesOf(all.ranges));
      assert.deepEqual(union(seen), union(all.ranges));
    }),
    { numRuns: 50 },
  );
});
