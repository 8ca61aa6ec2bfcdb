/**
 * A node's object reduced, at the moment it is read, to what the status of policies and the apply loop need of it: 5,000
 * objects of 256 KiB must never be kept whole. What can't be read in it counts as absent. Pure.
 */
import { hashOf } from './hash.ts';
import { byText } from './precedence.ts';
import { countAt, type Fields, fieldsAt, fieldsOf, listAt, sumAt, textAt } from './raw.ts';

export interface NodeReport {
  /** Its name, and the node's. */
  readonly node: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly createdAt: string;
  readonly deleting: boolean;
  /** Of spec as the API server gives it. */
  readonly specHash: string;
  /** The Node that the spec is for; null: it can't be read. */
  readonly nodeUID: string | null;
  /** UID of the Node that owns the object. */
  readonly ownedBy: string | null;
  /** spec.paused is there. */
  readonly paused: boolean;
  readonly observedGeneration: number | null;
  readonly reportTime: string | null;
  readonly conditions: readonly ReportedCondition[];
  readonly agentVersion: string | null;
  /** By UID: those in the spec, and those that the agent still reports of. */
  readonly policies: ReadonlyMap<string, ReportedPolicy>;
}

export interface ReportedCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export interface ReportedPolicy {
  /** Of the policy that the profiles here were made from, the oldest of them; null: no profile here is of it. */
  readonly generation: number | null;
  /** In force for its pods here, by the profiles they follow. */
  readonly modes: readonly ModeOfPods[];
  /** null: the agent says nothing of it. */
  readonly row: PolicyRow | null;
  /** At most 20, those with the most in swap first; none without. */
  readonly topPods: readonly ReportedPod[];
}

export interface ModeOfPods {
  readonly mode: string;
  readonly pods: number;
}

export interface PolicyRow {
  /** Why the node does not follow it; null: it does. */
  readonly reason: string | null;
  readonly containers: number;
  readonly idleContainers: number;
  readonly residentBytes: number;
  readonly swappedBytes: number;
  readonly wouldReclaimBytes: number;
  readonly netByteSeconds: bigint;
  readonly reclaimedBytes: number;
  readonly refaultedBytes: number;
}

export interface ReportedPod {
  readonly namespace: string;
  readonly name: string;
  readonly resident: number;
  readonly swapped: number;
}

export const maxTopPods = 20;

/** `before`, the object as it was read last, spares hashing a spec that is still of the same generation. */
export function readNodeReport(object: unknown, before?: NodeReport): NodeReport {
  const { metadata, spec, status } = fieldsOf(object);
  const uid = textAt(metadata, 'uid') ?? '';
  const generation = countAt(metadata, 'generation') ?? 0;
  const same = before !== undefined && before.uid === uid && before.generation === generation;
  return {
    node: textAt(metadata, 'name') ?? '',
    uid,
    resourceVersion: textAt(metadata, 'resourceVersion') ?? '',
    generation,
    createdAt: textAt(metadata, 'creationTimestamp') ?? '',
    deleting: textAt(metadata, 'deletionTimestamp') !== null,
    specHash: same ? before.specHash : specHashOf(spec),
    nodeUID: textAt(spec, 'nodeUID'),
    ownedBy: ownerOf(metadata),
    paused: listAt(fieldsAt(spec, 'paused'), 'reasons').length > 0,
    observedGeneration: countAt(status, 'observedGeneration'),
    reportTime: textAt(status, 'reportTime'),
    conditions: listAt(status, 'conditions').map(conditionOf),
    agentVersion: textAt(fieldsAt(status, 'agent'), 'version'),
    policies: policiesOf(spec, status),
  };
}

/** The same for equal specs, whatever the order of their fields. */
export function specHashOf(spec: unknown): string {
  return hashOf(JSON.stringify(spec, sorted) ?? '');
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => byText(a, b)));
}

function ownerOf(metadata: unknown): string | null {
  const owner = listAt(metadata, 'ownerReferences').find((one) => textAt(one, 'kind') === 'Node');
  return textAt(owner, 'uid');
}

function conditionOf(value: unknown): ReportedCondition {
  return {
    type: textAt(value, 'type') ?? '',
    status: textAt(value, 'status') ?? '',
    reason: textAt(value, 'reason', word) ?? '',
  };
}

const word = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
const namespaceName = /^[a-z0-9-]{1,63}$/;
const podName = /^[a-z0-9.-]{1,253}$/;

