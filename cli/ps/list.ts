/** Pure: containers with their processes, sorted, from what was found, sampled, and said by a running agent. */
import type { ProcessSample } from '../../native/worker.ts';
import type { Container } from '../../node-agent/observe/container.ts';
import type { ContainerState } from '../../node-agent/report/state.ts';
import { commText } from '../comm.ts';
import type { SortKey } from './command.ts';

export interface ListedProcess {
  readonly pid: number;
  /** In its innermost PID namespace. */
  readonly containerPid: number;
  /** At every level, this host's first. */
  readonly nsPids: readonly number[];
  readonly comm: string;
  readonly uid: number;
  readonly threads: number;
  /** R, S, D, Z, T, t or I: proc_pid_stat(5). */
  readonly state: string;
  readonly rssAnonBytes: number;
  readonly swapBytes: number;
}

export interface ListedContainer {
  readonly id: string | null;
  readonly runtime: string | null;
  readonly podUID: string | null;
  readonly qosClass: string | null;
  readonly cgroup: string;
  /** Of the agent's decision; null: no agent, or it does not know this one. */
  readonly state: string | null;
  readonly reason: string | null;
  readonly rssAnonBytes: number;
  readonly swapBytes: number;
  readonly processes: readonly ListedProcess[];
}

export function list(
  containers: readonly Container[],
  samples: ReadonlyMap<number, ProcessSample>,
  states: readonly ContainerState[],
  sort: SortKey,
): ListedContainer[] {
  const byCgroup = new Map(states.map((state) => [state.cgroup, state]));
  const listed = containers.map((one) => listContainer(one, samples, byCgroup.get(one.cgroup), sort));
  return listed.sort((a, b) => compareContainers[sort](a, b) || compareText(a.cgroup, b.cgroup));
}

function listContainer(
  { id, runtime, podUID, qosClass, cgroup, pids }: Container,
  samples: ReadonlyMap<number, ProcessSample>,
  state: ContainerState | undefined,
  sort: SortKey,
): ListedContainer {
  const processes = pids.flatMap((pid) => samples.get(pid) ?? []).map(listProcess);
  processes.sort((a, b) => compareProcesses[sort](a, b) || a.pid - b.pid);
  return {
    ...{ id, runtime, podUID, qosClass, cgroup },
    state: state?.state ?? null,
    reason: state?.reason ?? null,
    rssAnonBytes: processes.reduce((sum, one) => sum + one.rssAnonBytes, 0),
    swapBytes: processes.reduce((sum, one) => sum + one.swapBytes, 0),
    processes,
  };
}

const listProcess = (sample: ProcessSample): ListedProcess => ({
  pid: sample.pid,
  containerPid: sample.nsPids.at(-1) ?? sample.pid,
  nsPids: sample.nsPids,
  comm: commText(sample.comm),
  uid: sample.uid,
  threads: sample.threads,
  state: sample.state,
  rssAnonBytes: sample.rssAnonBytes,
  swapBytes: sample.swapBytes,
});

type Compare<T> = Readonly<Record<SortKey, (a: T, b: T) => number>>;

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const compareProcesses: Compare<ListedProcess> = {
  anon: (a, b) => b.rssAnonBytes - a.rssAnonBytes,
  swap: (a, b) => b.swapBytes - a.swapBytes,
  pid: (a, b) => a.pid - b.pid,
  name: (a, b) => compareText(a.comm, b.comm),
};

const compareContainers: Compare<ListedContainer> = {
  anon: (a, b) => b.rssAnonBytes - a.rssAnonBytes,
  swap: (a, b) => b.swapBytes - a.swapBytes,
  pid: (a, b) => firstPid(a) - firstPid(b),
  name: (a, b) => compareText(a.id ?? a.cgroup, b.id ?? b.cgroup),
};

const firstPid = (one: ListedContainer): number => Math.min(...one.processes.map(({ pid }) => pid));
