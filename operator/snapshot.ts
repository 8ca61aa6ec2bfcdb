/**
 * What a plan is made from: the fields of policies, limits, pods, namespaces and nodes that it reads, as plain values.
 * The list-watch keeps these and nothing else; select.ts, profiles.ts and plan.ts read them.
 */
import type { MemoryAdviceLimit } from '../api/limit.ts';
import type { ClusterMemoryAdvicePolicy, clusterPolicyKind, MemoryAdvicePolicy, policyKind } from '../api/policy.ts';

export type TextMap = Readonly<Record<string, string>>;
export type QoSClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

interface Versioned {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
}

interface AnyPolicy extends Versioned {
  /** metadata.creationTimestamp: RFC 3339 in UTC, so that text order is time order. */
  readonly createdAt: string;
}

export interface NamespacedPolicy extends AnyPolicy {
  readonly kind: typeof policyKind;
  readonly namespace: string;
  readonly spec: MemoryAdvicePolicy['spec'];
}

export type ClusterSpec = ClusterMemoryAdvicePolicy['spec'];

export interface ClusterPolicy extends AnyPolicy {
  readonly kind: typeof clusterPolicyKind;
  readonly namespace: null;
  readonly spec: ClusterSpec;
  /** How far its roll-out has come (rollout.ts); null: it holds on every node. */
  readonly stage: Stage | null;
}

/** On nodes that are not reached, `before` holds in so far as the spec does not forbid it (held.ts). */
export interface Stage {
  /** Of all nodes, by the hash of their UIDs (reach.ts). */
  readonly nodesPercent: number;
  /** What held on every node last; null: nothing did. */
  readonly before: ClusterSpec | null;
}

/** Decoded and accepted: what could not be decoded is told to its owner and is not here. */
export type Policy = NamespacedPolicy | ClusterPolicy;

export interface Limit extends Versioned {
  /** null: it could not be decoded. Leaving it out would loosen what it holds. */
  readonly spec: MemoryAdviceLimit['spec'] | null;
}

export interface Container {
  readonly name: string;
  /** As status says it, "containerd://4f1e…" or without the scheme; null until it has started. */
  readonly id: string | null;
  readonly kind: 'App' | 'Sidecar' | 'Init' | 'Ephemeral';
}

export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** null: not bound yet. */
  readonly node: string | null;
  readonly labels: TextMap;
  /** Those of ebb.dev; no others are read. */
  readonly annotations: TextMap;
  /** null: the API server has not said. */
  readonly qosClass: QoSClass | null;
  readonly priorityClassName: string | null;
  /** Of a mirror (static) pod, what its cgroup is named by (annotation kubernetes.io/config.hash); "" if it is not said. */
  readonly mirrorOf: string | null;
  readonly terminating: boolean;
  /** Succeeded or Failed. */
  readonly finished: boolean;
  readonly containers: readonly Container[];
}

export interface Namespace {
  readonly name: string;
  readonly labels: TextMap;
  readonly annotations: TextMap;
}

export interface Node {
  readonly name: string;
  readonly uid: string;
  readonly labels: TextMap;
  readonly annotations: TextMap;
  /** Keys; the values and effects say nothing here. */
  readonly taints: readonly string[];
  readonly unschedulable: boolean;
  /** It goes once those who asked to be waited for are done with it. */
  readonly deleting: boolean;
  /** False where the condition is Unknown or missing too. */
  readonly ready: boolean;
}

/** Taken after every kind has synced: what is not here does not exist. One object for each key. */
export interface Snapshot {
  readonly policies: readonly Policy[];
  readonly limits: readonly Limit[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
}

/** What the operator knows of itself. */
export interface Settings {
  /** Ebb's own namespace: critical, as kube-system is. */
  readonly ownNamespace: string;
}