function policiesOf(spec: unknown, status: unknown): ReadonlyMap<string, ReportedPolicy> {
  const rows = new Map(listAt(status, 'policies').map((row) => [textAt(row, 'uid') ?? '', rowOf(fieldsOf(row))]));
  const profiles = Map.groupBy(listAt(spec, 'profiles').map(profileOf), ({ uid }) => uid);
  const pods = podsByProfile(spec, status);
  const following = countedPods(spec);
  const ownOf = (uid: string) =>
    (profiles.get(uid) ?? []).map((one) => ({ ...one, pods: following.get(one.name) ?? 0 }));
  const uids = new Set([...profiles.keys(), ...rows.keys()]);
  uids.delete('');
  return new Map([...uids].map((uid) => [uid, reported(ownOf(uid), rows.get(uid) ?? null, pods)]));
}

function reported(
  own: readonly Followed[],
  row: PolicyRow | null,
  pods: ReadonlyMap<string, ReportedPod[]>,
): ReportedPolicy {
  return {
    generation: own.length > 0 ? Math.min(...own.map(({ generation }) => generation)) : null,
    modes: modesOf(own),
    row,
    topPods: own
      .flatMap(({ name }) => pods.get(name) ?? [])
      .sort(bySwapped)
      .slice(0, maxTopPods),
  };
}

interface Followed extends ProfileOf {
  readonly pods: number;
}

function modesOf(own: readonly Followed[]): ModeOfPods[] {
  const pods = new Map<string, number>();
  for (const one of own) if (one.mode !== null) pods.set(one.mode, (pods.get(one.mode) ?? 0) + one.pods);
  return [...pods].map(([mode, count]) => ({ mode, pods: count }));
}

function countedPods(spec: unknown): Map<string, number> {
  const counts = new Map<string, number>();
  for (const pod of listAt(spec, 'pods')) {
    const profile = textAt(pod, 'profile') ?? '';
    counts.set(profile, (counts.get(profile) ?? 0) + 1);
  }
  return counts;
}

interface ProfileOf {
  readonly name: string;
  readonly mode: string | null;
  readonly uid: string;
  readonly generation: number;
}

function profileOf(profile: unknown): ProfileOf {
  const source = listAt(profile, 'sources')[0];
  return {
    name: textAt(profile, 'name') ?? '',
    mode: textAt(profile, 'mode', word),
    uid: textAt(source, 'uid') ?? '',
    generation: countAt(source, 'generation') ?? 0,
  };
}

function rowOf(row: Fields): PolicyRow {
  return {
    reason: textAt(row, 'reason', word),
    containers: countAt(row, 'containers') ?? 0,
    idleContainers: countAt(row, 'idleContainers') ?? 0,
    residentBytes: countAt(row, 'residentBytes') ?? 0,
    swappedBytes: countAt(row, 'swappedBytes') ?? 0,
    wouldReclaimBytes: countAt(row, 'wouldReclaimBytes') ?? 0,
    netByteSeconds: sumAt(row, 'netByteSeconds') ?? 0n,
    reclaimedBytes: countAt(row, 'reclaimedBytesTotal') ?? 0,
    refaultedBytes: countAt(row, 'refaultedBytesTotal') ?? 0,
  };
}

/** Those with something in swap. */
function podsByProfile(spec: unknown, status: unknown): Map<string, ReportedPod[]> {
  const containers = Map.groupBy(listAt(status, 'containers'), (one) => textAt(one, 'podUID') ?? '');
  const byProfile = new Map<string, ReportedPod[]>();
  if (containers.size === 0) return byProfile;
  for (const pod of listAt(spec, 'pods')) {
    const own = containers.get(textAt(pod, 'uid') ?? '') ?? [];
    const sum = (name: string): number => own.reduce<number>((bytes, one) => bytes + (countAt(one, name) ?? 0), 0);
    const [swapped, resident] = [sum('swapBytes'), sum('anonBytes')];
    const namespace = textAt(pod, 'namespace', namespaceName);
    const name = textAt(pod, 'name', podName);
    if (swapped === 0 || namespace === null || name === null) continue;
    const profile = textAt(pod, 'profile') ?? '';
    byProfile.set(profile, [...(byProfile.get(profile) ?? []), { namespace, name, resident, swapped }]);
  }
  return byProfile;
}

/** A total order, so that the same reports in any order give the same list. */
export function bySwapped(a: ReportedPod, b: ReportedPod): number {
  return b.swapped - a.swapped || byText(a.namespace, b.namespace) || byText(a.name, b.name);
}
