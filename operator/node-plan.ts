/**
 * The plan of one node: the spec of its object, what found no room in it, and what became of each policy here. Reads
 * nothing but the node, its pods and what surrounds them; planner.ts calls it for every node that a change can affect.
 */
import type { NodeProfile } from '../api/node-profile.ts';
import type { NodePod, NodeSpec } from '../api/node-spec.ts';
import type { Reason } from '../api/reasons.ts';
import { type Budget, namespaceBudget, nodeBudget } from './budgets.ts';
import type { Candidates, Surroundings } from './candidates.ts';
import { type Entry, fit, maxSpecBytes } from './fit.ts';
import { pauseReasons } from './pauses.ts';
import { byText } from './precedence.ts';
import { mayEnforce, type Profiles } from './profiles.ts';
import { select, type Verdict } from './select.ts';
import type { Container, Node, Pod, Settings } from './snapshot.ts';
import { Counter, type Tally } from './tally.ts';

export interface NodePlan {
  readonly node: string;
  readonly spec: NodeSpec;
  /** Of `spec` as JSON, at most. */
  readonly bytes: number;
  readonly omitted: { readonly pods: number; readonly containers: number };
  readonly tally: Tally;
}

/** What a pod is judged by besides itself. */
export interface World {
  readonly settings: Settings;
  readonly candidates: Candidates;
  readonly profiles: Profiles;
}

export function planNode(node: Node, pods: readonly Pod[], world: World): NodePlan {
  const counter = new Counter();
  const surroundings = new Map<string, Surroundings>();
  const judged = judgePods(node, pods, world, surroundings);
  const entries = judged.flatMap((one) => {
    const entry = entryOf(one, world);
    tell(counter, one, entry);
    return typeof entry === 'string' ? [] : [entry];
  });
  const { spec, bytes, left } = specOf(node, entries, surroundings);
  for (const { follows } of left) counter.policy(follows).says('NoRoom');
  const omitted = { pods: left.length, containers: left.reduce((sum, { pod }) => sum + pod.containers.length, 0) };
  return { node: node.name, spec, bytes, omitted, tally: counter.tally };
}

export interface JudgedPod {
  readonly pod: Pod;
  readonly around: Surroundings;
  readonly verdict: Verdict;
}

/** In the order given; `surroundings` gathers those met. */
export function judgePods(
  node: Node,
  pods: readonly Pod[],
  { candidates, settings }: World,
  surroundings: Map<string, Surroundings>,
): JudgedPod[] {
  const duplicates = duplicateUIDs(pods);
  return pods.map((pod) => {
    const around = surroundings.get(pod.namespace) ?? candidates.around(pod.namespace, node);
    surroundings.set(pod.namespace, around);
    const { ownNamespace } = settings;
    return { pod, around, verdict: select({ pod, around, ownNamespace, duplicate: duplicates.has(cgroupUID(pod)) }) };
  });
}

/** What its cgroup is named by, and so what the agent tells pods apart by. */
function cgroupUID({ uid, mirrorOf }: Pod): string {
  return mirrorOf || uid;
}

function duplicateUIDs(pods: readonly Pod[]): ReadonlySet<string> {
  const seen = new Set(pods.map(cgroupUID));
  if (seen.size === pods.length) return none;
  return new Set(pods.map(cgroupUID).filter((uid) => !seen.delete(uid)));
}

const none: ReadonlySet<string> = new Set();

/** The pod as the object lists it, or why it can't be listed. */
function entryOf({ pod, around, verdict }: JudgedPod, { profiles }: World): Entry | Reason {
  const { winner, reason, declaredIdle } = verdict;
  if (winner === null) return reason ?? 'NoPolicy';
  const resolved = profiles.of(winner, around.limits, mayEnforce(winner.policy, around.namespace));
  const containers = verdict.containers.flatMap(listed);
  if (containers.length === 0) return 'NotStarted';
  if (!isUID(pod.uid) || (pod.mirrorOf !== null && !isUID(pod.mirrorOf)) || pod.qosClass === null)
    return 'MalformedPod';
  const entry: NodePod = {
    uid: pod.uid,
    ...(pod.mirrorOf !== null && pod.mirrorOf !== pod.uid && { cgroupUID: pod.mirrorOf }),
    namespace: pod.namespace,
    name: pod.name,
    qosClass: pod.qosClass,
    profile: resolved.profile.name,
    ...(declaredIdle !== undefined && { declaredIdle }),
    containers,
  };
  return { pod: entry, follows: winner.key, resolved, maxSwappedBytes: namespaceBudget(budgetsOf(around)) };
}

const isUID = (text: string): boolean => /^[A-Za-z0-9-]{1,64}$/.test(text);

/** 16 digits of the ID tell containers of a node apart, and keep the object small. */
const idStart = /^(?:[a-z][a-z-]*:\/\/)?([A-Za-z0-9_.-]{16})[A-Za-z0-9_.-]*$/;

/** What has not started has no ID, and no memory. */
function listed({ name, id }: Container): NodePod['containers'] {
  const start = id === null ? undefined : idStart.exec(id)?.[1];
  return start === undefined ? [] : [{ name, id: start }];
}

/** Counts a pod for every policy that means it, and for the limits over the one it follows. */
function tell(counter: Counter, { around, verdict }: JudgedPod, entry: Entry | Reason): void {
  const { winner, overridden, refused, note } = verdict;
  for (const { by, reason } of refused) counter.policy(by.key).says(reason);
  if (winner === null) return;
  counter.policy(winner.key).follows();
  for (const { key } of overridden) {
    counter.policy(key).isOverriddenBy(winner.key);
    counter.policy(winner.key).comesBefore(key);
  }
  const notes = typeof entry === 'string' ? [entry] : entry.resolved.notes;
  for (const reason of note === null ? notes : [...notes, note]) counter.policy(winner.key).says(reason);
  for (const { limit } of around.limits) counter.limit(limit.name);
}

function budgetsOf(around: Surroundings): Budget[] {
  return around.limits.map(({ budget }) => budget);
}

function specOf(
  node: Node,
  entries: readonly Entry[],
  surroundings: ReadonlyMap<string, Surroundings>,
): Pick<NodePlan, 'spec' | 'bytes'> & { readonly left: readonly Entry[] } {
  const following = new Set(entries.map(({ pod }) => pod.namespace));
  const budget = nodeBudget([...following].flatMap((name) => budgetsOf(surroundings.get(name)!)));
  const reasons = pauseReasons(node);
  const around = {
    nodeUID: node.uid,
    ...(reasons.length > 0 && { paused: { reasons } }),
  };
  const outerBytes = JSON.stringify({ ...around, ...widest, limits: { ...budget, namespaces: [] } }).length;
  const { pods, profiles, namespaces, left, bytes } = fit(entries, maxSpecBytes - outerBytes);
  const spec: NodeSpec = {
    ...around,
    profiles: profiles.sort(byName),
    pods,
    ...((budget || namespaces.length > 0) && { limits: { ...budget, ...(namespaces.length > 0 && { namespaces }) } }),
    ...(left.length > 0 && { omittedPods: Math.min(left.length, widest.omittedPods) }),
  };
  return { spec, bytes: outerBytes + bytes, left };
}

/** The most that the schema lets it say. */
const widest = { profiles: [], pods: [], omittedPods: 10_000 };

const byName = (a: NodeProfile, b: NodeProfile): number => byText(a.name, b.name);
