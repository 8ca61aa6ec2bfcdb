/** May this page-out go on? Asked before the pass and between its slices: swap that is missing, full or forbidden. */
import { join } from 'node:path';
import type { Reason } from '../../api/reasons.ts';
import type { ContainerRef } from '../../native/worker.ts';
import { parseLimit } from '../../node-agent/observe/kernel-text.ts';
import { readOrNull } from '../host.ts';
import { type HostSwap, readSwap } from '../swap.ts';

/** The last of it is left for whoever needs it more than a hand-given advice does. */
const leastFreeBytes = 1 << 20;

export function swapRefusal(container: ContainerRef | null): Reason | null {
  return swapReason(readSwap(), container === null ? [] : swapMaxima(container));
}

/** `swapMaxBytes`: of the cgroup and each above it; null where that one says nothing. */
export function swapReason(swap: HostSwap, swapMaxBytes: readonly (number | null)[]): Reason | null {
  if (swap.totalBytes === 0) return 'NoSwap';
  if (swapMaxBytes.includes(0)) return 'SwapForbidden';
  return swap.freeBytes < leastFreeBytes ? 'SwapFull' : null;
}

/** cgroup v2; on v1 the limit is on memory and swap together, and the kernel moves what fits. */
function swapMaxima({ mount, cgroup }: ContainerRef): (number | null)[] {
  const names = cgroup.split('/').filter((name) => name !== '');
  const paths = names.map((_, i) => names.slice(0, i + 1).join('/'));
  return paths.map((path) => parseLimit(readOrNull(join(mount, path, 'memory.swap.max'))));
}
