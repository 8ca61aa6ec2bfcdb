/** Arithmetic on lists of half-open address ranges that are sorted and don't overlap; used by everything that plans. */
import type { Range } from '../../native/worker.ts';

export const bytesOf = (ranges: readonly Range[]): number => {
  let sum = 0;
  for (const range of ranges) sum += range.end - range.start;
  return sum;
};

/** Sorted, without empty ones, touching and overlapping ones joined: what the functions below take. */
export function union(ranges: readonly Range[]): Range[] {
  const out: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.filter((range) => range.end > range.start).sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else out.push({ start, end });
  }
  return out;
}

/** What lies in both. */
export function intersect(left: readonly Range[], right: readonly Range[]): Range[] {
  const out: Range[] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const a = left[i]!;
    const b = right[j]!;
    const start = Math.max(a.start, b.start);
    const end = Math.min(a.end, b.end);
    if (start < end) out.push({ start, end });
    if (a.end < b.end) i += 1;
    else j += 1;
  }
  return out;
}

/** What lies in `from` and not in `holes`; a range of `from` stays apart from its neighbours and keeps what it carries. */
export function subtract<T extends Range>(from: readonly T[], holes: readonly Range[]): T[] {
  const out: T[] = [];
  let next = 0;
  for (const range of from) {
    let start = range.start;
    while (next < holes.length && holes[next]!.end <= start) next += 1;
    for (let hole = next; hole < holes.length && holes[hole]!.start < range.end; hole += 1) {
      if (holes[hole]!.start > start) out.push({ ...range, start, end: holes[hole]!.start });
      start = Math.max(start, holes[hole]!.end);
    }
    if (start < range.end) out.push(start === range.start ? range : { ...range, start });
  }
  return out;
}

/** Widened to whole pages. */
export const wholePages = (ranges: readonly Range[], pageBytes: number): Range[] =>
  union(
    ranges.map((range) => ({
      start: Math.floor(range.start / pageBytes) * pageBytes,
      end: Math.ceil(range.end / pageBytes) * pageBytes,
    })),
  );
