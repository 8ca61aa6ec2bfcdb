/**
 * Cgroups of a test's own, in every hierarchy that a container has one in (memory, CPU, I/O, freezer, PIDs, and the
 * cgroup2 mount of a hybrid host), v1 or v2. Removed with every process in them.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hierarchies } from './hierarchies.ts';

export interface CgroupMemory {
  readonly limitBytes?: number;
  /** v1: needs limitBytes, since memsw limits both together. */
  readonly swapMaxBytes?: number;
  readonly minBytes?: number;
  readonly lowBytes?: number;
  readonly highBytes?: number;
}

export interface Cgroup {
  /** Path below the mount of the memory hierarchy, "/ebb-test/…". */
  readonly path: string;
  /** Absolute folder in the memory hierarchy, and its inode. */
  readonly folder: string;
  readonly inode: number;
  /** Mount point of the memory hierarchy. */
  readonly mount: string;
  readonly version: 1 | 2;
  /** Absolute folder below the cgroup2 mount; null where there is none. */
  readonly unifiedFolder: string | null;
  add(pid: number): void;
  pids(): number[];
  read(file: string): string;
  write(file: string, text: string): void;
  /** memory.current or memory.usage_in_bytes. */
  usageBytes(): number;
  freeze(frozen: boolean): Promise<void>;
  /** Kills what is inside, waits for it, removes the cgroup, nested ones, and empty parents that were made for it. */
  remove(): Promise<void>;
}

let count = 0;

/** Where every cgroup with a plain name lies. */
const parent = '/ebb-test';

/** Paths of this process's cgroups: an empty one is no empty parent as long as its test has it. */
const held = new Set<string>();

/** `name`: a plain name, or a path from the root ("/kubepods/pod…/…") where a test needs that very one. */
export function makeCgroup(name: string, memory: CgroupMemory = {}): Cgroup {
  const path = name.startsWith('/') ? name : `${parent}/${process.pid}-${++count}-${name}`;
  const host = hierarchies();
  for (const mount of host.mounts) makeFolders(mount, path, host.version === 2);
  held.add(path);
  const folder = join(host.memory, path);
  const cgroup: Cgroup = {
    path,
    folder,
    inode: statSync(folder).ino,
    mount: host.memory,
    version: host.version,
    unifiedFolder: host.unified && join(host.unified, path),
    add: (pid) => {
      for (const mount of host.mounts) writeFileSync(join(mount, path, 'cgroup.procs'), String(pid));
    },
    pids: () => pidsBelow(folder),
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    write: (file, text) => writeFileSync(join(folder, file), text),
    usageBytes: () =>
      Number(readFileSync(join(folder, host.version === 2 ? 'memory.current' : 'memory.usage_in_bytes'), 'utf8')),
    freeze: (frozen) => freeze(host.freezer ?? host.memory, path, host.version, frozen),
    remove: async () => {
      await cgroup.freeze(false);
      await killAll(cgroup);
      for (const mount of host.mounts) await removeTree(join(mount, path));
      held.delete(path);
      // Whoever made them may have gone first, while this one was in them.
      const parents = above(path).filter((each) => !held.has(each));
      removeParents(host.mounts.flatMap((mount) => parents.map((each) => join(mount, each))));
    },
  };
  limit(cgroup, memory);
  return cgroup;
}

export async function withCgroup<T>(
  name: string,
  memory: CgroupMemory,
  use: (cgroup: Cgroup) => T | Promise<T>,
): Promise<T> {
  const cgroup = makeCgroup(name, memory);
  try {
    return await use(cgroup);
  } finally {
    await cgroup.remove();
  }
}

/** Makes each level that is missing; on v2 the controllers are handed down from above first. */
function makeFolders(mount: string, path: string, handDown: boolean): void {
  let folder = mount;
  for (const part of path.split('/').filter((part) => part !== '')) {
    if (handDown) enableControllers(folder);
    folder = join(folder, part);
    try {
      mkdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function enableControllers(folder: string): void {
  const wanted = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').split(/\s+/);
  for (const controller of wanted.filter((name) => ['memory', 'cpu', 'io', 'pids'].includes(name))) {
    writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`);
  }
}

function limit(cgroup: Cgroup, memory: CgroupMemory): void {
  const files: [string, number | undefined][] =
    cgroup.version === 2
      ? [
          ['memory.max', memory.limitBytes],
          ['memory.swap.max', memory.swapMaxBytes],
          ['memory.min', memory.minBytes],
          ['memory.low', memory.lowBytes],
          ['memory.high', memory.highBytes],
        ]
      : [
          ['memory.limit_in_bytes', memory.limitBytes],
          ['memory.memsw.limit_in_bytes', bothBytes(memory)],
        ];
  for (const [file, bytes] of files) if (bytes !== undefined) cgroup.write(file, String(bytes));
}

function bothBytes(memory: CgroupMemory): number | undefined {
  if (memory.swapMaxBytes === undefined) return undefined;
  if (memory.limitBytes === undefined) throw new Error('cgroup v1 limits swap only together with memory');
  return memory.limitBytes + memory.swapMaxBytes;
}

async function freeze(mount: string, path: string, version: 1 | 2, frozen: boolean): Promise<void> {
  const folder = join(mount, path);
  const [file, on, off] = version === 2 ? ['cgroup.freeze', '1', '0'] : ['freezer.state', 'FROZEN', 'THAWED'];
  writeFileSync(join(folder, file!), (frozen ? on : off)!);
  for (let tries = 0; !isFrozen(folder, version, frozen); tries++) {
    if (tries > 500) throw new Error(`${folder} did not become ${frozen ? 'frozen' : 'thawed'} in 5 s`);
    await sleep(10);
  }
}

function isFrozen(folder: string, version: 1 | 2, frozen: boolean): boolean {
  if (version === 1)
    return readFileSync(join(folder, 'freezer.state'), 'utf8').trim() === (frozen ? 'FROZEN' : 'THAWED');
  return readFileSync(join(folder, 'cgroup.events'), 'utf8').includes(`frozen ${frozen ? 1 : 0}`);
}

function subfolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
}

function pidsBelow(folder: string): number[] {
  const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  return [...own, ...subfolders(folder).flatMap(pidsBelow)];
}

/** All processes in a cgroup of ours are ours. */
async function killAll(cgroup: Cgroup): Promise<void> {
  for (let tries = 0; ; tries++) {
    const pids = cgroup.pids();
    if (pids.length === 0) return;
    if (tries > 500) throw new Error(`${cgroup.folder} still holds ${pids.join(' ')} after 5 s`);
    for (const pid of pids) kill(pid);
    await sleep(10);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A cgroup stays busy for a moment after its last process. */
async function removeTree(folder: string): Promise<void> {
  for (const below of subfolders(folder)) await removeTree(below);
  for (let tries = 0; ; tries++) {
    try {
      return rmdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      if (tries > 500) throw error;
      await sleep(10);
    }
  }
}

/** `/a/b/c`: `/a` and `/a/b`. */
function above(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
}

/** Parents may hold the cgroups of another test: those stay, and whoever goes last takes them along. */
function removeParents(folders: readonly string[]): void {
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
    try {
      rmdirSync(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'EBUSY' && code !== 'ENOTEMPTY') throw error;
    }
  }
}
