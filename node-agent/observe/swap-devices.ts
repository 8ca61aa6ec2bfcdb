/** What lies behind each active swap: memory (zram), a disk or a file; how full; encrypted or not, where it shows. */
import { basename, join } from 'node:path';
import { type ReadFiles, readRows } from './files.ts';
import type { HostRoots } from './host.ts';
import { parseMmStat, parseSwaps, type SwapLine, type ZramUse } from './swaps.ts';

export interface SwapDevice {
  /** As the kernel names it: a hostile name of a swap file is possible, escape where shown. */
  readonly path: string;
  readonly kind: 'zram' | 'disk' | 'file';
  readonly sizeBytes: number;
  readonly usedBytes: number;
  readonly priority: number;
  readonly zram: ZramUse | null;
  /** Its pages are encrypted before they reach a disk. null: can't be told (a file), or never reaches one (zram). */
  readonly encrypted: boolean | null;
}

export function readSwapDevices(readFiles: ReadFiles, roots: HostRoots, swaps: string | null): readonly SwapDevice[] {
  const lines = parseSwaps(swaps) ?? [];
  const rows = readRows(
    readFiles,
    lines.map((line) => blockFiles(roots, line)),
  );
  return lines.map((line, at) => deviceOf(line, rows[at]!));
}

function blockFiles(roots: HostRoots, line: SwapLine) {
  const folder = line.type === 'file' ? null : join(roots.sys, 'class/block', basename(line.path));
  return {
    mmStat: folder && join(folder, 'mm_stat'),
    backing: folder && join(folder, 'backing_dev'),
    mapper: folder && join(folder, 'dm/uuid'),
    dev: folder && join(folder, 'dev'),
  };
}

function deviceOf(
  line: SwapLine,
  row: Readonly<Record<'mmStat' | 'backing' | 'mapper' | 'dev', string | null>>,
): SwapDevice {
  const { path, type, sizeBytes, usedBytes, priority } = line;
  const zram = parseMmStat(row.mmStat);
  const kind = type === 'file' ? 'file' : zram === null ? 'disk' : 'zram';
  return { path, kind, sizeBytes, usedBytes, priority, zram, encrypted: encrypted(kind, row) };
}

/** dm-crypt names its devices CRYPT-…; a zram with a backing device writes pages there as they are. */
function encrypted(
  kind: SwapDevice['kind'],
  row: { readonly backing: string | null; readonly mapper: string | null; readonly dev: string | null },
): boolean | null {
  if (kind === 'zram') return row.backing === null || row.backing.trim() === 'none' ? null : false;
  if (kind === 'file' || row.dev === null) return null;
  return row.mapper?.startsWith('CRYPT-') ?? false;
}
