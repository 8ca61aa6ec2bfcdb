/**
 * The structs of native/ebb.h, described once for TypeScript. Offsets follow from the order and types of the fields, as
 * in C; the C side renders the same text (ebb_layout), and nothing is decoded unless both agree.
 */
import { crc32 } from 'node:zlib';

export const abi = 2;
export const maxFrameBytes = 16 << 20;
export const maxTargets = 256;
export const maxMappings = 200_000;
export const maxSessions = 16;
export const maxStuck = 4;

type Scalar = 'u8' | 'i32' | 'u32' | 'u64';
type FieldType = Scalar | Struct;
type Field = FieldType | readonly [FieldType, number];

export interface Struct<Name extends string = string> {
  readonly size: number;
  readonly align: number;
  /** Offset of each field. */
  readonly at: Readonly<Record<Name, number>>;
  readonly sizes: Readonly<Record<Name, number>>;
}

const scalarSizes: Readonly<Record<Scalar, number>> = { u8: 1, i32: 4, u32: 4, u64: 8 };

function measure(field: Field): { size: number; align: number } {
  if (typeof field === 'string') return { size: scalarSizes[field], align: scalarSizes[field] };
  if ('size' in field) return field;
  const one = measure(field[0]);
  return { size: one.size * field[1], align: one.align };
}

const roundUp = (size: number, align: number): number => Math.ceil(size / align) * align;

function struct<Name extends string>(fields: Readonly<Record<Name, Field>>): Struct<Name> {
  const at = {} as Record<Name, number>;
  const sizes = {} as Record<Name, number>;
  let end = 0;
  let widest = 1;
  for (const name of Object.keys(fields) as Name[]) {
    const { size, align } = measure(fields[name]);
    at[name] = roundUp(end, align);
    sizes[name] = size;
    end = at[name] + size;
    widest = Math.max(widest, align);
  }
  return { size: roundUp(end, widest), align: widest, at, sizes };
}

export const sample = struct({
  pid: 'i32',
  parent: 'i32',
  ns_pids: ['i32', 8],
  ns_depth: 'u32',
  uid: 'u32',
  threads: 'u32',
  flags: 'u32',
  start_ticks: 'u64',
  cpu_ticks: 'u64',
  rss_anon_bytes: 'u64',
  rss_file_bytes: 'u64',
  rss_shmem_bytes: 'u64',
  swap_bytes: 'u64',
  locked_bytes: 'u64',
  pinned_bytes: 'u64',
  size_bytes: 'u64',
  tracer: 'i32',
  error: 'i32',
  comm: ['u8', 16],
  state: 'u8',
  reserved: ['u8', 7],
});
export const fileResult = struct({ offset: 'u32', length: 'u32', error: 'i32', reserved: 'u32' });
export const target = struct({ pid: 'i32', reserved: 'u32', start_ticks: 'u64' });
export const proof = struct({
  pid: 'i32',
  reason: 'u32',
  error: 'i32',
  handle: 'u32',
  proof: 'u32',
  shared_with: 'i32',
  pidfd_inode: 'u64',
  cgroup_inode: 'u64',
  exec_key: 'u64',
  sample,
});
export const mapping = struct({ start: 'u64', end: 'u64', kind_bits: 'u64' });
export const range = struct({ start: 'u64', end: 'u64' });
export const counts = struct({ present_bytes: 'u64', swapped_bytes: 'u64' });
export const run = struct({ start: 'u64', end: 'u64', category: 'u64' });
export const adviseLimits = struct({
  advice: 'u32',
  max_stall_micros: 'u32',
  bytes_per_second: 'u64',
  deadline_micros: 'u64',
  first_chunk_bytes: 'u64',
});
export const rangeResult = struct({ advised_bytes: 'u64', reason: 'u32', error: 'i32' });
export const adviseResult = struct({
  advised_bytes: 'u64',
  calls: 'u64',
  call_micros: 'u64',
  longest_micros: 'u64',
  wall_micros: 'u64',
  chunk_bytes: 'u64',
  ranges_done: 'u32',
  reason: 'u32',
  error: 'i32',
  reserved: 'u32',
});
export const frame = struct({ length: 'u32', type: 'u32', session: 'u32', sequence: 'u32' });
export const hello = struct({
  abi: 'u32',
  layout: 'u32',
  capabilities: 'u32',
  features: 'u32',
  pid: 'i32',
  reserved: 'u32',
});
export const begin = struct({
  rights: 'u32',
  watch_millis: 'u32',
  cgroup_inode: 'u64',
  mount: ['u8', 256],
  cgroup: ['u8', 1024],
});
export const handle = struct({ handle: 'u32', reserved: 'u32' });
export const scan = struct({ handle: 'u32', flags: 'u32', category: 'u32', reserved: 'u32' });
export const probe = struct({ advice: 'u32', error: 'i32', name: ['u8', 16] });
export const reclaim = struct({ bytes: 'u64', cgroup_inode: 'u64', mount: ['u8', 256], cgroup: ['u8', 1024] });
export const reclaimed = struct({
  reason: 'u32',
  error: 'i32',
  usage_before_bytes: 'u64',
  usage_after_bytes: 'u64',
});
export const progress = struct({ advised_bytes: 'u64', calls: 'u64' });
export const refused = struct({ reason: 'u32', error: 'i32' });
export const ended = struct({ reason: 'u32', abandoned: 'u32', stuck: 'u32', status: 'i32' });

/** In the header's order of declaration. */
const structs: Readonly<Record<string, Struct>> = {
  ebb_sample: sample,
  ebb_file_result: fileResult,
  ebb_target: target,
  ebb_proof: proof,
  ebb_mapping: mapping,
  ebb_range: range,
  ebb_counts: counts,
  ebb_run: run,
  ebb_advise_limits: adviseLimits,
  ebb_range_result: rangeResult,
  ebb_advise_result: adviseResult,
  ebb_frame: frame,
  ebb_hello: hello,
  ebb_begin: begin,
  ebb_handle: handle,
  ebb_scan: scan,
  ebb_probe: probe,
  ebb_reclaim: reclaim,
  ebb_reclaimed: reclaimed,
  ebb_progress: progress,
  ebb_refused: refused,
  ebb_ended: ended,
};

function render(name: string, { size, at, sizes }: Struct): string {
  const fields = Object.keys(at).map((field) => `${name}.${field} ${at[field]} ${sizes[field]}\n`);
  return `struct ${name} ${size}\n${fields.join('')}`;
}

/** What ebb_layout() answers when both sides mean the same. */
export function layoutText(): string {
  return Object.entries(structs)
    .map(([name, described]) => render(name, described))
    .join('');
}

export const layoutCrc = (): number => crc32(layoutText());

/** One line that says what to do; undefined where both sides agree. */
export function mismatch(theirs: { readonly abi: number; readonly layout: number }): string | undefined {
  if (theirs.abi !== abi) return `ebb: native library ABI ${theirs.abi} does not match ${abi}: run npm run build`;
  if (theirs.layout !== layoutCrc()) return 'ebb: native library layout does not match: run npm run build';
  return undefined;
}
