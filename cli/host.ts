/** This host as the commands see it: cgroup hierarchies, containers, processes by PID. Reads only; needs no right. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerRef } from '../native/worker.ts';
import type { Hierarchies } from '../node-agent/observe/container.ts';
import { readHierarchies } from '../node-agent/observe/hierarchies.ts';
import { checkPidNamespace, HostError, liveRoots } from '../node-agent/observe/host.ts';
import { Failed, Refused } from './exit.ts';

/** Refuses where /proc belongs to another PID namespace: every PID would be somebody else's. */
export function openHost(): Hierarchies {
  try {
    checkPidNamespace(liveRoots);
    return readHierarchies(liveRoots);
  } catch (error) {
    if (error instanceof HostError && error.code === 'WrongPidNamespace') {
      throw new Refused(
        error.code,
        `${error.message}; run ebb in the PID namespace of /proc (in a pod: hostPID: true)`,
      );
    }
    if (error instanceof HostError) throw new Failed(error.message);
    throw error;
  }
}

/** The process that a PID or TID belongs to; null: there is none. proc_pid_status(5). */
export function threadGroup(pid: number): number | null {
  const status = readOrNull(`/proc/${pid}/status`);
  const group = status === null ? null : /^Tgid:\t(\d+)$/m.exec(status);
  return group === null ? null : Number(group[1]);
}

/** Ebb and all it was started by: advising one of these could stop the hand that advises. */
export function ownProcesses(): Set<number> {
  const own = new Set<number>();
  for (let pid = process.pid; pid > 0 && !own.has(pid); pid = parentOf(pid)) own.add(pid);
  return own;
}

function parentOf(pid: number): number {
  const status = readOrNull(`/proc/${pid}/status`);
  return Number(/^PPid:\t(\d+)$/m.exec(status ?? '')?.[1] ?? 0);
}

/** The memory cgroup of a process, below the hierarchy's mount. cgroups(7). */
export function cgroupOf(pid: number, host: Hierarchies): ContainerRef | null {
  const lines = (readOrNull(`/proc/${pid}/cgroup`) ?? '').split('\n').map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  const found = lines.find((line) =>
    host.memoryVersion === 2 ? line?.[1] === '' : line?.[1]?.split(',').includes('memory'),
  );
  return found?.[2] === undefined ? null : cgroupAt(found[2], host);
}

/** A memory cgroup by its path below the mount, or by its whole path; null: there is none. */
export function cgroupAt(path: string, host: Hierarchies): ContainerRef | null {
  const below = path.startsWith(`${host.memory}/`) || path === host.memory ? path.slice(host.memory.length) : path;
  const names = below.split('/').filter((name) => name !== '');
  if (names.includes('..') || names.includes('.') || below.includes('\0')) return null;
  const cgroup = `/${names.join('/')}`;
  try {
    const stats = statSync(join(host.memory, cgroup));
    return stats.isDirectory() ? { mount: host.memory, cgroup, cgroupInode: stats.ino } : null;
  } catch {
    return null;
  }
}

/** PIDs in a cgroup and those below it. One that goes away meanwhile has none. */
export function membersOf(mount: string, cgroup: string): number[] {
  const folder = join(mount, cgroup);
  const own = pidsIn(folder);
  return [...new Set([...own, ...foldersIn(folder).flatMap((name) => membersOf(mount, join(cgroup, name)))])];
}

/** 0 stands for a process outside the reader's PID namespace. */
export function pidsIn(folder: string): number[] {
  const text = readOrNull(join(folder, 'cgroup.procs')) ?? '';
  return [
    ...new Set(
      text
        .split('\n')
        .filter((line) => /^[1-9]\d*$/.test(line))
        .map(Number),
    ),
  ];
}

export function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

export function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // Processes and cgroups come and go while they are listed.
  }
}
