/** Cuts a plan into slices, so that guards are checked, bytes taken from buckets and wakes seen between them. */
import type { Range } from '../../native/worker.ts';

type Sliceable = Range & { readonly movableBytes?: number };

/** A mostly empty range (a reservation of terabytes) is cut into no more than so many parts for each its pages need. */
const partsPerSlice = 16;

/** Each slice holds at most bytesPerSlice that can move; order and bytes stay as they are. */
export function slices(ranges: readonly Sliceable[], bytesPerSlice: number, pageBytes = 4096): Range[][] {
  const out: Range[][] = [];
  let room = 0;
  for (const range of ranges) {
    for (const part of parts(range, bytesPerSlice, pageBytes)) {
      if (part.movableBytes > room || out.length === 0) {
        out.push([]);
        room = bytesPerSlice;
      }
      out.at(-1)!.push({ start: part.start, end: part.end });
      room -= part.movableBytes;
    }
  }
  return out;
}

/** What can move of each slice, that of a range spread evenly over its parts: together exactly what can move of `ranges`. */
export function movableIn(cut: readonly (readonly Range[])[], ranges: readonly Sliceable[]): number[] {
  let at = 0;
  let before = 0;
  return cut.map((slice) => {
    let movable = 0;
    for (const part of slice) {
      while (part.start < ranges[at]!.start || part.end > ranges[at]!.end) {
        at += 1;
        before = 0;
      }
      const { start, end, movableBytes = end - start } = ranges[at]!;
      const upToHere = Math.round((movableBytes * (part.end - start)) / (end - start));
      movable += upToHere - before;
      before = upToHere;
    }
    return movable;
  });
}

function parts(range: Sliceable, bytesPerSlice: number, pageBytes: number): Required<Sliceable>[] {
  const length = range.end - range.start;
  const movable = Math.min(range.movableBytes ?? length, length);
  if (movable <= bytesPerSlice) {
    return [{ start: range.start, end: range.end, movableBytes: movable }];
  }
  const most = partsPerSlice * Math.ceil(movable / bytesPerSlice);
  const wanted = Math.max(bytesPerSlice, length / most);
  const step = Math.max(
    pageBytes,
    (wanted > bytesPerSlice ? Math.ceil(wanted / pageBytes) : Math.floor(wanted / pageBytes)) * pageBytes,
  );
  const out: Required<Sliceable>[] = [];
  for (let start = range.start; start < range.end; start += step) {
    const end = Math.min(start + step, range.end);
    out.push({ start, end, movableBytes: Math.min(end - start, movable) });
  }
  return out;
}
