/**
 * Which processes the user means, and which of them are refused before anything is opened. Pure: works on what host.ts
 * saw. The worker proves each one again through its pidfd.
 */
import { escapeText } from '../../api/escape.ts';
import type { Reason } from '../../api/reasons.ts';
import type { ContainerRef, ProcessSample } from '../../native/worker.ts';
import type { PassTarget } from '../../node-agent/act/request.ts';
import type { Container } from '../../node-agent/observe/container.ts';
import { Refused, UsageError } from '../exit.ts';

export interface HostView {
  /** Where the memory hierarchy is mounted. */
  readonly mount: string;
  /** Every cgroup with processes, containers among them. */
  readonly cgroups: readonly Container[];
  /** By PID; a PID that is not there has no process. */
  sample(pids: readonly number[]): ReadonlyMap<number, ProcessSample>;
  /** Of the process that this thread belongs to; null: there is none. */
  threadGroup(pid: number): number | null;
  /** Memory cgroup of a process below the mount, with its inode; null: unreadable. */
  cgroupOf(pid: number): ContainerRef | null;
  /** PIDs in this cgroup and those below it. */
  members(cgroup: ContainerRef): readonly number[];
  /** Ebb itself, its ancestors, the agent and its worker. */
  readonly own: ReadonlySet<number>;
}

export interface RefusedTarget {
  readonly target: PassTarget;
  readonly reason: Reason;
}

type Judged = RefusedTarget | { readonly target: PassTarget };

export interface Meant {
  /** For people. */
  readonly what: string;
  /** Whose usage tells what was freed; null: it can't be told. */
  readonly container: ContainerRef | null;
  /** Whose limits on swap hold, others in it or not; null: unreadable. */
  readonly swapCgroup: string | null;
  readonly targets: readonly PassTarget[];
  readonly refused: readonly RefusedTarget[];
}

/** A PID of this host. */
export function meantByPid(pid: number, host: HostView): Meant {
  return meantOne(`process ${pid}`, judge(pid, host), soleCgroup(pid, host), host);
}

/** A PID as the container counts. */
export function meantInContainer(containerPid: number, id: string, host: HostView): Meant {
  const container = findContainer(id, host);
  const samples = [...host.sample(container.pids).values()];
  const level = Math.min(...samples.map((sample) => sample.nsPids.length)) - 1;
  const found = samples.find((sample) => sample.nsPids[level] === containerPid);
  const what = `process ${containerPid} of container ${shortName(container)}`;
  if (found === undefined) return refusedAs(what, { pid: containerPid, startTicks: 0 }, 'NoSuchProcess');
  return meantOne(what, judge(found.pid, host), refOf(container, host), host);
}

function meantOne(what: string, judged: Judged, container: ContainerRef | null, host: HostView): Meant {
  if ('reason' in judged) return { what, container: null, swapCgroup: null, targets: [], refused: [judged] };
  const { target } = judged;
  const swapCgroup = host.cgroupOf(target.pid)?.cgroup ?? container?.cgroup ?? null;
  return { what, container, swapCgroup, targets: [target], refused: [] };
}

export function meantByContainer(id: string, host: HostView): Meant {
  const container = findContainer(id, host);
  return membersOf(`container ${shortName(container)}`, refOf(container, host), container.pids, host);
}

export function meantByCgroup(path: string, find: (path: string) => ContainerRef | null, host: HostView): Meant {
  const cgroup = find(path);
  if (cgroup === null)
    throw new Refused('NoSuchContainer', `there is no memory cgroup ${escapeText(path, 1024)} below ${host.mount}`);
  if (cgroup.cgroup === '/')
    throw new UsageError('the root cgroup is the whole machine: name one below it (ebb ps --all lists them)');
  const pids = host.members(cgroup);
  if (pids.length === 0)
    throw new Refused('NoSuchProcess', `the memory cgroup ${escapeText(cgroup.cgroup, 1024)} has no process`);
  return membersOf(`cgroup ${escapeText(cgroup.cgroup, 1024)}`, cgroup, pids, host);
}

function membersOf(what: string, container: ContainerRef, pids: readonly number[], host: HostView): Meant {
  const judged = pids.map((pid) => judge(pid, host));
  return {
    what,
    container,
    swapCgroup: container.cgroup,
    targets: judged.flatMap((one) => ('reason' in one ? [] : [one.target])),
    // What ended since it was listed was never meant.
    refused: judged.flatMap((one) => ('reason' in one && one.reason !== 'NoSuchProcess' ? [one] : [])),
  };
}

/** May this PID be advised at all? The order of the checks is the order in which a user understands the answer. */
function judge(pid: number, host: HostView): Judged {
  const group = host.threadGroup(pid);
  const sample = group === null ? undefined : host.sample([pid]).get(pid);
  const target: PassTarget = sample ? { pid, startTicks: sample.startTicks, sample } : { pid, startTicks: 0 };
  const reason = group === null || sample === undefined ? 'NoSuchProcess' : refusal(pid, group, sample, host.own);
  return reason === null ? { target } : { target, reason };
}

function refusal(pid: number, group: number, sample: ProcessSample, own: ReadonlySet<number>): Reason | null {
  if (pid === 1) return 'InitProcess';
  if (own.has(group)) return 'OwnProcess';
  if (sample.kernelThread) return 'KernelThread';
  if (group !== pid) return 'NotAProcess';
  if (sample.leaderExited) return 'LeaderExited';
  return sample.zombie ? 'Zombie' : null;
}

function findContainer(id: string, host: HostView): Container {
  if (!/^[0-9a-zA-Z][0-9a-zA-Z_.-]{0,127}$/.test(id)) throw new UsageError(`${escapeText(id)} is no container ID`);
  const known = host.cgroups.filter((one) => one.id !== null);
  const exact = known.filter((one) => one.id === id);
  const found =
    exact.length > 0 ? exact : known.filter((one) => one.id!.startsWith(id) || one.id!.startsWith(id.toLowerCase()));
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw new Refused('NoSuchContainer', `no container's ID begins with ${escapeText(id)} (ebb ps lists them)`);
  const ids = found
    .slice(0, 10)
    .map((one) => `\n  ${escapeText(one.id!)}`)
    .join('');
  throw new UsageError(`${escapeText(id)} may be any of ${found.length} containers; write more of it:${ids}`);
}

/** The process's own cgroup where nobody else is in it: only then its usage tells what this process freed. */
function soleCgroup(pid: number, host: HostView): ContainerRef | null {
  const cgroup = host.cgroupOf(pid);
  if (cgroup === null || cgroup.cgroup === '/') return null;
  const members = host.members(cgroup);
  return members.length === 1 && members[0] === pid ? cgroup : null;
}

const refOf = (container: Container, host: HostView): ContainerRef => ({
  mount: host.mount,
  cgroup: container.cgroup,
  cgroupInode: container.cgroupInode,
});

const refusedAs = (what: string, target: PassTarget, reason: Reason): Meant => ({
  what,
  container: null,
  swapCgroup: null,
  targets: [],
  refused: [{ target, reason }],
});

const shortName = (container: Container): string => escapeText(container.id?.slice(0, 12) ?? container.cgroup, 1024);
