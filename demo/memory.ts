/** What the demo measures, independent of the agent: the container's processes, its cgroup, and zram. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Usage {
  readonly residentBytes: number;
  readonly swappedBytes: number;
  /** Memory usage of the cgroup: what the node pays. */
  readonly usageBytes: number;
  /** What zram holds for its content, all devices. */
  readonly zramBytes: number;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
const kibibytes = (status: string, field: string): number =>
  1024 * Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);

/** Memory of the zram devices that are swap now. */
function zramBytes(): number {
  const devices = [...read('/proc/swaps').matchAll(/^\/dev\/(zram\d+)\s/gm)].map(([, name]) => name);
  return devices.reduce((sum, name) => sum + Number(read(`/sys/block/${name}/mm_stat`).trim().split(/\s+/)[2] ?? 0), 0);
}

/** Swap that is free now. */
export function freeSwapBytes(): number {
  return kibibytes(read('/proc/meminfo'), 'SwapFree');
}

export function usage(memoryMount: string, cgroup: string): Usage {
  const folder = join(memoryMount, cgroup);
  const pids = read(join(folder, 'cgroup.procs')).split('\n').filter(Boolean);
  const statuses = pids.map((pid) => read(`/proc/${pid}/status`));
  const sum = (field: string): number => statuses.reduce((total, status) => total + kibibytes(status, field), 0);
  const current = read(join(folder, 'memory.usage_in_bytes')) || read(join(folder, 'memory.current'));
  return {
    residentBytes: sum('RssAnon'),
    swappedBytes: sum('VmSwap'),
    usageBytes: Number(current),
    zramBytes: zramBytes(),
  };
}
