/** What /proc/PID/maps says, summed up by a reader of the tests' own: what Ebb says it skipped is held against it. */
import { readFileSync } from 'node:fs';

export interface MappedBytes {
  readonly all: number;
  readonly anonymous: number;
  readonly shared: number;
  readonly file: number;
  readonly special: number;
  readonly hugetlb: number;
}

export function mappedBytes(pid: number): MappedBytes {
  const sums = { all: 0, anonymous: 0, shared: 0, file: 0, special: 0, hugetlb: 0 };
  for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').trim().split('\n')) {
    const [, start, end, inode, name] = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ (\d+) *(.*)$/.exec(line)!;
    const bytes = Number.parseInt(end!, 16) - Number.parseInt(start!, 16);
    sums.all += bytes;
    sums[kindOf(inode!, name!)] += bytes;
  }
  return sums;
}

function kindOf(inode: string, name: string): Exclude<keyof MappedBytes, 'all'> {
  if (name.startsWith('/anon_hugepage')) return 'hugetlb';
  if (name.startsWith('/memfd:') || name.startsWith('/dev/zero (deleted)')) return 'shared';
  if (inode !== '0') return 'file';
  return name === '' || ['[heap]', '[stack]'].includes(name) ? 'anonymous' : 'special';
}

/** One line of /proc/PID/smaps_rollup, in bytes. */
export function rollup(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(text)![1]) * 1024;
}
