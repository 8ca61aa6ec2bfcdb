/**
 * What page-outs wrote to swap within the last day, kept by the hour. Whatever is rounded counts for longer, so that no
 * 24 hours hold more than was allowed. Pure: `now` is a value, of one monotonic clock.
 */
export interface SwapWrite {
  /** Of its first and its last byte. */
  readonly since: number;
  readonly at: number;
  readonly bytes: number;
}

export const hourMillis = 3_600_000;
const dayMillis = 24 * hourMillis;

/** Oldest first: at most one for each hour begun. */
export const mostSwapWrites = 25;

export const writtenBytes = (writes: readonly SwapWrite[], now: number): number =>
  withinDay(writes, now).reduce((sum, { bytes }) => sum + bytes, 0);

export function withWrite(writes: readonly SwapWrite[], bytes: number, now: number): readonly SwapWrite[] {
  if (bytes <= 0) return writes;
  const kept = withinDay(writes, now);
  const last = kept.at(-1);
  if (last === undefined || now - last.since >= hourMillis) return [...kept, { since: now, at: now, bytes }];
  return [...kept.slice(0, -1), { ...last, at: now, bytes: last.bytes + bytes }];
}

const withinDay = (writes: readonly SwapWrite[], now: number): readonly SwapWrite[] =>
  writes.filter(({ at }) => now - at < dayMillis);
