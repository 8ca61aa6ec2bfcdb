/** How much memory a container may get back at once without pushing itself or the node over an edge. */
import type { Blocker, ContainerInput, NodeInput } from './inputs.ts';

/** WillNeed keeps clear of memory.high, where the kernel starts to throttle, by a tenth of it. */
const highShare = 0.9;
/** And of the kubelet's default eviction threshold (memory.available below 100 MiB), with room to spare. */
const nodeReserveBytes = 256 * 1024 * 1024;

export interface Headroom {
  readonly bytes: number;
  /** What sets it. */
  readonly blocker: Blocker | null;
}

export function headroom(container: ContainerInput, node: NodeInput): Headroom {
  const { usageBytes, highBytes, maxBytes } = container;
  let least: Headroom = { bytes: Number.POSITIVE_INFINITY, blocker: null };
  const bound = (signal: string, used: number | null, allowed: number | null): void => {
    if (used === null || allowed === null) return;
    const bytes = Math.max(0, Math.floor(allowed - used));
    if (bytes < least.bytes) least = { bytes, blocker: { signal, observed: used, allowed: Math.floor(allowed) } };
  };
  bound('memory.high', usageBytes, highBytes === null ? null : highBytes * highShare);
  bound('memory.max', usageBytes, maxBytes);
  bound('memAvailableReserve', nodeReserveBytes, node.availableBytes);
  return least;
}
