/**
 * The plan function alone at 5,000 nodes, 150,000 pods and 200 policies: from scratch, after one pod has changed, and what
 * the heap holds with all of it. No API server, no rights.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { clusterPolicyKind } from '../../api/policy.ts';
import { type Change, Planner } from '../../operator/planner.ts';
import type { Node, Snapshot } from '../../operator/snapshot.ts';
import type { Figure } from './figures.ts';
import { benchCluster, benchPod, type Size } from './plan-cluster.ts';

const size: Size = { nodes: 5_000, pods: 150_000, policies: 200 };
const settings = { ownNamespace: 'ebb-system' };
const changes = 2_000;
const what = `${size.nodes.toLocaleString('en')} nodes, ${size.pods.toLocaleString('en')} pods, ${size.policies} policies`;

export const plan = async (rounds: number): Promise<Figure[]> => {
  const snapshot = benchCluster(size);
  const full = repeated(Math.max(3, rounds), () => () => new Planner(snapshot, settings));
  const planner = new Planner(snapshot, settings);
  const heapBytes = heapUsed();
  const listed = [...planner.plan.nodes.values()].reduce((sum, { spec }) => sum + spec.pods.length, 0);
  if (listed < size.pods / 2) throw new Error(`only ${listed} of ${size.pods} pods follow a policy`);
  const apply = (change: Change) => () => planner.apply([change]);
  const pods = repeated(changes, (index) => apply(podChange(index)));
  const nodes = repeated(100, (index) => apply(cordon(snapshot.nodes[index]!)));
  const stages = repeated(40, (index) => apply(stage(snapshot, index)));
  const policies = repeated(20, (index) => apply(without(snapshot, index)));
  return [
    figure(
      `full: ${what}`,
      full,
      0.5,
      { most: 2000 },
      `${listed.toLocaleString('en')} pods listed; ${at(full.cpu, 0.5).toFixed(0)} ms of CPU`,
    ),
    figure(
      'one pod changed, p99',
      pods,
      0.99,
      { most: 5 },
      `${changes} changes, p50 ${at(pods.wall, 0.5).toFixed(3)} ms`,
    ),
    figure('one node cordoned, p50', nodes, 0.5, { most: 5 }, '100 nodes of 30 pods'),
    figure('one step of a roll-out, p50', stages, 0.5, null, `2 cluster policies, 5 % of the nodes each time`),
    figure('one policy of a namespace gone, p50', policies, 0.5, null, '20 policies, 300 pods each, on as many nodes'),
    {
      bench: 'plan',
      what: 'heap with snapshot and plan',
      value: heapBytes / 2 ** 20,
      unit: 'MiB',
      budget: { most: 1024 },
      detail: 'after a full collection',
    },
  ];
};

/** Milliseconds, each in ascending order. */
interface Times {
  readonly wall: readonly number[];
  /** Of this thread alone, whatever else the machine does; in steps of a tick, so for long runs only. */
  readonly cpu: readonly number[];
}

function repeated(count: number, prepare: (index: number) => () => unknown): Times {
  const times = Array.from({ length: count }, (_, index) => timed(prepare(index)));
  const sorted = (of: 'wall' | 'cpu'): number[] => times.map((one) => one[of]).sort((a, b) => a - b);
  return { wall: sorted('wall'), cpu: sorted('cpu') };
}

function timed(run: () => unknown): { readonly wall: number; readonly cpu: number } {
  const cpu = process.threadCpuUsage();
  const started = performance.now();
  run();
  const wall = performance.now() - started;
  const { user, system } = process.threadCpuUsage(cpu);
  return { wall, cpu: (user + system) / 1000 };
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)]!;

function figure(what: string, times: Times, share: number, budget: Figure['budget'], detail: string): Figure {
  const value = at(times.wall, share);
  return {
    bench: 'plan',
    what,
    value,
    unit: 'ms',
    budget,
    detail: `${detail}; longest ${times.wall.at(-1)!.toFixed(1)} ms`,
  };
}

/** A pod anywhere opts out. */
function podChange(index: number): Change {
  const pod = benchPod((index * 6_271) % size.pods, size);
  const annotations = { 'ebb.dev/do-not-advise': 'true' };
  return { of: 'Pod', namespace: pod.namespace, name: pod.name, now: { ...pod, annotations } };
}

function cordon(node: Node): Change {
  return { of: 'Node', name: node.name, now: { ...node, unschedulable: true } };
}

function without(snapshot: Snapshot, index: number): Change {
  const { namespace, name } = snapshot.policies.filter((policy) => policy.namespace !== null)[index]!;
  return { of: 'Policy', namespace, name, now: null };
}

/** Two policies in turn, from the first nodes to all of them; the first step of each holds the others back. */
function stage(snapshot: Snapshot, index: number): Change {
  const wide = snapshot.policies.filter((policy) => policy.kind === clusterPolicyKind);
  const policy = wide[1 + (index % 2)]!;
  const nodesPercent = 5 + 5 * Math.floor(index / 2);
  const now = { ...policy, stage: nodesPercent < 100 ? { nodesPercent, before: null } : null };
  return { of: 'Policy', namespace: null, name: policy.name, now };
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
