/** A clock that stands still until a test moves it. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../kube/clock.ts';

export class ManualClock implements Clock {
  #now = 1000;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new Date(this.#now);
  }

  random(): number {
    return 0.5;
  }

  sleep(millis: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { at: this.#now + millis, wake: resolve };
    this.#sleepers.add(sleeper);
    const abort = (): void => {
      this.#sleepers.delete(sleeper);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    return promise;
  }

  /** In steps of a millisecond, so that who wakes may sleep again and wake once more. */
  async advance(millis: number): Promise<void> {
    await setImmediate();
    for (let left = millis; left > 0; left--) {
      this.#now++;
      const due = [...this.#sleepers].filter(({ at }) => at <= this.#now);
      for (const sleeper of due) {
        this.#sleepers.delete(sleeper);
        sleeper.wake();
      }
      if (due.length > 0) await setImmediate();
    }
    await setImmediate();
  }
}
