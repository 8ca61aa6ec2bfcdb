/**
 * What a tick sees of the host: which containers there are, a glance at each, and a whole look at those that matter now
 * (a whole look is ten times dearer). Reads, decides nothing.
 */
import type { ProcessSample } from '../native/worker.ts';
import type { Container, Hierarchies } from './observe/container.ts';
import { findContainers, processesIn } from './observe/containers.ts';
import type { ReadFiles } from './observe/files.ts';
import type { HostRoots } from './observe/host.ts';
import { parseCount, parseKey } from './observe/kernel-text.ts';
import { type Sampler, sampleContainers } from './observe/processes.ts';
import { type ContainerSignals, readCpuUsage, readNetworkBytes, readSignals } from './observe/signals.ts';

/** How this host is read. */
export interface Eyes {
  readonly roots: HostRoots;
  readonly hierarchies: Hierarchies;
  readonly readFiles: ReadFiles;
  readonly sampler: Sampler;
  readonly cgroupRoot: string | null;
  /** Ebb's own: never a target. */
  readonly ownPids: ReadonlySet<number>;
}

export interface Seen {
  readonly container: Container;
  readonly signals: ContainerSignals;
  readonly processes: readonly ProcessSample[];
}

/** What is cheap to read of every container at every tick: a file or two each. */
export interface Glance {
  readonly cpuMicros: number | null;
  readonly swapBytes: number | null;
}

/** `patterns`: cgroups that policies name though no runtime made them. */
export function discover(eyes: Eyes, patterns: readonly string[]): readonly Container[] {
  const { hierarchies, readFiles, cgroupRoot } = eyes;
  return findContainers(hierarchies, { extraCgroups: patterns, from: cgroupRoot ?? '', readFiles }).containers;
}

export function glance(eyes: Eyes, containers: readonly Container[]): ReadonlyMap<string, Glance> {
  const { hierarchies, readFiles } = eyes;
  const cpu = readCpuUsage(readFiles, hierarchies, containers);
  const v2 = hierarchies.memoryVersion === 2;
  const file = v2 ? 'memory.swap.current' : 'memory.stat';
  const texts = readFiles(containers.map(({ cgroup }) => `${hierarchies.memory}${cgroup}/${file}`));
  return new Map(
    containers.map(({ cgroup }, at) => {
      const text = texts[at] ?? null;
      const swapBytes = v2 ? parseCount(text) : parseKey(text, 'total_swap');
      return [cgroup, { cpuMicros: cpu.get(cgroup) ?? null, swapBytes }];
    }),
  );
}

/** The same container with the processes that are in it now. */
export function withProcessesNow(eyes: Eyes, container: Container): Container {
  const cgroups = [container.cgroup, ...container.nested];
  return { ...container, pids: processesIn(eyes.readFiles, eyes.hierarchies.memory, cgroups) };
}

export function see(eyes: Eyes, containers: readonly Container[]): readonly Seen[] {
  const signals = readSignals(eyes.readFiles, eyes.hierarchies, containers);
  const processes = sampleContainers(eyes.sampler, containers);
  return containers.map((container) => ({
    container,
    signals: signals.get(container.cgroup)!,
    processes: (processes.get(container.cgroup) ?? []).filter((sample) => !eyes.ownPids.has(sample.pid)),
  }));
}

/** Of the network namespaces of these containers; by cgroup. */
export function networkBytes(eyes: Eyes, seen: readonly Seen[]): ReadonlyMap<string, number> {
  const first = seen.flatMap(({ container, processes }) =>
    processes[0] === undefined ? [] : [{ cgroup: container.cgroup, pid: processes[0].pid }],
  );
  const bytes = readNetworkBytes(
    eyes.readFiles,
    eyes.roots.proc,
    first.map(({ pid }) => pid),
  );
  return new Map(first.flatMap(({ cgroup, pid }) => (bytes.has(pid) ? [[cgroup, bytes.get(pid)!] as const] : [])));
}
