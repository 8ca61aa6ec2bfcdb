/**
 * Ranges of which hardly anything moved when they were paged out: pinned, shared with another process, incompressible.
 * They are left alone for a day. Pure; forgotten with the program they belong to.
 */
import type { Range } from '../../native/worker.ts';
import { subtract, union } from './intervals.ts';

export interface Immovable {
  /** Of Proof.execKey. */
  readonly program: string;
  readonly ranges: readonly (Range & { readonly until: number })[];
}

/** One range of a page-out, with what was resident in it before and after. */
export interface Moved extends Range {
  readonly presentBefore: number;
  readonly presentAfter: number;
}

const movedShare = 0.05;
const dayMillis = 24 * 3600 * 1000;
const maxRanges = 4096;

export const nothingImmovable = (program: string): Immovable => ({ program, ranges: [] });

/** After a page-out of these ranges. What an older verdict said of them no longer counts. */
export function learnImmovable(state: Immovable, program: string, moved: readonly Moved[], now: number): Immovable {
  const old = state.program === program ? state.ranges.filter((range) => range.until > now) : [];
  const kept = subtract(old, union(moved));
  const stuck = moved.filter(
    ({ presentBefore, presentAfter }) => presentBefore > 0 && presentBefore - presentAfter < presentBefore * movedShare,
  );
  const fresh = stuck.map(({ start, end }) => ({ start, end, until: now + dayMillis }));
  const newest = [...kept, ...fresh].sort((a, b) => b.until - a.until).slice(0, maxRanges);
  return { program, ranges: newest.sort((a, b) => a.start - b.start) };
}

/** For ChooseRules.immovable. */
export const immovableNow = (state: Immovable, program: string, now: number): readonly Range[] =>
  state.program === program ? union(state.ranges.filter((range) => range.until > now)) : [];
