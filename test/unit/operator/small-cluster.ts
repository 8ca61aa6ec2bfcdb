/** Objects of a small cluster with everything left at its usual value, for the tests of operator/. */
import { limitSpec } from '../../../api/limit.ts';
import { clusterPolicyKind, clusterPolicySpec, policyKind, policySpec } from '../../../api/policy.ts';
import type {
  ClusterPolicy,
  Container,
  Limit,
  Namespace,
  NamespacedPolicy,
  Node,
  Pod,
  Settings,
  Snapshot,
} from '../../../operator/snapshot.ts';

export const settings: Settings = { ownNamespace: 'ebb-system' };

const steps = [{ advice: 'PageOut', afterIdleSeconds: 900 }];
const common = { uid: '', generation: 1, createdAt: '2026-01-01T00:00:00Z' };

type Spec = Readonly<Record<string, unknown>>;

export function policy(name: string, spec: Spec = {}, meta: Partial<NamespacedPolicy> = {}): NamespacedPolicy {
  const namespace = meta.namespace ?? 'shop';
  const parsed = policySpec.parse({ podSelector: {}, steps, ...spec });
  return { ...common, uid: `uid-${namespace}-${name}`, ...meta, kind: policyKind, namespace, name, spec: parsed };
}

export function clusterPolicy(name: string, spec: Spec = {}, meta: Partial<ClusterPolicy> = {}): ClusterPolicy {
  const parsed = clusterPolicySpec.parse({ podSelector: {}, steps, ...spec });
  return {
    ...common,
    uid: `uid-${name}`,
    stage: null,
    ...meta,
    kind: clusterPolicyKind,
    namespace: null,
    name,
    spec: parsed,
  };
}

export function limit(name: string, spec: Spec | null = {}): Limit {
  return { name, uid: `uid-limit-${name}`, generation: 1, spec: spec && limitSpec.parse(spec) };
}

/** Any text made into what a runtime would say. */
export function containerID(text: string): string {
  return `containerd://${Buffer.from(text.padEnd(32, '.')).toString('hex').slice(-64)}`;
}

export function container(name: string, fields: Partial<Container> = {}): Container {
  return { name, id: containerID(name), kind: 'App', ...fields };
}

export function pod(name: string, fields: Partial<Pod> = {}): Pod {
  return {
    namespace: 'shop',
    name,
    uid: `uid-${fields.namespace ?? 'shop'}-${name}`,
    node: 'node-1',
    labels: {},
    annotations: {},
    qosClass: 'Burstable',
    priorityClassName: null,
    mirrorOf: null,
    terminating: false,
    finished: false,
    containers: [container('app')],
    ...fields,
  };
}

export function namespace(name: string, fields: Partial<Namespace> = {}): Namespace {
  return { name, labels: {}, annotations: {}, ...fields };
}

export function node(name: string, fields: Partial<Node> = {}): Node {
  return {
    name,
    uid: `uid-${name}`,
    labels: {},
    annotations: {},
    taints: [],
    unschedulable: false,
    deleting: false,
    ready: true,
    ...fields,
  };
}

/** One node and the namespace shop, unless said otherwise. */
export function cluster(parts: Partial<Snapshot> = {}): Snapshot {
  return { policies: [], limits: [], pods: [], namespaces: [namespace('shop')], nodes: [node('node-1')], ...parts };
}
