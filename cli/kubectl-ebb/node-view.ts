/**
 * A node's object as the plugin shows it: who its pods are, what its agent said of their containers. What can't be read is
 * told, never guessed. Pure; status, top and why are made from it.
 */
import type { Condition } from '../../api/conditions.ts';
import type { FieldFinding } from '../../api/decode.ts';
import { showPath } from '../../api/escape.ts';
import { decodeLeniently } from '../../api/lenient.ts';
import { type NodeSpec, nodeSpec } from '../../api/node-spec.ts';
import { type ContainerStatus, type NodeStatus, nodeStatus } from '../../api/node-status.ts';
import { silentMillis } from '../../operator/figures.ts';
import { fieldsOf, listAt, textAt } from '../../operator/raw.ts';

export interface NodeView {
  readonly name: string;
  readonly createdAt: string | null;
  readonly generation: number;
  /** Why it is paused; none: it is not. */
  readonly paused: readonly string[];
  readonly pods: NodeSpec['pods'];
  readonly omittedPods: number;
  /** By the name of the profile. */
  readonly policies: ReadonlyMap<string, ProfileView>;
  /** {}: the agent has not reported yet. */
  readonly status: NodeStatus;
  /** What of the object can't be read, in words. */
  readonly unreadable: readonly string[];
}

export interface ProfileView {
  readonly mode: string;
  /** "shop/idle-web", or "ebb-default" of a cluster policy. */
  readonly policy: string;
  readonly kind: string;
  /** Of the MemoryAdviceLimits that tightened it. */
  readonly limits: readonly string[];
}

export function nodeViewOf(object: unknown): NodeView {
  const { metadata, spec, status } = fieldsOf(object);
  const wanted = decodeLeniently(nodeSpec, spec);
  const said = status === undefined ? { policy: {} } : decodeLeniently(nodeStatus, status);
  const pods = 'policy' in wanted ? wanted.policy : { pods: [], omittedPods: 0 };
  return {
    name: textAt(metadata, 'name') ?? '',
    createdAt: textAt(metadata, 'creationTimestamp'),
    generation: Number(fieldsOf(metadata)['generation'] ?? 0),
    // Readable even where the rest is not: a pause must be seen.
    paused: listAt(fieldsOf(spec)['paused'], 'reasons').filter((each) => typeof each === 'string'),
    pods: pods.pods,
    omittedPods: pods.omittedPods ?? 0,
    policies: new Map(listAt(spec, 'profiles').map(profileOf)),
    status: 'policy' in said ? said.policy : {},
    unreadable: [...problems('spec', wanted), ...problems('status', said)],
  };
}

function profileOf(profile: unknown): [string, ProfileView] {
  const [policy, ...limits] = listAt(profile, 'sources');
  const namespace = textAt(policy, 'namespace');
  const name = textAt(policy, 'name') ?? '';
  const view = {
    mode: textAt(profile, 'mode') ?? '',
    policy: namespace === null ? name : `${namespace}/${name}`,
    kind: textAt(policy, 'kind') ?? '',
    limits: limits.map((limit) => textAt(limit, 'name') ?? ''),
  };
  return [textAt(profile, 'name') ?? '', view];
}

function problems(half: string, decoded: object): string[] {
  const findings = 'findings' in decoded ? (decoded.findings as readonly FieldFinding[]) : [];
  return findings.slice(0, 3).map(({ path, value, allowed }) => {
    return `${showPath([half, ...path])}: value ${value}: allowed: ${allowed}`;
  });
}

export function conditionOf({ status }: NodeView, type: string): Condition | null {
  return status.conditions?.find((one) => one.type === type) ?? null;
}

/** An agent that has never reported is silent only once the object is old enough. */
export function hearing({ status, createdAt }: NodeView, now: number): 'heard' | 'silent' | 'not yet' {
  const reported = Date.parse(status.reportTime ?? '');
  if (now - reported <= silentMillis) return 'heard';
  return Number.isNaN(reported) && now - Date.parse(createdAt ?? '') <= silentMillis ? 'not yet' : 'silent';
}

export interface ContainerView {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly policy: ProfileView | null;
  readonly container: ContainerStatus;
}

/** What the agent listed, with whose it is; what it says of pods that the object no longer has is left out. */
export function containersOf(view: NodeView): ContainerView[] {
  const byUID = new Map(view.pods.map((pod) => [pod.uid, pod]));
  return (view.status.containers ?? []).flatMap((container) => {
    const pod = byUID.get(container.podUID);
    if (!pod) return [];
    const policy = view.policies.get(pod.profile) ?? null;
    return [{ node: view.name, namespace: pod.namespace, pod: pod.name, policy, container }];
  });
}
