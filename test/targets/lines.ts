/** The answers of a target, line by line. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export class Lines {
  readonly #ready: string[] = [];
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  #ended = false;

  constructor(input: Readable) {
    const lines = createInterface({ input });
    lines.on('line', (line) => {
      const next = this.#waiting.shift();
      if (next) next.resolve(line);
      else this.#ready.push(line);
    });
    lines.on('close', () => {
      this.#ended = true;
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the target ended before it answered'));
    });
    // readline hands its input's errors on.
    for (const source of [input, lines]) source.on('error', () => lines.close());
  }

  next(command: string): Promise<string> {
    const line = this.#ready.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#ended) return Promise.reject(new Error(`the target has ended (asked: ${command})`));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}
