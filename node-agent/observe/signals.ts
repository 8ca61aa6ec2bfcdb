/**
 * The counters of every container's cgroup, read in one batch, from where this host's hierarchies keep each: what
 * decide/ judges idleness and guards by. A signal without a source is null and named in `missing`.
 */
import type { Container, Hierarchies } from './container.ts';
import { type ReadFiles, readRows } from './files.ts';
import {
  parseBlkio,
  parseCount,
  parseFreezerState,
  parseIoStat,
  parseKey,
  parseNetDev,
  parsePressure,
  type Stall,
} from './kernel-text.ts';
import { type MemoryRoom, readMemoryRooms } from './memory-room.ts';

/** Totals since the cgroup was made, unless said; bytes and microseconds. */
export interface Usage {
  readonly cpuMicros: number | null;
  /** Charged now: what falls when pages are freed. */
  readonly usageBytes: number | null;
  readonly anonBytes: number | null;
  readonly swapBytes: number | null;
  /** In swap and still in memory: page-out has unmapped them, reclaim has not yet freed them. */
  readonly swapCachedBytes: number | null;
  readonly memoryPressure: Stall | null;
  readonly ioPressure: Stall | null;
  readonly cpuPressure: Stall | null;
  readonly ioBytes: number | null;
  readonly frozen: boolean | null;
  readonly populated: boolean | null;
}

export type SignalName = keyof Usage | 'swapRoomBytes' | 'headroomBytes';

export interface ContainerSignals extends Usage {
  readonly room: MemoryRoom;
  readonly missing: readonly SignalName[];
}

/** By container cgroup. One that vanished meanwhile has every signal missing. */
export function readSignals(
  readFiles: ReadFiles,
  hierarchies: Hierarchies,
  containers: readonly Container[],
): ReadonlyMap<string, ContainerSignals> {
  const rooms = readMemoryRooms(
    readFiles,
    hierarchies,
    containers.map((container) => container.cgroup),
  );
  const rows = readRows(
    readFiles,
    containers.map((container) => usageFiles(hierarchies, container)),
  );
  return new Map(
    containers.map((container, at) => {
      const room = rooms.get(container.cgroup)!;
      const usage = usageOf(hierarchies, container, rows[at]!);
      return [container.cgroup, { ...usage, room, missing: missingOf(usage, room) }];
    }),
  );
}

/** CPU time only, for the tick that notices a wake: one file per container. */
export function readCpuUsage(
  readFiles: ReadFiles,
  hierarchies: Hierarchies,
  containers: readonly Container[],
): ReadonlyMap<string, number> {
  const rows = readRows(
    readFiles,
    containers.map((container) => ({ cpu: cpuFile(hierarchies, container) })),
  );
  const usage = new Map<string, number>();
  containers.forEach((container, at) => {
    const micros = cpuMicros(hierarchies, rows[at]!.cpu);
    if (micros !== null) usage.set(container.cgroup, micros);
  });
  return usage;
}

/** Of the pod's network namespace, through any process in it; by PID. Leaves out processes that are gone. */
export function readNetworkBytes(
  readFiles: ReadFiles,
  proc: string,
  pids: readonly number[],
): ReadonlyMap<number, number> {
  const texts = readFiles(pids.map((pid) => `${proc}/${pid}/net/dev`));
  const bytes = new Map<number, number>();
  pids.forEach((pid, at) => {
    const total = parseNetDev(texts[at] ?? null);
    if (total !== null) bytes.set(pid, total);
  });
  return bytes;
}

type UsageFile =
  | 'cpu'
  | 'usage'
  | 'stat'
  | 'swap'
  | 'memoryPressure'
  | 'ioPressure'
  | 'cpuPressure'
  | 'io'
  | 'frozen'
  | 'events';

