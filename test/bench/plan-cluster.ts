/** A cluster of any size for the bench of the plan: like a real one in its shape, and the same in every run. */

import { limitSpec } from '../../api/limit.ts';
import { clusterPolicyKind, clusterPolicySpec, policyKind, policySpec } from '../../api/policy.ts';
import type { Limit, Namespace, Node, Pod, Policy, Snapshot } from '../../operator/snapshot.ts';

export interface Size {
  readonly nodes: number;
  readonly pods: number;
  readonly policies: number;
}

const namespaces = 500;
const tiers = ['web', 'api', 'worker', 'cache', 'batch'];
const zones = ['a', 'b', 'c'];

const each = <T>(count: number, make: (index: number) => T): T[] => [...Array(count).keys()].map(make);
const at = <T>(list: readonly T[], index: number): T => list[index % list.length]!;
const hex = (seed: number, digits: number): string =>
  each(Math.ceil(digits / 8), (part) =>
    (Math.imul(seed + 1, 2_654_435_761 + 2 * part) >>> 0).toString(16).padStart(8, '0'),
  )
    .join('')
    .slice(0, digits);

const namespaceName = (index: number): string => `team-${index % namespaces}`;
const nodeName = (index: number): string => `node-${String(index).padStart(5, '0')}`;

/** Pods of one namespace are spread over the nodes as a scheduler does, not side by side. */
export function benchPod(index: number, size: Size): Pod {
  const tier = at(tiers, index);
  const name = `${tier}-${hex(index >> 3, 10)}-${hex(index, 5)}-${index}`;
  return {
    namespace: namespaceName(index * 7),
    name,
    uid: `${hex(index, 8)}-0000-4000-8000-${hex(index, 12)}`,
    node: nodeName((index * 7919) % size.nodes),
    labels: { app: name.slice(0, 12), tier, 'pod-template-hash': hex(index >> 3, 10) },
    annotations: index % 50 === 0 ? { 'ebb.dev/idle': 'true' } : {},
    qosClass: index % 10 === 0 ? 'Guaranteed' : 'Burstable',
    priorityClassName: index % 40 === 0 ? 'system-node-critical' : null,
    mirrorOf: null,
    terminating: index % 97 === 0,
    finished: false,
    containers: [
      { name: 'app', id: `containerd://${hex(index * 2, 64)}`, kind: 'App' },
      { name: 'istio-proxy', id: `containerd://${hex(index * 2 + 1, 64)}`, kind: 'Sidecar' },
    ],
  };
}

const steps = [
  { advice: 'Cold', afterIdleSeconds: 300 },
  { advice: 'PageOut', afterIdleSeconds: 900 },
];
const createdAt = '2026-01-01T00:00:00Z';

/** One is for every pod, and one in five for the whole cluster, so that every pod is asked by dozens. */
function benchPolicy(index: number): Policy {
  const common = { name: `policy-${index}`, uid: `policy-${index}`, generation: 1, createdAt };
  if (index === 0) {
    const spec = clusterPolicySpec.parse({ podSelector: {}, steps, priority: 1000 });
    return { ...common, name: 'ebb-default', kind: clusterPolicyKind, namespace: null, spec, stage: null };
  }
  const podSelector = { matchLabels: { tier: at(tiers, index >> 1) } };
  const said = { podSelector, steps, priority: index % 7, mode: 'Enforce', containers: { exclude: ['istio-proxy'] } };
  if (index % 5 > 0)
    return { ...common, kind: policyKind, namespace: namespaceName(index), spec: policySpec.parse(said) };
  const namespaceSelector = { matchExpressions: [{ key: 'env', operator: 'In', values: ['prod', at(zones, index)] }] };
  const nodeSelector = index % 2 > 0 ? { matchLabels: { zone: at(zones, index) } } : undefined;
  const spec = clusterPolicySpec.parse({ ...said, namespaceSelector, nodeSelector });
  return { ...common, kind: clusterPolicyKind, namespace: null, spec, stage: null };
}

function benchLimit(index: number): Limit {
  const namespaceSelector = { matchLabels: { env: at(['prod', 'a'], index) } };
  const spec = limitSpec.parse({
    namespaceSelector,
    limits: { maxBytesPerSecond: `${64 + index}Mi` },
    node: { maxBytesPerSecond: '1Gi' },
    namespace: { maxSwappedBytesPerNode: '4Gi' },
  });
  return { name: `limit-${index}`, uid: `limit-${index}`, generation: 1, spec };
}

function benchNamespace(index: number): Namespace {
  const labels = { env: at(['prod', 'a', 'b'], index), 'ebb.dev/allow': at(['enforce', 'no'], index) };
  return { name: namespaceName(index), labels, annotations: {} };
}

function benchNode(index: number): Node {
  const labels = { zone: at(zones, index), 'kubernetes.io/hostname': nodeName(index) };
  const name = nodeName(index);
  const state = { taints: [], unschedulable: false, deleting: false, ready: true };
  return { name, uid: `node-${index}`, labels, annotations: {}, ...state };
}

export function benchCluster(size: Size): Snapshot {
  return {
    policies: each(size.policies, benchPolicy),
    limits: each(4, benchLimit),
    // As they come from an API server: texts that were read, not put together.
    pods: each(size.pods, (index) => JSON.parse(JSON.stringify(benchPod(index, size))) as Pod),
    namespaces: each(namespaces, benchNamespace),
    nodes: each(size.nodes, benchNode),
  };
}
