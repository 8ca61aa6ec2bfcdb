/**
 * Walks the memory hierarchy and gives every container in it, with the PIDs of its processes, to processes.ts and
 * signals.ts. Cgroups that vanish during the walk are ordinary; whatever was left out is counted.
 */
import type { Stats } from 'node:fs';
import { readdirSync, statSync } from 'node:fs';
import type { Container, Hierarchies } from './container.ts';
import { type ReadFiles, readPlainFile, readPlainFiles } from './files.ts';
import { cgroupMatcher } from './globs.ts';
import { type ContainerName, containerName } from './names.ts';

export interface DiscoveryOptions {
  /** Globs of cgroup paths that count as containers though no runtime made them. */
  readonly extraCgroups?: readonly string[];
  /** Path below the mount where the walk begins and names count from; default the whole tree. */
  readonly from?: string;
  readonly readFiles?: ReadFiles;
  readonly maxCgroups?: number;
  readonly maxDepth?: number;
}

export interface Discovery {
  /** In the order of the tree, names sorted. */
  readonly containers: readonly Container[];
  readonly cgroups: number;
  /** Cgroups that went away during the walk, or whose names are no UTF-8. */
  readonly vanished: number;
  /** Cgroups left out since the tree is larger or deeper than the bounds. */
  readonly omitted: number;
  /** Processes of containers that live in no PID namespace Ebb can see. */
  readonly invisibleProcesses: number;
}

interface Found {
  readonly cgroup: string;
  readonly inode: number;
  readonly name: ContainerName | null;
  readonly nested: string[];
}

interface Walk {
  readonly mount: string;
  readonly maxCgroups: number;
  readonly maxDepth: number;
  readonly identify: (path: string) => ContainerName | null | undefined;
  readonly found: Found[];
  cgroups: number;
  vanished: number;
  omitted: number;
}

export function findContainers(hierarchies: Hierarchies, options: DiscoveryOptions = {}): Discovery {
  const from = (options.from ?? '').replace(/\/+$/, '');
  const walk: Walk = {
    mount: hierarchies.memory,
    maxCgroups: options.maxCgroups ?? 20_000,
    maxDepth: options.maxDepth ?? 32,
    identify: identifier(from, options.extraCgroups ?? []),
    found: [],
    cgroups: 0,
    vanished: 0,
    omitted: 0,
  };
  visit(walk, from, null, 0);
  const { containers, invisibleProcesses } = withProcesses(walk, hierarchies, options.readFiles ?? readPlainFiles);
  const { cgroups, vanished, omitted } = walk;
  return { containers, cgroups, vanished, omitted, invisibleProcesses };
}

/** undefined: no container; null: one that only a policy names. */
function identifier(from: string, globs: readonly string[]): Walk['identify'] {
  const matches = cgroupMatcher(globs);
  return (path) => {
    if (path === '') return undefined;
    const relative = path.slice(from.length);
    const name = containerName(relative);
    if (name?.cgroup === relative) return name;
    return matches(path) ? null : undefined;
  };
}

function visit(walk: Walk, path: string, within: Found | null, depth: number): void {
  if (walk.cgroups >= walk.maxCgroups || depth > walk.maxDepth) {
    walk.omitted++;
    return;
  }
  const stats = statOf(walk.mount + path);
  if (stats === null) {
    walk.vanished++;
    return;
  }
  walk.cgroups++;
  const container = within ?? open(walk, path, stats);
  within?.nested.push(path);
  for (const child of childrenOf(walk, path, stats)) visit(walk, `${path}/${child}`, container, depth + 1);
}

function open(walk: Walk, path: string, stats: Stats): Found | null {
  const name = walk.identify(path);
  if (name === undefined) return null;
  const found: Found = { cgroup: path, inode: stats.ino, name, nested: [] };
  walk.found.push(found);
  return found;
}

/** A cgroup folder has two links and one more for each child: most have none and need no listing. */
function childrenOf(walk: Walk, path: string, stats: Stats): readonly string[] {
  if (stats.nlink === 2) return [];
  try {
    const entries = readdirSync(walk.mount + path, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort();
  } catch {
    walk.vanished++;
    return [];
  }
}

function statOf(path: string): Stats | null {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isDirectory() ? stats : null;
  } catch {
    return null;
  }
}

function withProcesses(walk: Walk, hierarchies: Hierarchies, readFiles: ReadFiles) {
  const cgroups = walk.found.flatMap((found) => [found.cgroup, ...found.nested]);
  const texts = readProcs(readFiles, walk.mount, cgroups);
  let at = 0;
  let invisibleProcesses = 0;
  const containers = walk.found.map((found) => {
    const listed = pidsOf(texts.slice(at, at + 1 + found.nested.length));
    at += 1 + found.nested.length;
    invisibleProcesses += listed.invisible;
    return containerOf(found, hierarchies, listed.pids);
  });
  return { containers, invisibleProcesses };
}

/** The PIDs in these cgroups, each once. */
export const processesIn = (readFiles: ReadFiles, mount: string, cgroups: readonly string[]): readonly number[] =>
  pidsOf(readProcs(readFiles, mount, cgroups)).pids;

/** Thousands of processes make a longer list than `readFiles` takes: none is a container without processes for that. */
function readProcs(readFiles: ReadFiles, mount: string, cgroups: readonly string[]): readonly (string | null)[] {
  const files = cgroups.map((path) => `${mount}${path}/cgroup.procs`);
  return readFiles(files).map((text, at) => text ?? readPlainFile(files[at]!));
}

/** The kernel writes 0 for a process outside the reader's PID namespace, and in v1 may name one twice. */
function pidsOf(texts: readonly (string | null)[]): { pids: number[]; invisible: number } {
  const pids = new Set<number>();
  let invisible = 0;
  for (const text of texts) {
    for (const line of (text ?? '').split('\n')) {
      if (line === '0') invisible++;
      else if (/^[1-9]\d{0,9}$/.test(line)) pids.add(Number(line));
    }
  }
  return { pids: [...pids], invisible };
}

function containerOf(found: Found, hierarchies: Hierarchies, pids: readonly number[]): Container {
  const { cgroup, inode, name, nested } = found;
  return {
    cgroup,
    cgroupInode: inode,
    unifiedCgroup: unifiedCgroup(hierarchies, cgroup),
    nested,
    id: name?.id ?? null,
    runtime: name?.runtime ?? null,
    driver: name?.driver ?? null,
    podUID: name?.podUID ?? null,
    qosClass: name?.qosClass ?? null,
    pids,
  };
}

/** Runtimes make a container's cgroup at the same path in every hierarchy. */
function unifiedCgroup(hierarchies: Hierarchies, cgroup: string): string | null {
  if (hierarchies.unified === null) return null;
  if (hierarchies.memoryVersion === 2) return cgroup;
  return statOf(hierarchies.unified + cgroup) === null ? null : cgroup;
}
