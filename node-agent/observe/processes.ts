/**
 * The processes of all containers, sampled in one native call (stat and status of each): numbers, memory, CPU time and
 * the PIDs at every namespace level. Needs no right and always answers, even for a stuck target.
 */
import { readdirSync } from 'node:fs';
import type { ProcessSample } from '../../native/worker.ts';
import type { Container } from './container.ts';
import type { HostRoots } from './host.ts';

/** What of the native library (native/binding.ts) sampling needs. */
export interface Sampler {
  sampleProcesses(pids: readonly number[]): readonly (ProcessSample | Unread)[];
}

/** Gone, or of no namespace that this /proc shows. */
interface Unread {
  readonly pid: number;
  readonly errno: number;
}

/** Those that answered, in order. */
export function sample(sampler: Sampler, pids: readonly number[]): readonly ProcessSample[] {
  return sampler.sampleProcesses(pids).filter((one) => 'comm' in one);
}

/** By container cgroup, in the order of its PIDs; what exited since discovery is missing. */
export function sampleContainers(
  sampler: Sampler,
  containers: readonly Container[],
): ReadonlyMap<string, readonly ProcessSample[]> {
  const samples = sample(sampler, [...new Set(containers.flatMap((container) => container.pids))]);
  const byPid = new Map(samples.map((one) => [one.pid, one]));
  return new Map(
    containers.map((container) => [container.cgroup, container.pids.flatMap((pid) => byPid.get(pid) ?? [])]),
  );
}

/** The PID as the container's own users know it: the innermost level. */
export function containerPid(sample: ProcessSample): number {
  return sample.nsPids.at(-1) ?? sample.pid;
}

/** Every process that this container PID may mean; more than one where nested namespaces repeat the number. */
export function byContainerPid(samples: readonly ProcessSample[], pid: number): readonly ProcessSample[] {
  return samples.filter((sample) => containerPid(sample) === pid);
}

/** All processes of the host, sampled. */
export function sampleHost(sampler: Sampler, roots: HostRoots): readonly ProcessSample[] {
  return sample(sampler, hostPids(roots));
}

export function hostPids(roots: HostRoots): readonly number[] {
  return readdirSync(roots.proc).flatMap((name) => (/^[1-9]\d*$/.test(name) ? Number(name) : []));
}

/** The process and its descendants, parents before children; empty where nobody has that number. */
export function processTree(samples: readonly ProcessSample[], root: number): readonly ProcessSample[] {
  const children = Map.groupBy(samples, (sample) => sample.parent);
  const tree = samples.filter((sample) => sample.pid === root);
  const seen = new Set(tree.map((sample) => sample.pid));
  for (const sample of tree) {
    // Samples are not of one instant: a number reused meanwhile could close a ring.
    const fresh = (children.get(sample.pid) ?? []).filter((child) => !seen.has(child.pid));
    for (const child of fresh) seen.add(child.pid);
    tree.push(...fresh);
  }
  return tree;
}

/** The process's parent, its parent, and so on, nearest first. */
export function ancestors(samples: readonly ProcessSample[], pid: number): readonly ProcessSample[] {
  const byPid = new Map(samples.map((one) => [one.pid, one]));
  const line: ProcessSample[] = [];
  let next = byPid.get(byPid.get(pid)?.parent ?? 0);
  while (next !== undefined && !line.includes(next)) {
    line.push(next);
    next = byPid.get(next.parent);
  }
  return line;
}
