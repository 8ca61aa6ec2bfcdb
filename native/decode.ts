/**
 * Bodies of frames (native/ebb.h) to plain values. A body that is not exactly what its frame type says throws
 * ProtocolError; nothing half-decoded leaves here.
 */
import type { Reason } from '../api/reasons.ts';
import { WorkerError } from './error.ts';
import * as layout from './layout.ts';
import { capabilityNames, featureNames, namesOf, proofKinds, reasonNames } from './names.ts';
import type {
  AdviseResult,
  Ended,
  Hello,
  MappingTable,
  Opened,
  PageCounts,
  ProcessSample,
  Range,
  RangeResult,
} from './worker.ts';

export const protocolError = (message: string): WorkerError => new WorkerError('ProtocolError', message);

/** A view of a body whose length is count × size, at an offset that suits 64-bit fields. */
function viewOf(body: Uint8Array, size: number): DataView {
  if (body.byteLength !== size) throw protocolError(`a body of ${body.byteLength} bytes where ${size} were due`);
  return new DataView(body.buffer, body.byteOffset, body.byteLength);
}

function countOf(body: Uint8Array, size: number): number {
  if (body.byteLength % size !== 0) throw protocolError(`a body of ${body.byteLength} bytes is no list of ${size}`);
  return body.byteLength / size;
}

function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function reasonAt(view: DataView, at: number): Reason | null {
  const reason = reasonNames[view.getUint32(at, true)];
  if (reason === undefined) throw protocolError(`reason ${view.getUint32(at, true)} is unknown`);
  return reason;
}

