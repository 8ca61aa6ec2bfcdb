/** Keeps what decide/swap-bounds.ts goes by: which page-outs run and what they may move, and what the last day wrote. */
import type { NodeInput } from './decide/inputs.ts';
import {
  leftBytes,
  namespaceBound,
  noSwapBounds,
  type SwapBound,
  type SwapBounds,
  type SwapLimits,
  writesBound,
} from './decide/swap-bounds.ts';
import { type SwapWrite, withWrite, writtenBytes } from './decide/swap-writes.ts';
import { type Eyes, glance } from './sight.ts';
import type { Tracked } from './tracked.ts';

export class SwapBudget {
  readonly #all: ReadonlyMap<string, Tracked>;
  readonly #limits: () => SwapLimits;
  readonly #running = new Set<Tracked>();
  writes: readonly SwapWrite[];

  constructor(all: ReadonlyMap<string, Tracked>, limits: () => SwapLimits, writes: readonly SwapWrite[]) {
    this.#all = all;
    this.#limits = limits;
    this.writes = writes;
  }

  boundsOf(one: Tracked, now: number): SwapBounds {
    const limits = this.#limits();
    if (limits.writeBytesPerDay === null && limits.namespaces.size === 0) return noSwapBounds;
    const { namespace } = one;
    return {
      namespace: more(namespaceBound(one, this.#all.values(), limits), () =>
        this.#dryBytes(one, (other) => other.namespace === namespace),
      ),
      writes: more(writesBound(one, this.#running, writtenBytes(this.writes, now), limits), () => this.#dryBytes(one)),
    };
  }

  /** What a DryRun of it finds: the others, too, would have swapped what theirs say. `ownBytes`: and itself. */
  nodeFor(one: Tracked, node: NodeInput, ownBytes = 0): NodeInput {
    const taken = this.#dryBytes(one) + ownBytes;
    return taken === 0 ? node : { ...node, swapFreeBytes: Math.max(0, node.swapFreeBytes - taken) };
  }

  /** Of others; 0 for whoever really acts: a DryRun takes nothing from anybody. */
  #dryBytes(one: Tracked, counts = (_other: Tracked): boolean => true): number {
    if (one.profile?.mode !== 'DryRun') return 0;
    let sum = 0;
    for (const other of this.#all.values()) if (other !== one && counts(other)) sum += other.wouldReclaimBytes;
    return sum;
  }

  /** Reads what nothing else reads: containers that no policy pages out, in namespaces that have a limit. */
  lookAtOthers(eyes: Eyes): void {
    const { namespaces } = this.#limits();
    if (namespaces.size === 0) return;
    const others = [...this.#all.values()].filter(
      ({ profile, namespace }) => profile === null && namespace !== null && namespaces.has(namespace),
    );
    const seen = glance(
      eyes,
      others.map(({ container }) => container),
    );
    for (const one of others) one.swapBytes = seen.get(one.container.cgroup)?.swapBytes ?? one.swapBytes;
  }

  /**
   * What a page-out that could move `bytes` may move; Infinity: whatever it likes; 0: nothing, it is not to be begun. Until
   * end() nobody else gets it.
   */
  begin(one: Tracked, bytes: number, now: number): number {
    const left = leftBytes(this.boundsOf(one, now));
    const most = Math.min(bytes, left);
    if (most === 0 && left !== Number.POSITIVE_INFINITY) return 0;
    one.reserved = { fromBytes: one.swapBytes, bytes: most };
    this.#running.add(one);
    return left === Number.POSITIVE_INFINITY ? left : most;
  }

  /**
   * `unmappedBytes` null: not known, so all that it might have been. Shared memory is seen only in what is in swap. What
   * waits in the swap cache is written all the same, and zram is not told apart: one number, whatever the swap.
   */
  end(one: Tracked, unmappedBytes: number | null, now: number): void {
    const { reserved, swapBytes } = one;
    if (reserved === null) return;
    const bytes = Math.max(unmappedBytes ?? reserved.bytes, swapBytes - reserved.fromBytes);
    this.writes = withWrite(this.writes, bytes, now);
    one.reserved = null;
    this.#running.delete(one);
  }
}

const more = (bound: SwapBound | null, bytes: () => number): SwapBound | null =>
  bound === null ? null : { ...bound, usedBytes: bound.usedBytes + bytes() };
