/** Whom a pass goes to first, and whom it takes where it can't take all: those with the most to move. Pure. */
import type { Advice, ProcessSample } from '../../native/worker.ts';
import type { PassTarget } from './request.ts';

/** What the advice may move of a process. */
export const movesBytes = (advice: Advice, sample: ProcessSample): number =>
  advice === 'WillNeed' ? sample.swapBytes : sample.rssAnonBytes;

/**
 * Those that are one too many for a pass. What was moved is small next time, so that passes take turns; a process of
 * which there is no sample counts as the smallest, and equals keep their order.
 */
export function tooMany(targets: readonly PassTarget[], advice: Advice, most: number): ReadonlySet<PassTarget> {
  const bytes = ({ sample }: PassTarget): number => (sample === undefined ? -1 : movesBytes(advice, sample));
  return new Set(targets.toSorted((a, b) => bytes(b) - bytes(a)).slice(most));
}
