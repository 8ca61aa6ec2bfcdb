/**
 * The objects of a cluster of any size for the benches on a real API server: pods as large as real ones are (two containers
 * with environment, a probe, a mount), spread over the nodes as a scheduler does. The same in every run.
 */

import { apiVersion, clusterPolicyKind, policyKind } from '../../../api/policy.ts';
import type { KubeObject } from '../../../kube/resource.ts';

export const namespaces = 50;
const tiers = ['web', 'api', 'worker', 'cache', 'batch'];

export const namespaceName = (index: number): string => `team-${index % namespaces}`;
export const nodeName = (index: number): string => `node-${String(index).padStart(5, '0')}`;

export interface PodPlace {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
}

/** The `index`-th pod of a cluster with that many nodes. */
export function podPlace(index: number, nodes: number): PodPlace {
  const app = `${tiers[index % tiers.length]!}-${Math.floor(index / 40)}`;
  const suffix = (Math.imul(index + 1, 2_654_435_761) >>> 0).toString(36);
  return {
    namespace: namespaceName(index),
    name: `${app}-6d4b75cb6d-${suffix}-${index}`,
    node: nodeName((index * 7919) % nodes),
  };
}

const environment = Array.from({ length: 4 }, (_, index) => ({
  name: `SERVICE_SETTING_${index}`,
  value: `http://backend-${index}.internal.example:8080/api/v1`,
}));
const volumeMounts = [{ name: 'config', mountPath: '/etc/app' }];
const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10, failureThreshold: 3 };

function container(name: string) {
  return {
    name,
    image: `registry.example/${name}@sha256:${'0123456789abcdef'.repeat(4)}`,
    env: environment,
    ports: [{ name: 'http', containerPort: 8080 }],
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    readinessProbe: probe,
    volumeMounts,
  };
}

const containerNames = ['app', 'istio-proxy'];

export function podBody({ namespace, name, node }: PodPlace) {
  const app = name.split('-').slice(0, 2).join('-');
  const labels = { app, tier: app.split('-')[0]!, 'pod-template-hash': '6d4b75cb6d', 'app.kubernetes.io/name': app };
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080', checksum: 'f'.repeat(64) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations },
    spec: {
      nodeName: node,
      containers: containerNames.map(container),
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      volumes: [{ name: 'config', configMap: { name: app } }],
    },
  };
}

const startedAt = '2026-01-01T00:00:00Z';
const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
  type,
  status: 'True',
  lastTransitionTime: startedAt,
}));

/** As a kubelet writes it once all containers run; IDs made from the pod's UID. */
export function podStatus(uid: string) {
  const digits = uid.replaceAll('-', '');
  const containerStatuses = containerNames.map((name, index) => ({
    name,
    containerID: `containerd://${index}${digits}`.padEnd(77, '0'),
    image: `registry.example/${name}`,
    imageID: `registry.example/${name}@sha256:${'0123456789abcdef'.repeat(4)}`,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt } },
  }));
  return {
    phase: 'Running',
    hostIP: '10.0.0.1',
    podIP: '10.1.2.3',
    startTime: startedAt,
    conditions,
    containerStatuses,
  };
}

/** As etcd keeps it: what one running pod is, for another place and uid. */
export function likePod(model: KubeObject, { uid, ...place }: PodPlace & { readonly uid: string }): KubeObject {
  const { resourceVersion: _, ...kept } = model.metadata;
  const { metadata, spec } = podBody(place);
  const status = { ...(model['status'] as object), containerStatuses: podStatus(uid).containerStatuses };
  return { ...model, metadata: { ...kept, ...metadata, uid }, spec: { ...(model['spec'] as object), ...spec }, status };
}

export function optedOut(pod: KubeObject): KubeObject {
  const annotations = { ...(pod.metadata['annotations'] as object), 'ebb.dev/do-not-advise': 'true' };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

export function cordoned(node: KubeObject, unschedulable: boolean): KubeObject {
  const { resourceVersion: _, ...metadata } = node.metadata;
  return { ...node, metadata, spec: { ...(node['spec'] as object), unschedulable } };
}

export function nodeBody(index: number) {
  const labels = { zone: 'abc'[index % 3]!, 'kubernetes.io/hostname': nodeName(index), 'kubernetes.io/os': 'linux' };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName(index), labels } };
}

export const nodeStatus = { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }] };

const steps = [
  { advice: 'Cold', afterIdleSeconds: 300 },
  { advice: 'PageOut', afterIdleSeconds: 900 },
];

/** One for every pod of the cluster, and one in every namespace for two tiers of five. */
export function policyBodies() {
  const own = Array.from({ length: namespaces }, (_, index) => ({
    apiVersion,
    kind: policyKind,
    metadata: { name: 'idle', namespace: namespaceName(index) },
    spec: {
      mode: 'Enforce',
      podSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['web', 'worker'] }] },
      containers: { exclude: ['istio-proxy'] },
      steps,
    },
  }));
  const whole = {
    apiVersion,
    kind: clusterPolicyKind,
    metadata: { name: 'all' },
    spec: { mode: 'Enforce', podSelector: {}, steps, rollout: { nodesPercent: 100 } },
  };
  return { own, whole };
}