/** Hostile bytes, one character each; escaped where shown. */
function latin1(view: DataView, at: number, capacity: number): string {
  let text = '';
  for (let i = at; i < at + capacity; i++) {
    const byte = view.getUint8(i);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

function nsPidsAt(view: DataView, at: number): number[] {
  const pids: number[] = [];
  for (let level = 0; level < layout.sample.sizes.ns_pids / 4; level++) {
    const pid = view.getInt32(at + 4 * level, true);
    if (pid === 0) break;
    pids.push(pid);
  }
  return pids;
}

export function decodeSample(view: DataView, base: number): ProcessSample {
  const { at } = layout.sample;
  const flags = view.getUint32(base + at.flags, true);
  return {
    pid: view.getInt32(base + at.pid, true),
    parent: view.getInt32(base + at.parent, true),
    nsPids: nsPidsAt(view, base + at.ns_pids),
    uid: view.getUint32(base + at.uid, true),
    threads: view.getUint32(base + at.threads, true),
    startTicks: u64(view, base + at.start_ticks),
    cpuTicks: u64(view, base + at.cpu_ticks),
    rssAnonBytes: u64(view, base + at.rss_anon_bytes),
    rssFileBytes: u64(view, base + at.rss_file_bytes),
    rssShmemBytes: u64(view, base + at.rss_shmem_bytes),
    swapBytes: u64(view, base + at.swap_bytes),
    lockedBytes: u64(view, base + at.locked_bytes),
    pinnedBytes: u64(view, base + at.pinned_bytes),
    sizeBytes: u64(view, base + at.size_bytes),
    comm: latin1(view, base + at.comm, layout.sample.sizes.comm),
    state: latin1(view, base + at.state, 1),
    kernelThread: (flags & 1) !== 0,
    zombie: (flags & 2) !== 0,
    leaderExited: (flags & 4) !== 0,
    traced: (flags & 8) !== 0,
    realTime: (flags & 16) !== 0,
  };
}

function decodeProof(view: DataView, base: number): Opened {
  const { at } = layout.proof;
  const pid = view.getInt32(base + at.pid, true);
  const reason = reasonAt(view, base + at.reason);
  if (reason !== null) {
    const sharedWith = view.getInt32(base + at.shared_with, true);
    const refusal = { reason, errno: view.getInt32(base + at.error, true) };
    return { ok: false, pid, refusal: sharedWith === 0 ? refusal : { ...refusal, sharedWith } };
  }
  const proof = proofKinds[view.getUint32(base + at.proof, true)];
  if (proof === undefined) throw protocolError(`a handle for ${pid} without a proof`);
  return {
    ok: true,
    proof: {
      pid,
      handle: view.getUint32(base + at.handle, true),
      proof,
      pidfdInode: u64(view, base + at.pidfd_inode),
      cgroupInode: u64(view, base + at.cgroup_inode),
      execKey: view.getBigUint64(base + at.exec_key, true).toString(16),
      sample: decodeSample(view, base + at.sample),
    },
  };
}

function decodeList<Item>(body: Uint8Array, size: number, decode: (view: DataView, base: number) => Item): Item[] {
  const count = countOf(body, size);
  const view = viewOf(body, count * size);
  return Array.from({ length: count }, (_, index) => decode(view, index * size));
}

/** A list in answer to a list is as long as that one. */
function sized<Item>(items: Item[], wanted: number | undefined): Item[] {
  if (wanted !== undefined && items.length !== wanted)
    throw protocolError(`${items.length} answers to ${wanted} questions`);
  return items;
}

export function decodeProofs(body: Uint8Array, wanted?: number): Opened[] {
  return sized(decodeList(body, layout.proof.size, decodeProof), wanted);
}

/** 32-bit words of a body; its buffer is the frame's own, so it is aligned unless someone cut it out of another. */
function wordsOf(body: Uint8Array): Uint32Array {
  const aligned = body.byteOffset % 4 === 0 ? body : body.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

export function decodeMappings(body: Uint8Array): MappingTable {
  const count = countOf(body, layout.mapping.size);
  const words = wordsOf(body);
  const starts = new Float64Array(count);
  const ends = new Float64Array(count);
  const kindBits = new Uint32Array(count);
  for (let i = 0, at = 0; i < count; i++, at += 6) {
    starts[i] = words[at]! + words[at + 1]! * 4294967296;
    ends[i] = words[at + 2]! + words[at + 3]! * 4294967296;
    kindBits[i] = words[at + 4]!;
    if (!(starts[i]! < ends[i]!)) throw protocolError(`mapping ${i} ends before it starts`);
  }
  return { count, starts, ends, kindBits };
}

export function decodeCounts(body: Uint8Array, wanted: number): PageCounts[] {
  const { size, at } = layout.counts;
  const decode = (view: DataView, base: number) => ({
    presentBytes: u64(view, base + at.present_bytes),
    swappedBytes: u64(view, base + at.swapped_bytes),
  });
  return sized(decodeList(body, size, decode), wanted);
}

export function decodeRuns(body: Uint8Array): Range[] {
  const { size, at } = layout.run;
  return decodeList(body, size, (view, base) => ({ start: u64(view, base + at.start), end: u64(view, base + at.end) }));
}

function decodeRangeResult(view: DataView, base: number): RangeResult {
  const { at } = layout.rangeResult;
  return {
    advisedBytes: u64(view, base + at.advised_bytes),
    reason: reasonAt(view, base + at.reason),
    errno: view.getInt32(base + at.error, true),
  };
}

export function decodeAdviseResult(body: Uint8Array, ranges: number): AdviseResult {
  const { at, size } = layout.adviseResult;
  const view = viewOf(body, size + ranges * layout.rangeResult.size);
  const rangesDone = view.getUint32(at.ranges_done, true);
  if (rangesDone > ranges) throw protocolError(`${rangesDone} ranges done of ${ranges}`);
  return {
    advisedBytes: u64(view, at.advised_bytes),
    calls: u64(view, at.calls),
    callMicros: u64(view, at.call_micros),
    longestMicros: u64(view, at.longest_micros),
    wallMicros: u64(view, at.wall_micros),
    chunkBytes: u64(view, at.chunk_bytes),
    rangesDone,
    reason: reasonAt(view, at.reason),
    errno: view.getInt32(at.error, true),
    ranges: decodeList(body.subarray(size), layout.rangeResult.size, decodeRangeResult),
  };
}

export function decodeHello(body: Uint8Array): Hello & { readonly layout: number } {
  const { at, size } = layout.hello;
  const view = viewOf(body, size);
  return {
    abi: view.getUint32(at.abi, true),
    layout: view.getUint32(at.layout, true),
    pid: view.getInt32(at.pid, true),
    capabilities: namesOf(capabilityNames, view.getUint32(at.capabilities, true)),
    features: namesOf(featureNames, view.getUint32(at.features, true)),
  };
}

export function decodeEnded(body: Uint8Array): Ended {
  const { at, size } = layout.ended;
  const view = viewOf(body, size);
  return {
    reason: reasonAt(view, at.reason),
    abandoned: view.getUint32(at.abandoned, true) !== 0,
    stuck: view.getUint32(at.stuck, true),
  };
}

export function decodeRefused(body: Uint8Array): { readonly reason: Reason; readonly errno: number } {
  const { at, size } = layout.refused;
  const view = viewOf(body, size);
  const reason = reasonAt(view, at.reason);
  if (reason === null) throw protocolError('a refusal without a reason');
  return { reason, errno: view.getInt32(at.error, true) };
}

export function decodeProgress(body: Uint8Array): number {
  return u64(viewOf(body, layout.progress.size), layout.progress.at.advised_bytes);
}

export interface Probed {
  readonly name: string;
  readonly advice: number;
  readonly errno: number;
}

export function decodeProbe(body: Uint8Array): Probed[] {
  const { at, size, sizes } = layout.probe;
  return decodeList(body, size, (view, base) => ({
    name: latin1(view, base + at.name, sizes.name),
    advice: view.getUint32(base + at.advice, true),
    errno: view.getInt32(base + at.error, true),
  }));
}

export interface Reclaimed {
  readonly reason: Reason | null;
  readonly errno: number;
  readonly usageBeforeBytes: number;
  readonly usageAfterBytes: number;
}

export function decodeReclaimed(body: Uint8Array): Reclaimed {
  const { at, size } = layout.reclaimed;
  const view = viewOf(body, size);
  return {
    reason: reasonAt(view, at.reason),
    errno: view.getInt32(at.error, true),
    usageBeforeBytes: u64(view, at.usage_before_bytes),
    usageAfterBytes: u64(view, at.usage_after_bytes),
  };
}
