/** Times are wall-clock milliseconds where they outlive the agent, and monotonic ones in it. */

export interface Clocks {
  /** performance.now() and Date.now() of one moment. */
  readonly monotonic: number;
  readonly wall: number;
}

export const clocksNow = (): Clocks => ({ monotonic: performance.now(), wall: Date.now() });
