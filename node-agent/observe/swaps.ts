/** Pure: the text of /proc/swaps and of a zram device's mm_stat. */
import { parseCount } from './kernel-text.ts';
import { unescapeOctal } from './mountinfo.ts';

export interface SwapLine {
  readonly path: string;
  /** As the kernel says: "partition" is any block device. */
  readonly type: 'partition' | 'file';
  readonly sizeBytes: number;
  readonly usedBytes: number;
  readonly priority: number;
}

export function parseSwaps(text: string | null): readonly SwapLine[] | null {
  return (
    text
      ?.split('\n')
      .slice(1)
      .flatMap((line) => parseSwap(line) ?? []) ?? null
  );
}

function parseSwap(line: string): SwapLine | null {
  const match = /^(\S+)\s+(partition|file)\s+(\d{1,12})\s+(\d{1,12})\s+(-?\d{1,6})$/.exec(line);
  if (match === null) return null;
  const [, path, type, size, used, priority] = match;
  return {
    path: unescapeOctal(path!),
    type: type as SwapLine['type'],
    sizeBytes: Number(size) * 1024,
    usedBytes: Number(used) * 1024,
    priority: Number(priority),
  };
}

/** zram(4): what was written, what it takes compressed, what the kernel holds for it all in all, and may hold at most. */
export interface ZramUse {
  readonly originalBytes: number;
  readonly compressedBytes: number;
  readonly memoryBytes: number;
  /** mem_limit; null: none. */
  readonly limitBytes: number | null;
}

export function parseMmStat(text: string | null): ZramUse | null {
  const [original, compressed, memory, limit] = (text ?? '').trim().split(/\s+/).map(parseCount);
  if (original == null || compressed == null || memory == null) return null;
  return { originalBytes: original, compressedBytes: compressed, memoryBytes: memory, limitBytes: limit || null };
}