function usageFiles(hierarchies: Hierarchies, container: Container): Record<UsageFile, string | null> {
  const { memoryVersion, memory } = hierarchies;
  const own = memory + container.cgroup;
  const v2 = memoryVersion === 2;
  return {
    cpu: cpuFile(hierarchies, container),
    usage: `${own}/${v2 ? 'memory.current' : 'memory.usage_in_bytes'}`,
    stat: `${own}/memory.stat`,
    swap: v2 ? `${own}/memory.swap.current` : null,
    memoryPressure: unifiedFile(hierarchies, container, 'memory.pressure'),
    ioPressure: unifiedFile(hierarchies, container, 'io.pressure'),
    cpuPressure: unifiedFile(hierarchies, container, 'cpu.pressure'),
    io: ioFile(hierarchies, container),
    frozen: v1FreezerFile(hierarchies, container),
    events: unifiedFile(hierarchies, container, 'cgroup.events'),
  };
}

/** Read every second for those that are out: the path is made once. */
const cpuFiles = new WeakMap<Container, string | null>();

function cpuFile(hierarchies: Hierarchies, container: Container): string | null {
  const known = cpuFiles.get(container);
  if (known !== undefined) return known;
  const file = findCpuFile(hierarchies, container);
  cpuFiles.set(container, file);
  return file;
}

function findCpuFile(hierarchies: Hierarchies, container: Container): string | null {
  const { cpuacct, unified } = hierarchies;
  if (cpuacct !== null && cpuacct !== unified) return `${cpuacct}${container.cgroup}/cpuacct.usage`;
  return unifiedFile(hierarchies, container, 'cpu.stat');
}

function ioFile(hierarchies: Hierarchies, container: Container): string | null {
  const { blkio, unified } = hierarchies;
  if (blkio === null || blkio === unified) return unifiedFile(hierarchies, container, 'io.stat');
  return `${blkio}${container.cgroup}/blkio.throttle.io_service_bytes_recursive`;
}

function v1FreezerFile(hierarchies: Hierarchies, container: Container): string | null {
  const { freezer, unified } = hierarchies;
  return freezer === null || freezer === unified ? null : `${freezer}${container.cgroup}/freezer.state`;
}

function unifiedFile({ unified }: Hierarchies, container: Container, file: string): string | null {
  return unified === null || container.unifiedCgroup === null ? null : `${unified}${container.unifiedCgroup}/${file}`;
}

function usageOf(
  hierarchies: Hierarchies,
  container: Container,
  row: Readonly<Record<UsageFile, string | null>>,
): Usage {
  const v2 = hierarchies.memoryVersion === 2;
  return {
    cpuMicros: cpuMicros(hierarchies, row.cpu),
    usageBytes: parseCount(row.usage),
    anonBytes: parseKey(row.stat, v2 ? 'anon' : 'total_rss'),
    swapBytes: v2 ? parseCount(row.swap) : parseKey(row.stat, 'total_swap'),
    swapCachedBytes: parseKey(row.stat, v2 ? 'swapcached' : 'total_swapcached'),
    memoryPressure: parsePressure(row.memoryPressure),
    ioPressure: parsePressure(row.ioPressure),
    cpuPressure: parsePressure(row.cpuPressure),
    ioBytes: hierarchies.blkio === hierarchies.unified ? parseIoStat(row.io) : parseBlkio(row.io),
    frozen: frozen(row),
    populated: flag(parseKey(row.events, 'populated')) ?? container.pids.length > 0,
  };
}

function cpuMicros({ cpuacct, unified }: Hierarchies, text: string | null): number | null {
  if (cpuacct === null || cpuacct === unified) return parseKey(text, 'usage_usec');
  const nanos = parseCount(text);
  return nanos === null ? null : Math.floor(nanos / 1000);
}

/** A hybrid host can freeze through either freezer. */
function frozen(row: Readonly<Record<UsageFile, string | null>>): boolean | null {
  const v1 = parseFreezerState(row.frozen);
  const unified = flag(parseKey(row.events, 'frozen'));
  return v1 === null && unified === null ? null : v1 === true || unified === true;
}

function flag(value: number | null): boolean | null {
  return value === null ? null : value !== 0;
}

function missingOf(usage: Usage, room: MemoryRoom): readonly SignalName[] {
  const names = (Object.keys(usage) as (keyof Usage)[]).filter((name) => usage[name] === null);
  const rooms = (['swapRoomBytes', 'headroomBytes'] as const).filter((name) => room[name] === null);
  return [...names, ...rooms];
}
