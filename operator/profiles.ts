/**
 * A policy and the limits over it made into the profile that a node's object holds. Each distinct one is made once and
 * used by every node; its name depends on nothing but the policy and the limits that tightened it.
 */
import type { NodeProfile } from '../api/node-profile.ts';
import { apiVersion, clusterPolicyKind, policyKind } from '../api/policy.ts';
import type { Reason } from '../api/reasons.ts';
import { resolvePolicy } from '../api/resolve.ts';
import { inOrder, mostCautious, type Rules, tighten } from './bounds.ts';
import type { Candidate } from './candidate.ts';
import type { CandidateLimit } from './candidates.ts';
import { hashOf } from './hash.ts';
import type { ClusterPolicy, Limit, Namespace, NamespacedPolicy, Policy } from './snapshot.ts';

export const allowLabel = 'ebb.dev/allow';

export interface Resolved {
  readonly profile: NodeProfile;
  /** Its length as JSON. */
  readonly bytes: number;
  /** Why it does less than the policy says: EnforceNotAllowed, UnreadableLimit, RollingOut. */
  readonly notes: readonly Reason[];
}

/** Sources that an object names, after the policy itself; more limits than that hold all the same. */
const maxNamedLimits = 16;

export class Profiles {
  #kept = new WeakMap<Candidate, Map<string, Resolved>>();

  /** `limits` in their order. Kept for as long as the candidate itself is. */
  of(candidate: Candidate, limits: readonly CandidateLimit[], allowed: boolean): Resolved {
    const byLimits = this.#kept.get(candidate) ?? new Map<string, Resolved>();
    this.#kept.set(candidate, byLimits);
    const key = `${allowed} ${limits.map(({ limit }) => limit.name).join(' ')}`;
    const resolved =
      byLimits.get(key) ??
      resolve(
        candidate,
        limits.map(({ limit }) => limit),
        allowed,
      );
    byLimits.set(key, resolved);
    return resolved;
  }

  /** After a limit has changed. */
  forget(): void {
    this.#kept = new WeakMap();
  }
}

/** A namespaced policy acts only where whoever owns the namespaces has allowed it. */
export function mayEnforce(policy: Policy, namespace: Namespace | null): boolean {
  return policy.namespace === null || namespace?.labels[allowLabel] === 'enforce';
}

function resolve({ policy, note }: Candidate, limits: readonly Limit[], allowed: boolean): Resolved {
  const asked = rulesOf(policy);
  const permitted = allowed ? asked : { ...asked, mode: mostCautious(asked.mode, 'DryRun') };
  const tightening = limits.filter(({ spec }) => differ(permitted, tighten(permitted, spec)));
  const rules = tightening.reduce((tight, { spec }) => tighten(tight, spec), permitted);
  const profile = profileOf(policy, tightening, rules);
  const notes: Reason[] = [
    ...(permitted.mode === asked.mode ? [] : (['EnforceNotAllowed'] as const)),
    ...(tightening.some(({ spec }) => spec === null) ? (['UnreadableLimit'] as const) : []),
    ...(note === null ? [] : [note]),
  ];
  return { profile, bytes: JSON.stringify(profile).length, notes };
}

export function rulesOf(policy: AnyPolicy): Rules {
  const { name: _name, source: _source, priority: _priority, ...rules } = resolvePolicy(objectOf(policy), null);
  return { ...rules, guards: { ...rules.guards, pressure: inOrder(rules.guards.pressure) } };
}

/** However far it has been rolled out. */
type AnyPolicy = NamespacedPolicy | Omit<ClusterPolicy, 'stage'>;

function objectOf(policy: AnyPolicy): Parameters<typeof resolvePolicy>[0] {
  return policy.kind === policyKind
    ? { apiVersion, kind: policyKind, metadata: { name: policy.name, namespace: policy.namespace }, spec: policy.spec }
    : { apiVersion, kind: clusterPolicyKind, metadata: { name: policy.name }, spec: policy.spec };
}

function differ(a: Rules, b: Rules): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

function profileOf(policy: Policy, limits: readonly Limit[], rules: Rules): NodeProfile {
  const { mode, idle, steps, wake, memory, guards } = rules;
  const { swapMinFreePercent, pressure, refault, minGainBytes } = guards;
  const { maxNetworkBytesPerSecond, maxIOBytesPerSecond, ...always } = idle;
  return {
    name: nameOf(policy, limits),
    sources: [sourceOf(policy), ...limits.slice(0, maxNamedLimits).map(limitSource)],
    mode,
    idle: {
      ...always,
      ...(maxNetworkBytesPerSecond !== null && { maxNetworkBytesPerSecond }),
      ...(maxIOBytesPerSecond !== null && { maxIOBytesPerSecond }),
    },
    steps: [...steps],
    wake,
    memory: { ...memory, kinds: [...memory.kinds], excludeCommands: [...memory.excludeCommands] },
    limits: rules.limits,
    guards: { swap: { minFreePercent: swapMinFreePercent }, pressure: [...pressure], refault, minGainBytes },
    windows: [...rules.windows],
  };
}

function sourceOf({ kind, namespace, name, uid, generation }: Policy): NodeProfile['sources'][number] {
  return { kind, ...(namespace !== null && { namespace }), name, uid, generation };
}

function limitSource({ name, uid, generation }: Limit): NodeProfile['sources'][number] {
  return { kind: 'MemoryAdviceLimit', name, uid, generation };
}

const maxNameLength = 317;

/**
 * The policy's name; where limits tightened it, with a hash of who they are behind "//", which no other name holds. Edits
 * keep it: what is remembered by it on the node stays.
 */
function nameOf(policy: Policy, limits: readonly Limit[]): string {
  const base = policy.namespace === null ? policy.name : `${policy.namespace}/${policy.name}`;
  if (limits.length === 0) return base;
  const suffix = `//${hashOf([base, ...limits.map(({ uid }) => uid)].join(' '))}`;
  return base.slice(0, maxNameLength - suffix.length) + suffix;
}
