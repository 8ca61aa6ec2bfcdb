/** Samples what the pods of the quickstart hold while its commands run: from /proc, not from Ebb. */
import type { Point } from '../../../demo/chart.ts';
import { RunningContainer } from '../container.ts';
import type { EbbCluster } from '../ebb.ts';

const everyMillis = 500;
const pods = ['web-0', 'web-1'];

export class MemoryWatch implements Disposable {
  readonly points: Point[] = [];
  readonly #ebb: EbbCluster;
  readonly #begun = performance.now();
  readonly #timer: NodeJS.Timeout;
  #containers: readonly RunningContainer[] | null = null;

  constructor(ebb: EbbCluster) {
    this.#ebb = ebb;
    this.#timer = setInterval(() => this.#look(), everyMillis);
  }

  get atMillis(): number {
    return performance.now() - this.#begun;
  }

  /** From when the pods run. */
  async follow(): Promise<void> {
    const found = pods.map((pod) => RunningContainer.of(this.#ebb, 'shop', pod, 'web'));
    this.#containers = await Promise.all(found);
  }

  /** Until they are taken away. */
  leave(): void {
    this.#containers = null;
  }

  #look(): void {
    if (this.#containers === null) return;
    const usages = this.#containers.map(({ usage }) => usage);
    const sum = (of: 'residentBytes' | 'swappedBytes') => usages.reduce((total, usage) => total + usage[of], 0);
    this.points.push({
      atMillis: this.atMillis,
      residentBytes: sum('residentBytes'),
      swappedBytes: sum('swappedBytes'),
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
