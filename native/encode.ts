/**
 * Requests to bodies of frames (native/ebb.h). What the worker would refuse as a broken frame is refused here first, by
 * the call that made it, so that one wrong call never costs the connection.
 */
import { WorkerError } from './error.ts';
import * as layout from './layout.ts';
import { adviceNumbers, rightBits } from './names.ts';
import type { AdviseLimits, ContainerRef, Range, Right, Target } from './worker.ts';

const addressLimit = 2 ** 57;
const pageBytes = 4096;

function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

function whole(what: string, value: number, limit: number): number {
  if (!Number.isInteger(value) || value < 0 || value > limit)
    throw new RangeError(`${what} must be a whole number from 0 to ${limit}, not ${value}`);
  return value;
}

const u32 = (what: string, value: number): number => whole(what, value, 2 ** 32 - 1);
const u64 = (what: string, value: number): number => whole(what, value, Number.MAX_SAFE_INTEGER);

function bodyOf(size: number): { body: Uint8Array; view: DataView } {
  const body = new Uint8Array(size);
  return { body, view: new DataView(body.buffer) };
}

function setPath(body: Uint8Array, at: number, capacity: number, path: string): void {
  const bytes = new TextEncoder().encode(path);
  const isClean = path.startsWith('/') && !path.split('/').includes('..') && !bytes.includes(0);
  if (!isClean || bytes.length >= capacity) throw new RangeError(`not a path of a cgroup: ${JSON.stringify(path)}`);
  body.set(bytes, at);
}

export function encodeBegin(container: ContainerRef | null, rights: readonly Right[], watchMillis: number): Uint8Array {
  const { at, size, sizes } = layout.begin;
  const { body, view } = bodyOf(size);
  const bits = rights.reduce((sum, right) => sum | rightBits[right], 0);
  if (bits === 0) throw new RangeError('a session needs a right: observe, advise');
  view.setUint32(at.rights, bits, true);
  view.setUint32(at.watch_millis, whole('watchMillis', watchMillis, 10_000), true);
  if (container === null) return body;
  setU64(view, at.cgroup_inode, u64('cgroupInode', container.cgroupInode));
  setPath(body, at.mount, sizes.mount, container.mount);
  setPath(body, at.cgroup, sizes.cgroup, container.cgroup);
  return body;
}

export function encodeTargets(targets: readonly Target[]): Uint8Array {
  if (targets.length > layout.maxTargets)
    throw new WorkerError('TooManyProcesses', `a session holds ${layout.maxTargets} processes, not ${targets.length}`);
  const { at, size } = layout.target;
  const { body, view } = bodyOf(targets.length * size);
  for (const [index, { pid, startTicks }] of targets.entries()) {
    view.setInt32(index * size + at.pid, whole('pid', pid, 2 ** 31 - 1), true);
    setU64(view, index * size + at.start_ticks, u64('startTicks', startTicks));
  }
  return body;
}

export function encodeHandle(handle: number): Uint8Array {
  const { body, view } = bodyOf(layout.handle.size);
  view.setUint32(layout.handle.at.handle, u32('handle', handle), true);
  return body;
}

function checkRange({ start, end }: Range): void {
  const isOne = start < end && end <= addressLimit && start >= 0 && start % pageBytes === 0 && end % pageBytes === 0;
  if (!isOne) throw new RangeError(`not a range of pages: ${start.toString(16)}-${end.toString(16)}`);
}

function setRanges(view: DataView, base: number, ranges: readonly Range[]): void {
  const { at, size } = layout.range;
  for (let index = 0; index < ranges.length; index++) {
    const range = ranges[index]!;
    checkRange(range);
    setU64(view, base + index * size + at.start, range.start);
    setU64(view, base + index * size + at.end, range.end);
  }
}

function rangesBody(front: number, ranges: readonly Range[]): { body: Uint8Array; view: DataView } {
  if (ranges.length > layout.maxMappings)
    throw new WorkerError('TooManyMappings', `${ranges.length} ranges in one call: ${layout.maxMappings} at most`);
  const made = bodyOf(front + ranges.length * layout.range.size);
  setRanges(made.view, front, ranges);
  return made;
}

export interface Scan {
  readonly handle: number;
  readonly pagemap: boolean;
  readonly category: number;
}

export function encodeScan(scan: Scan, ranges: readonly Range[]): Uint8Array {
  const { at, size } = layout.scan;
  const { body, view } = rangesBody(size, ranges);
  view.setUint32(at.handle, u32('handle', scan.handle), true);
  view.setUint32(at.flags, scan.pagemap ? 1 : 0, true);
  view.setUint32(at.category, scan.category, true);
  return body;
}

export function encodeAdvise(handle: number, limits: AdviseLimits, ranges: readonly Range[]): Uint8Array {
  const { at, size } = layout.adviseLimits;
  const front = layout.handle.size;
  const { body, view } = rangesBody(front + size, ranges);
  view.setUint32(layout.handle.at.handle, u32('handle', handle), true);
  view.setUint32(front + at.advice, adviceNumbers[limits.advice], true);
  view.setUint32(front + at.max_stall_micros, u32('maxStallMicros', limits.maxStallMicros), true);
  setU64(view, front + at.bytes_per_second, u64('bytesPerSecond', limits.bytesPerSecond));
  setU64(view, front + at.deadline_micros, u64('deadlineMicros', limits.deadlineMicros));
  setU64(view, front + at.first_chunk_bytes, u64('firstChunkBytes', limits.firstChunkBytes));
  return body;
}

export function encodeReclaim(container: ContainerRef, bytes: number): Uint8Array {
  const { at, size, sizes } = layout.reclaim;
  const { body, view } = bodyOf(size);
  setU64(view, at.bytes, u64('bytes', bytes));
  setU64(view, at.cgroup_inode, u64('cgroupInode', container.cgroupInode));
  setPath(body, at.mount, sizes.mount, container.mount);
  setPath(body, at.cgroup, sizes.cgroup, container.cgroup);
  return body;
}
