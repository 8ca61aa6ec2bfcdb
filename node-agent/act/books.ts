/**
 * The books of memory that tell freed from unmapped: the container's usage, and what zram or zswap took for the pages.
 * Read before and after each process of a pass.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerRef } from '../../native/worker.ts';
import { parseKey } from '../observe/kernel-text.ts';

export interface Balance {
  /** memory.current or memory.usage_in_bytes; null without a container, or when it is gone. */
  readonly usageBytes: number | null;
  /** Pages of the container in the swap cache; null: this kernel doesn't tell. */
  readonly containerSwapCachedBytes: number | null;
  /** Memory that zram and zswap use now. */
  readonly compressedBytes: number;
  readonly nodeSwapUsedBytes: number;
  readonly nodeSwapCachedBytes: number;
}

export interface Freed {
  /** null: it can't be told. */
  readonly freedBytes: number | null;
  readonly compressedBytes: number;
  readonly awaitingReclaimBytes: number;
}

export class Books {
  readonly #folder: string | null;
  readonly #zrams: readonly string[];

  constructor(container: ContainerRef | null) {
    this.#folder = container === null ? null : join(container.mount, container.cgroup);
    this.#zrams = zramStats();
  }

  read(): Balance {
    const meminfo = readFileSync('/proc/meminfo', 'utf8');
    return {
      usageBytes: this.#usage(),
      containerSwapCachedBytes: this.#swapCached(),
      compressedBytes: this.#zrams.reduce((sum, path) => sum + zramUsed(path), field(meminfo, 'Zswap')),
      nodeSwapUsedBytes: field(meminfo, 'SwapTotal') - field(meminfo, 'SwapFree'),
      nodeSwapCachedBytes: field(meminfo, 'SwapCached'),
    };
  }

  #usage(): number | null {
    if (this.#folder === null) return null;
    const text = readOr(join(this.#folder, 'memory.current')) ?? readOr(join(this.#folder, 'memory.usage_in_bytes'));
    return text === null ? null : Number(text);
  }

  #swapCached(): number | null {
    const stat = this.#folder === null ? null : readOr(join(this.#folder, 'memory.stat'));
    return parseKey(stat, 'total_swapcached') ?? parseKey(stat, 'swapcached');
  }
}

/**
 * What moved between two balances while one process put `swappedBytes` more into swap. Others may swap at the same
 * time, so of what the compressed swap grew only the share counts that this process has in the node's new swap.
 */
export function settle(before: Balance, after: Balance, swappedBytes: number): Freed {
  const swapped = Math.max(0, swappedBytes);
  const nodeSwapped = Math.max(swapped, after.nodeSwapUsedBytes - before.nodeSwapUsedBytes);
  const grown = Math.max(0, after.compressedBytes - before.compressedBytes);
  const compressedBytes = nodeSwapped === 0 ? 0 : Math.round((grown * swapped) / nodeSwapped);
  const waiting =
    after.containerSwapCachedBytes !== null && before.containerSwapCachedBytes !== null
      ? after.containerSwapCachedBytes - before.containerSwapCachedBytes
      : after.nodeSwapCachedBytes - before.nodeSwapCachedBytes;
  const known = before.usageBytes !== null && after.usageBytes !== null;
  return {
    freedBytes: known ? before.usageBytes - after.usageBytes - compressedBytes : null,
    compressedBytes,
    awaitingReclaimBytes: Math.min(swapped, Math.max(0, waiting)),
  };
}

/** zram.rst: mm_stat's third figure is the memory that the device uses, its own included. */
const zramUsed = (path: string): number => Number(readOr(path)?.trim().split(/\s+/)[2] ?? 0);

const zramStats = (): readonly string[] => {
  try {
    return readdirSync('/sys/block')
      .filter((name) => /^zram\d+$/.test(name))
      .map((name) => `/sys/block/${name}/mm_stat`);
  } catch {
    return [];
  }
};

const field = (meminfo: string, name: string): number =>
  Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;

/** null: no such file here (the other cgroup version, no zram, the container is gone). */
function readOr(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'EACCES') return null;
    throw error;
  }
}
