/**
 * Second half of planning an advice: which of the candidate ranges, their pages now counted, this pass advises. Every
 * byte is either in a range or skipped with a reason.
 */
import type { PageCounts, Range } from '../../native/worker.ts';
import type { Candidates } from './candidates.ts';
import { bytesOf, subtract, wholePages } from './intervals.ts';
import { splitHot, takeInOrder } from './pick.ts';
import type { ChooseRules, Piece, Plan } from './plan.ts';
import { SkipAccount } from './skips.ts';

const hugePageBytes = 2 * 1024 * 1024;

/** counts[i] belongs to candidates.ranges[i]. */
export function chooseRanges(candidates: Candidates, counts: readonly PageCounts[], rules: ChooseRules): Plan {
  if (counts.length !== candidates.ranges.length) throw new RangeError('one count for each candidate range');
  const skipped = new SkipAccount(candidates.skipped);
  const weights = counts.map((count) => (rules.advice === 'WillNeed' ? count.swappedBytes : count.presentBytes));
  const present = counts.reduce((sum, count) => sum + count.presentBytes, 0);
  const pieces = splitHot(movable(candidates.ranges, weights, rules, skipped), rules, skipped);
  const taken = takeInOrder(pieces, weights, present, rules, skipped);
  const leaves = rules.advice === 'PageOut' || rules.advice === 'Cold' ? taken.bytes : 0;
  return {
    ranges: taken.ranges,
    skipped: skipped.list(),
    mappedBytes: candidates.mappedBytes,
    plannedBytes: taken.bytes,
    keptBytes: present - leaves,
    resumeAt: taken.resumeAt,
  };
}

/** The parts of the candidates that this advice can move, in address order. */
function movable(
  ranges: readonly Range[],
  weights: readonly number[],
  rules: ChooseRules,
  skipped: SkipAccount,
): readonly Piece[] {
  const resumeAt = rules.resumeAt ?? 0;
  const out: Piece[] = [];
  let empty = 0;
  for (let source = 0; source < ranges.length; source += 1) {
    const range = ranges[source]!;
    if (weights[source] === 0) {
      empty += range.end - range.start;
      continue;
    }
    const { start, end } = rules.advice === 'Collapse' ? wholeHugePages(range, skipped) : range;
    const from = Math.min(Math.max(start, resumeAt), end);
    if (from > start) skipped.add('Cooldown', from - start);
    if (from < end) out.push({ start: from, end, source, hotAt: null });
  }
  skipped.add(rules.advice === 'WillNeed' ? 'NothingSwapped' : 'NothingResident', empty);
  return rules.advice === 'PageOut' ? withoutImmovable(out, rules, skipped) : out;
}

function withoutImmovable(pieces: readonly Piece[], rules: ChooseRules, skipped: SkipAccount): readonly Piece[] {
  if (rules.immovable.length === 0) return pieces;
  const rest = subtract(pieces, wholePages(rules.immovable, rules.pageBytes ?? 4096));
  skipped.add('Immovable', bytesOf(pieces) - bytesOf(rest));
  return rest;
}

function wholeHugePages(range: Range, skipped: SkipAccount): Range {
  const start = Math.ceil(range.start / hugePageBytes) * hugePageBytes;
  const end = Math.max(start, Math.floor(range.end / hugePageBytes) * hugePageBytes);
  skipped.add('BelowMinRange', range.end - range.start - (end - start));
  return { start, end };
}
