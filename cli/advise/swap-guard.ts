/**
 * May this page-out go on? Asked before the pass and between its slices, as the agent asks its guards: swap that is
 * missing, going, full, forbidden to the cgroup, or limited.
 */
import type { Reason } from '../../api/reasons.ts';
import type { Hierarchies } from '../../node-agent/observe/container.ts';
import { readPlainFiles } from '../../node-agent/observe/files.ts';
import { type MemoryRoom, readMemoryRooms } from '../../node-agent/observe/memory-room.ts';
import { swapoffInProgress } from '../../node-agent/observe/node.ts';
import { type HostSwap, readSwap } from '../swap.ts';

/** The last of it is left for whoever needs it more than a hand-given advice does. */
const leastFreeBytes = 1 << 20;

type SwapRoom = Pick<MemoryRoom, 'swapLimitBytes' | 'swapRoomBytes'>;

/** `cgroup`: whose limits hold, and those of every cgroup above it; null: unreadable. */
export function swapRefusal(hierarchies: Hierarchies, cgroup: string | null, nextBytes = 0): Reason | null {
  const rooms = readMemoryRooms(readPlainFiles, hierarchies, cgroup === null ? [] : [cgroup]);
  return swapReason(readSwap(), rooms.get(cgroup ?? '') ?? null, nextBytes);
}

/** What waiting can't help comes first, as in decide/guards.ts. `nextBytes`: what would be in swap, too. */
export function swapReason(swap: HostSwap, room: SwapRoom | null, nextBytes = 0): Reason | null {
  const needed = Math.max(leastFreeBytes, nextBytes);
  if (swap.totalBytes === 0) return 'NoSwap';
  if (swapoffInProgress(swap.areas, swap.totalBytes)) return 'SwapoffInProgress';
  if (room?.swapLimitBytes === 0) return 'SwapForbidden';
  if (room?.swapRoomBytes != null && room.swapRoomBytes < needed) return 'SwapLimited';
  return swap.freeBytes < needed ? 'SwapFull' : null;
}
