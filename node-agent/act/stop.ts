/** What ends a pass before its end: its guard, its deadline, its caller. Asked before each slice, and on a timer while one runs. */
import type { Reason } from '../../api/reasons.ts';
import type { Session } from '../../native/worker.ts';
import type { PassRequest } from './request.ts';

/** A slice at a low rate lasts long: the guard is asked at least so often. */
const guardMillis = 1000;

export class Stop {
  /** The first reason that came up; it stays. */
  reason: Reason | null = null;
  readonly #request: Pick<PassRequest, 'guard' | 'signal'>;
  readonly #end: number;

  constructor(request: Pick<PassRequest, 'guard' | 'signal' | 'limits'>) {
    this.#request = request;
    const { deadlineMillis } = request.limits;
    this.#end = deadlineMillis > 0 ? performance.now() + deadlineMillis : Number.POSITIVE_INFINITY;
  }

  /** `nextBytes`: what would move next, if the answer is null. */
  async check(nextBytes = 0): Promise<Reason | null> {
    this.reason ??= this.#own();
    if (this.reason === null) {
      const refused = await this.#request.guard(nextBytes);
      this.reason ??= refused ?? this.#own();
    }
    return this.reason;
  }

  /** For the worker: at least 1, since 0 means no deadline there; 0 where there is none. */
  deadlineMicros(): number {
    if (this.#end === Number.POSITIVE_INFINITY) return 0;
    return Math.max(1, Math.round((this.#end - performance.now()) * 1000));
  }

  /** While `work` runs, cancels the session's advice when the caller aborts or the guard trips. */
  async while<T>(session: Session, work: Promise<T>): Promise<T> {
    const cancel = (): void => {
      this.reason ??= this.#own();
      session.cancel();
    };
    const failure: { error?: unknown } = {};
    const ask = (): void => {
      this.check().then(
        (reason) => reason !== null && session.cancel(),
        (error: unknown) => {
          failure.error ??= error;
          session.cancel();
        },
      );
    };
    const timer = setInterval(ask, guardMillis);
    this.#request.signal?.addEventListener('abort', cancel);
    try {
      const result = await work;
      if (failure.error !== undefined) throw failure.error;
      return result;
    } finally {
      clearInterval(timer);
      this.#request.signal?.removeEventListener('abort', cancel);
    }
  }

  #own(): Reason | null {
    if (this.#request.signal?.aborted) return 'Cancelled';
    return performance.now() >= this.#end ? 'Deadline' : null;
  }
}
