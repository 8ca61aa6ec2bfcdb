/** Stall per minute from the totals of pressure files (PSI). Totals, not averages: those lag by their window. */
import type { Stalls } from './inputs.ts';

/** `total=` of the two lines of a pressure file, microseconds since boot. */
export interface StallTotals {
  readonly at: number;
  readonly someMicros: number;
  readonly fullMicros: number | null;
}

/** null: a total went backwards (the cgroup is another one) or no time passed. */
export function stallsBetween(before: StallTotals, after: StallTotals): Stalls | null {
  const minutes = (after.at - before.at) / 60_000;
  const some = after.someMicros - before.someMicros;
  if (minutes <= 0 || some < 0) return null;
  const full = before.fullMicros === null || after.fullMicros === null ? null : after.fullMicros - before.fullMicros;
  if (full !== null && full < 0) return null;
  return { some: some / 1000 / minutes, full: full === null ? null : full / 1000 / minutes };
}
