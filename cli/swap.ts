/** The swap of this host: its areas, what is free, and whether pages leave memory there or only move within it. */
import { basename } from 'node:path';
import { parseMeminfo } from '../node-agent/observe/kernel-text.ts';
import { parseSwaps } from '../node-agent/observe/swaps.ts';
import { readOrNull } from './host.ts';

export type SwapKind = 'zram' | 'disk' | 'file';

export interface SwapArea {
  readonly path: string;
  readonly kind: SwapKind;
  readonly sizeBytes: number;
  readonly usedBytes: number;
}

export interface HostSwap {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly areas: readonly SwapArea[];
  /** Compressed in memory before it reaches an area. */
  readonly zswap: boolean;
}

export function readSwap(): HostSwap {
  const meminfo = readOrNull('/proc/meminfo');
  const areas = (parseSwaps(readOrNull('/proc/swaps')) ?? []).map(
    ({ path, type, sizeBytes, usedBytes }): SwapArea => ({ path, kind: kindOf(path, type), sizeBytes, usedBytes }),
  );
  return {
    totalBytes: parseMeminfo(meminfo, 'SwapTotal') ?? 0,
    freeBytes: parseMeminfo(meminfo, 'SwapFree') ?? 0,
    areas,
    zswap: readOrNull('/sys/module/zswap/parameters/enabled')?.trim() === 'Y',
  };
}

function kindOf(path: string, type: 'partition' | 'file'): SwapKind {
  if (type === 'file') return 'file';
  return /^zram\d+$/.test(basename(path)) ? 'zram' : 'disk';
}
