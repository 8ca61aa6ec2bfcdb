/** A running account of bytes left out, one sum for each reason. */
import type { Reason } from '../../api/reasons.ts';

export interface Skip {
  readonly reason: Reason;
  readonly bytes: number;
}

export class SkipAccount {
  readonly #bytes = new Map<Reason, number>();

  constructor(start: readonly Skip[] = []) {
    for (const skip of start) this.add(skip.reason, skip.bytes);
  }

  add(reason: Reason, bytes: number): void {
    if (bytes > 0) this.#bytes.set(reason, (this.#bytes.get(reason) ?? 0) + bytes);
  }

  list(): readonly Skip[] {
    return [...this.#bytes].map(([reason, bytes]) => ({ reason, bytes }));
  }
}

/** Several accounts as one: a container's from those of its processes. */
export const sumSkips = (...lists: readonly (readonly Skip[])[]): readonly Skip[] =>
  new SkipAccount(lists.flat()).list();
