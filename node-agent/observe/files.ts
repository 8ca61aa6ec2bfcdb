/**
 * Many small kernel files in one call: the interface by which observe/ reads them. The native library does it on a
 * host; the plain one serves where the library isn't loaded.
 */
import { readFileSync } from 'node:fs';

/** Texts in the order of the paths; null: the file is absent, unreadable or longer than 64 KiB. */
export type ReadFiles = (paths: readonly string[]) => readonly (string | null)[];

/** The native library's way: one call for all of them, one character per byte. */
export function nativeFiles(library: { readFiles(paths: readonly string[]): readonly (string | number)[] }): ReadFiles {
  return (paths) => library.readFiles(paths).map((text) => (typeof text === 'string' ? text : null));
}

export const readPlainFiles: ReadFiles = (paths) => paths.map(readPlainFile);

export function readPlainFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // A cgroup, process or device that went away between listing and reading is an ordinary event.
  }
}

/** One file per key and row, null where there is none to read; all of them read in one batch. */
export function readRows<Key extends string>(
  readFiles: ReadFiles,
  rows: readonly Readonly<Record<Key, string | null>>[],
): readonly Readonly<Record<Key, string | null>>[] {
  const paths = rows.flatMap((row) => Object.values<string | null>(row).filter((path) => path !== null));
  const texts = readFiles(paths).values();
  return rows.map((row) => {
    const read: Record<string, string | null> = {};
    for (const key in row) read[key] = row[key] === null ? null : (texts.next().value ?? null);
    return read as Record<Key, string | null>;
  });
}
