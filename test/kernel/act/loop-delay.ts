/**
 * How long the event loop of this process makes its timers wait. What it waits for a free CPU is the machine's doing,
 * told apart by the kernel's own count of it (schedstat), so that other load doesn't fail a test.
 */
import { closeSync, openSync, readSync } from 'node:fs';

export interface LoopDelay {
  /** The longest wait, all in all. */
  readonly longestMillis: number;
  /** The longest that was not spent waiting for a CPU. */
  readonly longestOwnMillis: number;
  readonly turns: number;
}

const intervalMillis = 1;

export class DelayWatch {
  readonly #schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  readonly #text = Buffer.alloc(128);
  #timer: NodeJS.Timeout | null = null;
  #longest = 0;
  #longestOwn = 0;
  #turns = 0;

  start(): void {
    let at = performance.now();
    let queued = this.#queuedMillis();
    const turn = () => {
      const [now, nowQueued] = [performance.now(), this.#queuedMillis()];
      const waited = now - at - intervalMillis;
      this.#longest = Math.max(this.#longest, waited);
      this.#longestOwn = Math.max(this.#longestOwn, waited - (nowQueued - queued));
      this.#turns += 1;
      [at, queued] = [now, nowQueued];
      this.#timer = setTimeout(turn, intervalMillis);
    };
    this.#timer = setTimeout(turn, intervalMillis);
  }

  stop(): LoopDelay {
    clearTimeout(this.#timer!);
    closeSync(this.#schedstat);
    return { longestMillis: this.#longest, longestOwnMillis: this.#longestOwn, turns: this.#turns };
  }

  /** proc(5): time on the CPU, time waiting for it, both in nanoseconds, and the number of turns it had. */
  #queuedMillis(): number {
    const length = readSync(this.#schedstat, this.#text, 0, this.#text.length, 0);
    return Number(this.#text.toString('latin1', 0, length).split(' ')[1]) / 1e6;
  }
}
