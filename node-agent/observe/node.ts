/** The node as a whole: memory, swap and what swap costs, pressure. Read once per tick for decide/ and report/. */
import { join } from 'node:path';
import { type ReadFiles, readRows } from './files.ts';
import type { HostRoots } from './host.ts';
import { parseKey, parseMeminfo, parsePressure, type Stall } from './kernel-text.ts';
import { readSwapDevices, type SwapDevice } from './swap-devices.ts';

export interface NodeSignals {
  readonly memoryTotalBytes: number | null;
  readonly memoryAvailableBytes: number | null;
  readonly swapTotalBytes: number | null;
  readonly swapFreeBytes: number | null;
  readonly swapCachedBytes: number | null;
  readonly devices: readonly SwapDevice[];
  /** Memory the zswap pool takes, and what is in it uncompressed (Linux 5.19). */
  readonly zswapBytes: number | null;
  readonly zswappedBytes: number | null;
  /** Memory that compressed swap takes: of all zram swap devices and the zswap pool. */
  readonly compressedSwapBytes: number;
  /** Cumulative stalls in microseconds. */
  readonly memoryPressure: Stall | null;
  readonly ioPressure: Stall | null;
  readonly cpuPressure: Stall | null;
  /** Pages since boot; on a disk each one out is a write. */
  readonly swapInPages: number | null;
  readonly swapOutPages: number | null;
  /** A device is being emptied by swapoff(8). */
  readonly swapoffInProgress: boolean;
}

export function readNode(readFiles: ReadFiles, roots: HostRoots): NodeSignals {
  const [text] = readRows(readFiles, [nodeFiles(roots.proc)]);
  const { meminfo, vmstat, swaps, memory, io, cpu } = text!;
  const devices = readSwapDevices(readFiles, roots, swaps);
  const zswapBytes = parseMeminfo(meminfo, 'Zswap');
  const swapTotalBytes = parseMeminfo(meminfo, 'SwapTotal');
  return {
    memoryTotalBytes: parseMeminfo(meminfo, 'MemTotal'),
    memoryAvailableBytes: parseMeminfo(meminfo, 'MemAvailable'),
    swapTotalBytes,
    swapFreeBytes: parseMeminfo(meminfo, 'SwapFree'),
    swapCachedBytes: parseMeminfo(meminfo, 'SwapCached'),
    devices,
    zswapBytes,
    zswappedBytes: parseMeminfo(meminfo, 'Zswapped'),
    compressedSwapBytes: (zswapBytes ?? 0) + zramBytes(devices),
    memoryPressure: parsePressure(memory),
    ioPressure: parsePressure(io),
    cpuPressure: parsePressure(cpu),
    swapInPages: parseKey(vmstat, 'pswpin'),
    swapOutPages: parseKey(vmstat, 'pswpout'),
    swapoffInProgress: swapoffInProgress(devices, swapTotalBytes),
  };
}

function nodeFiles(proc: string) {
  return {
    meminfo: join(proc, 'meminfo'),
    vmstat: join(proc, 'vmstat'),
    swaps: join(proc, 'swaps'),
    memory: join(proc, 'pressure/memory'),
    io: join(proc, 'pressure/io'),
    cpu: join(proc, 'pressure/cpu'),
  };
}

function zramBytes(devices: readonly SwapDevice[]): number {
  return devices.reduce((sum, device) => sum + (device.zram?.memoryBytes ?? 0), 0);
}

/**
 * While a device is emptied, /proc/swaps still lists it whole, but SwapTotal counts of it only what is still in use
 * (mm/swapfile.c: si_swapinfo). The two are not read at one instant, but sizes change only with swapon and swapoff.
 */
export function swapoffInProgress(
  devices: readonly Pick<SwapDevice, 'sizeBytes'>[],
  swapTotalBytes: number | null,
): boolean {
  const listed = devices.reduce((sum, device) => sum + device.sizeBytes, 0);
  return swapTotalBytes !== null && swapTotalBytes < listed;
}
