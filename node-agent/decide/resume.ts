/**
 * What an agent before this one reported of a container, and how much of it still holds: the ladder goes on from there and is
 * not begun anew. Pure.
 */
import type { Clocks } from '../clocks.ts';
import type { Action, LadderMemory } from './ladder-memory.ts';

export interface Before {
  readonly advice: Action['advice'];
  /** Wall-clock milliseconds, as is `since`. */
  readonly advisedAt: number;
  /** It was shown as paged out; false: it was woken since, or was out in DryRun only. */
  readonly out: boolean;
  readonly since: number;
  readonly swapBytes: number;
  readonly peakResidentBytes: number;
}

/** The report names pod and container: one that is younger than the advice is another one of that name. */
export const isSame = ({ advisedAt }: Before, ageSeconds: number, wall: number): boolean =>
  ageSeconds * 1000 >= wall - advisedAt;

/** With less of what was in swap still there, it may have woken while nobody looked. */
const leftShare = 3 / 4;

/** null: it begins anew. Its idle period begins anew in any case, so that no step comes sooner for it; a wake is still seen. */
export function resumed(
  memory: LadderMemory,
  { out, since, swapBytes }: Before,
  found: { readonly swapBytes: number },
  { monotonic, wall }: Clocks,
): LadderMemory | null {
  if (!out || found.swapBytes < swapBytes * leftShare) return null;
  return { ...memory, depth: 'PagedOut', state: 'PagedOut', since: monotonic - Math.max(0, wall - since) };
}
