/** How much of a page-out may move between two looks at the guards, which count a slice as moved before it does. Pure. */
import type { Profile } from '../../api/profile.ts';
import type { ContainerInput, NodeInput } from './inputs.ts';
import { leftBytes, type SwapBounds } from './swap-bounds.ts';

export const leastSliceBytes = 2 ** 20;
export const mostSliceBytes = 64 * 2 ** 20;

/** At most this share of the room stays unused because a whole slice no longer fits in. */
const roomShare = 1 / 8;
/** In a DryRun, where a slice costs no more than the question: what it says should be what Enforce does. */
const dryRoomShare = 1 / 64;

export interface Room {
  readonly container: Pick<ContainerInput, 'swapRoomBytes' | 'usageBytes' | 'protectedBytes'>;
  readonly node: Pick<NodeInput, 'swapFreeBytes' | 'swapTotalBytes' | 'zram'>;
  readonly swap: SwapBounds;
}

export function sliceFitting(
  { container, node, swap }: Room,
  { swapMinFreePercent }: Pick<Profile['guards'], 'swapMinFreePercent'>,
  dryRun = false,
): number {
  const { swapRoomBytes, usageBytes, protectedBytes } = container;
  const { swapFreeBytes, swapTotalBytes, zram } = node;
  const usable = 1 - swapMinFreePercent / 100;
  const room = Math.min(
    swapFreeBytes - swapTotalBytes * (1 - usable),
    zram === null ? Number.POSITIVE_INFINITY : zram.limitBytes * usable - zram.usedBytes,
    swapRoomBytes ?? Number.POSITIVE_INFINITY,
    leftBytes(swap),
    protectedBytes === 0 || usageBytes === null ? Number.POSITIVE_INFINITY : usageBytes - protectedBytes,
  );
  return Math.min(mostSliceBytes, Math.max(leastSliceBytes, Math.floor(room * (dryRun ? dryRoomShare : roomShare))));
}
