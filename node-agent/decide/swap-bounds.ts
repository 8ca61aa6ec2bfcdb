/**
 * What Ebb may still put into swap where the kernel would take more: what a namespace may have there, what a day may
 * write. A pass under way counts with all that it may move, so that those that run at once share what is left. Pure.
 */
export interface SwapLimits {
  /** null: no limit. */
  readonly writeBytesPerDay: number | null;
  /** What the containers of a namespace may have in swap together. */
  readonly namespaces: ReadonlyMap<string, number>;
}

export const noSwapLimits: SwapLimits = { writeBytesPerDay: null, namespaces: new Map() };

export interface SwapBound {
  readonly usedBytes: number;
  readonly allowedBytes: number;
}

/** Of one container; null: no bound. */
export interface SwapBounds {
  readonly namespace: SwapBound | null;
  readonly writes: SwapBound | null;
}

export const noSwapBounds: SwapBounds = { namespace: null, writes: null };

/** A container, whoever pages it out. */
export interface Swapped {
  /** null: not known. */
  readonly namespace: string | null;
  /** At the last look. */
  readonly swapBytes: number;
  /** Of its page-out under way; null: none is. */
  readonly reserved: Reserved | null;
}

export interface Reserved {
  /** In swap when it began. */
  readonly fromBytes: number;
  /** The most that it may move. */
  readonly bytes: number;
}

/** What it has or may have in swap when its pass is over. */
const claimed = ({ swapBytes, reserved }: Swapped): number =>
  reserved === null ? swapBytes : Math.max(swapBytes, reserved.fromBytes + reserved.bytes);

/** What its own pass may still move is not in use yet: it is what is asked for. */
export function namespaceBound(one: Swapped, all: Iterable<Swapped>, { namespaces }: SwapLimits): SwapBound | null {
  const allowedBytes = one.namespace === null ? undefined : namespaces.get(one.namespace);
  if (allowedBytes === undefined) return null;
  let usedBytes = one.swapBytes;
  for (const other of all) if (other !== one && other.namespace === one.namespace) usedBytes += claimed(other);
  return { usedBytes, allowedBytes };
}

/** `running`: those with a page-out under way. `writtenBytes`: by those that are over. */
export function writesBound(
  one: Swapped,
  running: Iterable<Swapped>,
  writtenBytes: number,
  { writeBytesPerDay }: SwapLimits,
): SwapBound | null {
  if (writeBytesPerDay === null) return null;
  let usedBytes = writtenBytes + moved(one);
  for (const other of running) if (other !== one) usedBytes += Math.max(other.reserved?.bytes ?? 0, moved(other));
  return { usedBytes, allowedBytes: writeBytesPerDay };
}

/** By its pass so far. */
const moved = ({ swapBytes, reserved }: Swapped): number =>
  reserved === null ? 0 : Math.max(0, swapBytes - reserved.fromBytes);

/** Infinity: no bound. */
export const leftBytes = ({ namespace, writes }: SwapBounds): number => Math.min(left(namespace), left(writes));

const left = (bound: SwapBound | null): number =>
  bound === null ? Number.POSITIVE_INFINITY : Math.max(0, bound.allowedBytes - bound.usedBytes);
