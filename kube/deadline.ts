/** A signal that aborts with another one, or when time is up. It leaves no listener behind on a signal that lives long. */
import { KubeError } from './errors.ts';

export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #abort = (): void => this.#controller.abort(this.#outer?.reason);

  constructor(what: string, millis: number, outer?: AbortSignal) {
    this.#outer = outer;
    const late = (): void => this.#controller.abort(new KubeError('Timeout', `${what}: nothing for ${millis} ms`));
    this.#timer = setTimeout(late, millis);
    if (outer?.aborted) this.#abort();
    else outer?.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Time starts anew. */
  refresh(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#abort);
  }
}
