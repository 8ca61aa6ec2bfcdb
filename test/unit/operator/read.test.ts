/** What is kept of objects of the API server: just the fields that a plan reads, and no field that is missing throws. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readNamespace, readNode, readPod } from '../../../operator/read.ts';

const metadata = { name: 'web-0', namespace: 'shop', uid: 'u1', resourceVersion: '7', managedFields: [{}] };

test('a pod is read with its containers by kind, its own annotations alone, and what its status says', () => {
  const pod = readPod({
    metadata: {
      ...metadata,
      labels: { app: 'web' },
      annotations: { 'ebb.dev/idle': 'true', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
      deletionTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      nodeName: 'node-1',
      priorityClassName: 'high',
      containers: [{ name: 'app', image: 'a' }, { name: 'slow' }],
      initContainers: [{ name: 'setup' }, { name: 'proxy', restartPolicy: 'Always' }],
      ephemeralContainers: [{ name: 'debug' }],
    },
    status: {
      phase: 'Running',
      qosClass: 'Burstable',
      containerStatuses: [
        { name: 'app', containerID: 'containerd://aa' },
        { name: 'slow', containerID: '' },
      ],
      initContainerStatuses: [{ name: 'proxy', containerID: 'containerd://bb' }],
    },
  });
  assert.deepEqual(pod, {
    namespace: 'shop',
    name: 'web-0',
    uid: 'u1',
    node: 'node-1',
    labels: { app: 'web' },
    annotations: { 'ebb.dev/idle': 'true' },
    qosClass: 'Burstable',
    priorityClassName: 'high',
    mirrorOf: null,
    terminating: true,
    finished: false,
    containers: [
      { name: 'app', id: 'containerd://aa', kind: 'App' },
      { name: 'slow', id: null, kind: 'App' },
      { name: 'setup', id: null, kind: 'Init' },
      { name: 'proxy', id: 'containerd://bb', kind: 'Sidecar' },
      { name: 'debug', id: null, kind: 'Ephemeral' },
    ],
  });
});

test('a pod of which nothing is said is on no node, of no class, and not finished', () => {
  const { node, qosClass, containers, finished, terminating } = readPod({ metadata });
  assert.deepEqual(
    { node, qosClass, containers, finished, terminating },
    { node: null, qosClass: null, containers: [], finished: false, terminating: false },
  );
});

test('a mirror pod is known by the hash of its file, or by none where that is not said', () => {
  const mirror = (annotations: object) => readPod({ metadata: { ...metadata, annotations } }).mirrorOf;
  assert.equal(mirror({ 'kubernetes.io/config.mirror': 'h1', 'kubernetes.io/config.hash': 'h1' }), 'h1');
  assert.equal(mirror({ 'kubernetes.io/config.mirror': 'h1' }), '');
  assert.equal(mirror({ 'kubernetes.io/config.hash': 'h1' }), null);
});

for (const [says, phase, finished] of [
  ['has succeeded', 'Succeeded', true],
  ['has failed', 'Failed', true],
  ['waits', 'Pending', false],
  ['is lost', 'Unknown', false],
] as const)
  test(`a pod that ${says} is ${finished ? '' : 'not '}finished`, () => {
    assert.equal(readPod({ metadata, status: { phase } }).finished, finished);
  });

test('a node is read with the keys of its taints and whether it is ready and open for pods', () => {
  const node = readNode({
    metadata: { name: 'n', uid: 'u', annotations: { 'ebb.dev/paused': 'me', other: 'x' } },
    spec: { taints: [{ key: 'a', effect: 'NoSchedule' }], unschedulable: true },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
  assert.deepEqual(node, {
    name: 'n',
    uid: 'u',
    labels: {},
    annotations: { 'ebb.dev/paused': 'me' },
    taints: ['a'],
    unschedulable: true,
    deleting: false,
    ready: true,
  });
});

test('a node that somebody deleted is read as such while it is still there', () => {
  assert.equal(readNode({ metadata: { name: 'n', deletionTimestamp: '2026-01-01T00:00:00Z' } }).deleting, true);
});

test('a node that does not say that it is ready is not', () => {
  const ready = (conditions: unknown) => readNode({ metadata: { name: 'n' }, status: { conditions } }).ready;
  assert.equal(ready([{ type: 'Ready', status: 'Unknown' }]), false);
  assert.equal(ready(undefined), false);
});

test('a namespace keeps all labels and the annotations that speak to us', () => {
  assert.deepEqual(
    readNamespace({
      metadata: { name: 's', labels: { a: 'b' }, annotations: { 'ebb.dev/do-not-advise': 'true', x: 'y' } },
    }),
    { name: 's', labels: { a: 'b' }, annotations: { 'ebb.dev/do-not-advise': 'true' } },
  );
});
