/**
 * What an agent before this one reported of a container, and how much of it still holds: the ladder goes on from there and is
 * not begun anew. Pure.
 */
import type { Action, Depth, LadderMemory } from './ladder-memory.ts';

export interface Before {
  readonly advice: Action['advice'];
  /** Wall-clock milliseconds, as is `since`. */
  readonly advisedAt: number;
  /** None: it was woken since, or was out in DryRun only. */
  readonly depth: Depth;
  readonly since: number;
  readonly swapBytes: number;
  readonly peakResidentBytes: number;
}

/** The report names pod and container: one that is younger than the advice is another one of that name. */
export const isSame = ({ advisedAt }: Before, ageSeconds: number, wall: number): boolean =>
  ageSeconds * 1000 >= wall - advisedAt;

/** With less of what was in swap still there, it may have woken while nobody looked. */
const leftShare = 3 / 4;

/** null: it begins anew. The present idle period counts from now, so that no step comes sooner than it would anyway. */
export function resumed(
  memory: LadderMemory,
  { depth, since, swapBytes }: Before,
  found: { readonly swapBytes: number },
  clocks: { readonly monotonic: number; readonly wall: number },
): LadderMemory | null {
  if (depth === 'None' || found.swapBytes < swapBytes * leftShare) return null;
  const { monotonic, wall } = clocks;
  return { ...memory, depth, idleSince: monotonic, state: depth, since: monotonic - Math.max(0, wall - since) };
}
