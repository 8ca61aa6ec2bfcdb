/**
 * What a container may still do with memory and swap: the least over its cgroup and every ancestor, since each of them
 * can refuse. Reads limits and usage, gives rooms to signals.ts.
 */
import type { Hierarchies } from './container.ts';
import { type ReadFiles, readRows } from './files.ts';
import { parseCount, parseLimit, unlimited } from './kernel-text.ts';

/** Sizes are bytes; `unlimited` where nothing limits, null where no cgroup of the line tells. */
export interface MemoryRoom {
  /** The least of all limits on swap; 0: forbidden. */
  readonly swapLimitBytes: number | null;
  /** What may still be swapped out. */
  readonly swapRoomBytes: number | null;
  /** The cgroup that leaves the least room. */
  readonly swapLimitedBy: string | null;
  /** What may still come back before memory.high or memory.max of any of them is hit. */
  readonly headroomBytes: number | null;
  /** The least of memory.high and memory.max over all of them. */
  readonly memoryLimitBytes: number | null;
  /**
   * memory.min and memory.low in effect: no more than every ancestor grants; 0 on v1, which has no such thing. An
   * ancestor that can't tell is taken to grant all: at worst too much is left alone.
   */
  readonly minBytes: number | null;
  readonly lowBytes: number | null;
}

/** One cgroup's own share in the answer. */
export interface CgroupRoom {
  readonly cgroup: string;
  readonly swapLimitBytes: number | null;
  readonly swapRoomBytes: number | null;
  readonly headroomBytes: number | null;
  readonly memoryLimitBytes: number | null;
  readonly minBytes: number | null;
  readonly lowBytes: number | null;
}

export function readMemoryRooms(
  readFiles: ReadFiles,
  hierarchies: Hierarchies,
  cgroups: readonly string[],
): ReadonlyMap<string, MemoryRoom> {
  const chain = [...new Set(cgroups.flatMap(selfAndAncestors))];
  const rooms =
    hierarchies.memoryVersion === 2 ? readV2(readFiles, hierarchies, chain) : readV1(readFiles, hierarchies, chain);
  const byPath = new Map(rooms.map((room) => [room.cgroup, room]));
  return new Map(
    cgroups.map((path) => [path, leastRoom(selfAndAncestors(path).flatMap((one) => byPath.get(one) ?? []))]),
  );
}

/** "/a/b" → ["/a/b", "/a"]: the root itself limits nothing. */
export function selfAndAncestors(path: string): readonly string[] {
  const chain: string[] = [];
  for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) chain.push(path.slice(0, at));
  return chain.filter((one) => one !== '/');
}

/** Pure. A level that can't tell hides no limit that another one tells, and no protection; null: none can tell. */
export function leastRoom(chain: readonly CgroupRoom[]): MemoryRoom {
  const swapRoomBytes = least(chain.map((one) => one.swapRoomBytes));
  const tightest = chain.find((one) => one.swapRoomBytes === swapRoomBytes);
  return {
    swapLimitBytes: least(chain.map((one) => one.swapLimitBytes)),
    swapRoomBytes,
    swapLimitedBy: swapRoomBytes === null || swapRoomBytes === unlimited ? null : (tightest?.cgroup ?? null),
    headroomBytes: least(chain.map((one) => one.headroomBytes)),
    memoryLimitBytes: least(chain.map((one) => one.memoryLimitBytes)),
    minBytes: protection(chain.map((one) => one.minBytes)),
    lowBytes: protection(chain.map((one) => one.lowBytes)),
  };
}

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 && values.length > 0 ? null : Math.min(unlimited, ...known);
}

function protection(values: readonly (number | null)[]): number | null {
  return values.length === 0 ? 0 : least(values);
}

function room(limit: number | null, usage: number | null): number | null {
  if (limit === unlimited) return unlimited;
  return limit === null || usage === null ? null : Math.max(0, limit - usage);
}

function readV2(readFiles: ReadFiles, { memory }: Hierarchies, chain: readonly string[]): readonly CgroupRoom[] {
  const rows = readRows(
    readFiles,
    chain.map((path) => v2Files(memory + path)),
  );
  return rows.map((row, at) => {
    const usage = parseCount(row.usage);
    const limit = least([parseLimit(row.high), parseLimit(row.max)]);
    const swapLimit = parseLimit(row.swapMax);
    return {
      cgroup: chain[at]!,
      swapLimitBytes: swapLimit,
      swapRoomBytes: room(swapLimit, parseCount(row.swap)),
      headroomBytes: room(limit, usage),
      memoryLimitBytes: limit,
      minBytes: parseLimit(row.min),
      lowBytes: parseLimit(row.low),
    };
  });
}

function v2Files(folder: string) {
  return {
    usage: `${folder}/memory.current`,
    high: `${folder}/memory.high`,
    max: `${folder}/memory.max`,
    min: `${folder}/memory.min`,
    low: `${folder}/memory.low`,
    swap: `${folder}/memory.swap.current`,
    swapMax: `${folder}/memory.swap.max`,
  };
}

function readV1(readFiles: ReadFiles, { memory }: Hierarchies, chain: readonly string[]): readonly CgroupRoom[] {
  const rows = readRows(
    readFiles,
    chain.map((path) => v1Files(memory + path)),
  );
  return rows.map((row, at) => {
    const usage = parseCount(row.usage);
    const limit = parseCount(row.limit);
    const both = parseCount(row.both);
    const swapLimit = v1SwapLimit(row.bothLimit, row.swappiness);
    // Memory and swap are charged together: paging out moves a charge, so only what lies in swap already counts.
    const swapped = both === null || usage === null ? null : Math.max(0, both - usage);
    return {
      cgroup: chain[at]!,
      swapLimitBytes: swapLimit,
      swapRoomBytes: room(swapLimit, swapped),
      headroomBytes: room(limit, usage),
      memoryLimitBytes: limit,
      minBytes: 0,
      lowBytes: 0,
    };
  });
}

/** Page-out on request ignores swappiness, but 0 is how v1 says that this cgroup shall not swap. */
function v1SwapLimit(bothLimit: string | null, swappiness: string | null): number | null {
  return parseCount(swappiness) === 0 ? 0 : parseCount(bothLimit);
}

function v1Files(folder: string) {
  return {
    usage: `${folder}/memory.usage_in_bytes`,
    limit: `${folder}/memory.limit_in_bytes`,
    both: `${folder}/memory.memsw.usage_in_bytes`,
    bothLimit: `${folder}/memory.memsw.limit_in_bytes`,
    swappiness: `${folder}/memory.swappiness`,
  };
}
