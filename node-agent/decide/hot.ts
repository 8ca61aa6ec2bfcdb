/**
 * Learning which ranges of a program are hot: what came back after a page-out is what it really uses. No access bits
 * are needed: each pass also pages out a rotating sample of the hot ranges, and what of that stays out is hot no more.
 * Pure; keyed by program, forgotten with an exec.
 */
import type { Range } from '../../native/worker.ts';
import { intersect, subtract, union } from './intervals.ts';
import type { HotRange } from './plan.ts';

export interface HotState {
  /** Of Proof.execKey. */
  readonly program: string;
  /** Passes judged so far: says which sample is next. */
  readonly pass: number;
  /** Sorted, apart, never more than maxHotRanges. */
  readonly ranges: readonly HotRange[];
}

export const maxHotRanges = 1024;
/** A sixteenth of the address space is the sample of one pass, in blocks: every address has its turn in 16 passes. */
const sampleOf = 16;
const blockBytes = 256 * 1024;
/** Hot ranges no further apart are taken as one where there are too many. */
const maxMergedGapBytes = 2 * 1024 * 1024;

export const nothingHot = (program: string): HotState => ({ program, pass: 0, ranges: [] });

/** What is known of this program: nothing, once it runs another. */
export const hotOf = (state: HotState, program: string): HotState =>
  state.program === program ? state : nothingHot(program);

/** A look between passes: these paged-out ranges are present again. Nothing is said yet of the others. */
export function notice(state: HotState, cameBack: readonly Range[], now: number): HotState {
  const back = union(cameBack);
  const fresh = back.map((range) => ({ ...range, at: now }));
  return { ...state, ranges: bounded([...subtract(state.ranges, back), ...fresh]) };
}

/** The look before the next pass, or at a wake: of what the last pass took, this came back and the rest is not hot. */
export function learn(state: HotState, pagedOut: readonly Range[], cameBack: readonly Range[], now: number): HotState {
  const out = union(pagedOut);
  const cold = subtract(out, union(cameBack));
  const kept = { ...state, pass: state.pass + 1, ranges: subtract(state.ranges, cold) };
  return notice(kept, intersect(out, union(cameBack)), now);
}

/** For ChooseRules.hot: all hot ranges but the sample of this pass. */
export function hotToKeep(state: HotState, passNumber = state.pass): readonly HotRange[] {
  return state.ranges.flatMap((range) => subtract([range], sampleIn(range, passNumber)));
}

function sampleIn(range: Range, passNumber: number): Range[] {
  const out: Range[] = [];
  const round = sampleOf * blockBytes;
  const offset = (passNumber % sampleOf) * blockBytes;
  for (let start = Math.floor(range.start / round) * round + offset; start < range.end; start += round) {
    out.push({ start, end: start + blockBytes });
  }
  return out;
}

/** Sorted, neighbours of one age joined, and few enough: near ones are joined first, then the oldest are dropped. */
function bounded(ranges: readonly HotRange[]): readonly HotRange[] {
  const sorted = joined(
    [...ranges].sort((a, b) => a.start - b.start),
    0,
    true,
  );
  if (sorted.length <= maxHotRanges) return sorted;
  const merged = joined(sorted, gapToJoin(sorted), false);
  if (merged.length <= maxHotRanges) return merged;
  const newest = merged.sort((a, b) => b.at - a.at || b.end - b.start - (a.end - a.start)).slice(0, maxHotRanges);
  return newest.sort((a, b) => a.start - b.start);
}

/** The smallest gap that has to be closed for few enough ranges to be left, within reason. */
function gapToJoin(ranges: readonly HotRange[]): number {
  const gaps = ranges.slice(1).map((range, i) => range.start - ranges[i]!.end);
  const sorted = gaps.sort((a, b) => a - b);
  return Math.min(sorted[ranges.length - maxHotRanges - 1]!, maxMergedGapBytes);
}

function joined(ranges: readonly HotRange[], gapBytes: number, sameAge: boolean): HotRange[] {
  const out: { start: number; end: number; at: number }[] = [];
  for (const range of ranges) {
    const last = out.at(-1);
    if (last && range.start - last.end <= gapBytes && (!sameAge || range.at === last.at)) {
      last.end = range.end;
      last.at = Math.max(last.at, range.at);
    } else out.push({ ...range });
  }
  return out;
}
