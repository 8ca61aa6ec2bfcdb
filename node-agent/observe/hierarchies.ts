/** Which cgroup hierarchy holds what on this host: mountinfo → Hierarchies. cgroups(7). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hierarchies } from './container.ts';
import { HostError, type HostRoots } from './host.ts';
import { type CgroupMount, cgroupMounts } from './mountinfo.ts';

const controllers = ['memory', 'cpu', 'cpuacct', 'blkio', 'freezer', 'pids'] as const;

export function readHierarchies(roots: HostRoots): Hierarchies {
  const file = join(roots.proc, 'self/mountinfo');
  const found = hierarchiesOf(readFileSync(file, 'utf8'));
  if (found === null) throw new HostError('SignalMissing', `${file} has no mount of a memory cgroup hierarchy`);
  const below = rebase(roots.cgroup ?? '');
  const hierarchies = { ...found, ...mapMounts(found, below) };
  if (hierarchies.memoryVersion === 2) checkMemoryController(hierarchies.memory);
  return hierarchies;
}

/** Pure. null: no hierarchy that could have a memory controller is mounted. */
export function hierarchiesOf(mountinfo: string): Hierarchies | null {
  const mounts = cgroupMounts(mountinfo);
  const unified = widest(mounts.filter((mount) => mount.version === 2));
  const v1 = Object.fromEntries(controllers.map((name) => [name, mountOf(mounts, name)])) as Record<
    Controller,
    string | null
  >;
  const anyV1 = controllers.some((name) => v1[name] !== null);
  const memory = v1.memory ?? unified;
  if (memory === null) return null;
  const layout = unified === null ? 'v1' : anyV1 ? 'hybrid' : 'v2';
  const fallback = layout === 'v1' ? null : v1.memory === null ? unified : null;
  return {
    layout,
    memoryVersion: v1.memory === null ? 2 : 1,
    memory,
    cpu: v1.cpu ?? fallback,
    cpuacct: v1.cpuacct ?? fallback,
    blkio: v1.blkio ?? fallback,
    freezer: v1.freezer ?? fallback,
    pids: v1.pids ?? fallback,
    unified,
  };
}

type Controller = (typeof controllers)[number];

function mountOf(mounts: readonly CgroupMount[], controller: string): string | null {
  return widest(mounts.filter((mount) => mount.controllers.includes(controller)));
}

/** From a cgroup namespace of its own Ebb sees its part as "/" and the host's whole tree as "/../..": the latter. */
function widest(mounts: readonly CgroupMount[]): string | null {
  let best: CgroupMount | null = null;
  for (const mount of mounts) if (best === null || mount.levelsAbove > best.levelsAbove) best = mount;
  return best?.point ?? null;
}

type Mounts = Pick<Hierarchies, Controller | 'unified'>;

function mapMounts(found: Mounts, map: <T extends string | null>(point: T) => T): Mounts {
  const { memory, cpu, cpuacct, blkio, freezer, pids, unified } = found;
  return {
    memory: map(memory),
    cpu: map(cpu),
    cpuacct: map(cpuacct),
    blkio: map(blkio),
    freezer: map(freezer),
    pids: map(pids),
    unified: map(unified),
  };
}

function rebase(prefix: string): <T extends string | null>(point: T) => T {
  return <T extends string | null>(point: T) => (point === null || prefix === '' ? point : (join(prefix, point) as T));
}

/** A cgroup2 mount alone proves nothing: its controllers may be bound to v1 hierarchies that nobody mounted. */
function checkMemoryController(mount: string): void {
  const file = join(mount, 'cgroup.controllers');
  const names = readFileSync(file, 'utf8').trim().split(/\s+/);
  if (!names.includes('memory')) throw new HostError('SignalMissing', `${file} doesn't list the memory controller`);
}
