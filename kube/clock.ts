/** Time and chance, as values that tests replace. */
import { setTimeout } from 'node:timers/promises';

export interface Clock {
  /** Monotonic: goes on while the process is stopped, never back. */
  now(): number;
  /** Wall time, for what people read. */
  date(): Date;
  /** Rejects with the signal's reason once it is aborted. */
  sleep(millis: number, signal: AbortSignal): Promise<void>;
  /** 0 ≤ random < 1. */
  random(): number;
}

export const realClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  sleep: async (millis, signal) => {
    signal.throwIfAborted();
    await setTimeout(millis, undefined, { signal }).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
  },
  random: Math.random,
};
