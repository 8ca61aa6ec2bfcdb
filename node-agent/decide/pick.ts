/** How choose.ts picks among movable pieces: hot ones apart, in which order, until which budget. */
import { bytesOf } from './intervals.ts';
import type { ChooseRules, HotRange, Piece, PlannedRange } from './plan.ts';
import type { SkipAccount } from './skips.ts';

const movesOut = (rules: ChooseRules): boolean => rules.advice === 'PageOut' || rules.advice === 'Cold';

/** Pieces cut where hotness changes. Where hot ranges are to be left alone they are skipped. */
export function splitHot(pieces: readonly Piece[], rules: ChooseRules, skipped: SkipAccount): readonly Piece[] {
  if (rules.hot.length === 0 || rules.advice === 'Collapse') return pieces;
  const hot = disjoint(rules.hot, rules.pageBytes ?? 4096);
  const out: Piece[] = [];
  let next = 0;
  for (const piece of pieces) {
    while (next < hot.length && hot[next]!.end <= piece.start) next += 1;
    if (next < hot.length && hot[next]!.start < piece.end) out.push(...cut(piece, hot, next));
    else out.push(piece);
  }
  return movesOut(rules) && rules.mode === 'KeepHot' ? spareHot(out, skipped) : out;
}

function spareHot(pieces: readonly Piece[], skipped: SkipAccount): readonly Piece[] {
  const rest = pieces.filter((piece) => piece.hotAt === null);
  skipped.add('HotRange', bytesOf(pieces) - bytesOf(rest));
  return rest;
}

/** Widened to whole pages, sorted; where two overlap the first keeps its part. */
function disjoint(hot: readonly HotRange[], page: number): HotRange[] {
  let last = 0;
  const out: HotRange[] = [];
  for (const range of [...hot].sort((a, b) => a.start - b.start)) {
    const start = Math.max(last, Math.floor(range.start / page) * page);
    const end = Math.ceil(range.end / page) * page;
    if (end <= start) continue;
    out.push({ start, end, at: range.at });
    last = end;
  }
  return out;
}

function cut(piece: Piece, hot: readonly HotRange[], from: number): Piece[] {
  const out: Piece[] = [];
  let start = piece.start;
  for (let i = from; i < hot.length && hot[i]!.start < piece.end; i += 1) {
    const hotStart = Math.max(hot[i]!.start, start);
    const end = Math.min(hot[i]!.end, piece.end);
    if (hotStart > start) out.push({ ...piece, start, end: hotStart });
    out.push({ ...piece, start: hotStart, end, hotAt: hot[i]!.at });
    start = end;
  }
  if (start < piece.end) out.push({ ...piece, start });
  return out;
}

/**
 * WillNeed: what was hot most recently first. Cold and PageOut in mode All: where something is to stay resident, what
 * was hot most recently last, so that it is what stays. Else in address order.
 */
export function takeInOrder(
  pieces: readonly Piece[],
  weights: readonly number[],
  presentBytes: number,
  rules: ChooseRules,
  skipped: SkipAccount,
): Taken {
  const budget = budgets(presentBytes, rules);
  const hotFirst = rules.advice === 'WillNeed';
  const hotLast = movesOut(rules) && rules.keepResidentBytes > 0;
  if (!(hotFirst || hotLast)) return take(pieces, weights, budget, skipped);
  const hot = pieces.filter((piece) => piece.hotAt !== null).sort((a, b) => b.hotAt! - a.hotAt! || a.start - b.start);
  const rest = pieces.filter((piece) => piece.hotAt === null);
  if (hotFirst) return take([...hot, ...rest], weights, budget, skipped);
  const taken = take([...rest, ...hot.reverse()], weights, budget, skipped);
  return { ...taken, ranges: taken.ranges.sort((a, b) => a.start - b.start) };
}

interface Budgets {
  readonly limitBytes: number;
  readonly keepBytes: number;
  readonly pageBytes: number;
}

/** How much may move at most: by the limit, and so that enough of what is resident stays. */
const budgets = (presentBytes: number, rules: ChooseRules): Budgets => ({
  limitBytes: rules.advice === 'Cold' ? Number.POSITIVE_INFINITY : rules.maxBytes,
  keepBytes: movesOut(rules) ? Math.max(0, presentBytes - rules.keepResidentBytes) : Number.POSITIVE_INFINITY,
  pageBytes: rules.pageBytes ?? 4096,
});

export interface Taken {
  readonly ranges: PlannedRange[];
  readonly bytes: number;
  readonly resumeAt: number | null;
}

/**
 * Takes pieces until a budget is used up. What a piece can move is not known exactly, only that of its candidate range:
 * so it counts with its length, and all pieces of one candidate with no more than that.
 */
function take(pieces: readonly Piece[], weights: readonly number[], budget: Budgets, skipped: SkipAccount): Taken {
  const left = [...weights];
  const ranges: PlannedRange[] = [];
  let bytes = 0;
  let resumeAt: number | null = null;
  for (const piece of pieces) {
    const size = piece.end - piece.start;
    const length = fitting(
      size,
      left[piece.source]!,
      Math.min(budget.limitBytes, budget.keepBytes) - bytes,
      budget.pageBytes,
    );
    const movableBytes = Math.min(length, left[piece.source]!);
    if (length > 0) ranges.push({ start: piece.start, end: piece.start + length, movableBytes });
    bytes += movableBytes;
    left[piece.source]! -= movableBytes;
    if (length === size) continue;
    const limited = budget.limitBytes < budget.keepBytes;
    skipped.add(limited ? 'RoundLimit' : 'KeepResident', size - length);
    if (limited && piece.hotAt === null) resumeAt ??= piece.start + length;
  }
  return { ranges, bytes, resumeAt };
}

/** How many bytes from the start of a piece fit: all of it, or as many whole pages as may move. */
function fitting(size: number, movableBytes: number, allowedBytes: number, pageBytes: number): number {
  if (Math.min(size, movableBytes) <= allowedBytes) return size;
  return Math.max(0, Math.floor(allowedBytes / pageBytes) * pageBytes);
}
