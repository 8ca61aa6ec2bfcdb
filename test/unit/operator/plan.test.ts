import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeSpec } from '../../../api/node-spec.ts';
import { plan } from '../../../operator/plan.ts';
import type { Node, Snapshot } from '../../../operator/snapshot.ts';
import {
  cluster,
  clusterPolicy,
  container,
  containerID,
  limit,
  namespace,
  node,
  pod,
  policy,
  settings,
} from './small-cluster.ts';

const enforce = { mode: 'Enforce' };
const allowed = namespace('shop', { labels: { 'ebb.dev/allow': 'enforce' } });
const planOf = (parts: Partial<Snapshot>) => plan(cluster(parts), settings);
const specOf = (parts: Partial<Snapshot>) => planOf(parts).nodes.get('node-1')!.spec;

test('a node with nothing to do has an object that says so', () => {
  assert.deepEqual(specOf({}), { nodeUID: 'uid-node-1', profiles: [], pods: [] });
});

test('a pod is listed with what the agent finds it by, and nothing else', () => {
  const subject = pod('web-0', { labels: { secret: 'x' }, annotations: { 'ebb.dev/idle': 'true' } });
  assert.deepEqual(specOf({ policies: [policy('p')], pods: [subject] }).pods, [
    {
      uid: 'uid-shop-web-0',
      namespace: 'shop',
      name: 'web-0',
      qosClass: 'Burstable',
      profile: 'shop/p',
      declaredIdle: true,
      containers: [{ name: 'app', id: containerID('app').slice('containerd://'.length).slice(0, 16) }],
    },
  ]);
});

test('a mirror pod is listed with what its cgroup is named by', () => {
  const policies = [policy('p', { criticalPods: 'Include' })];
  const [listed] = specOf({ policies, pods: [pod('etcd', { mirrorOf: '0123456789abcdef' })] }).pods;
  assert.deepEqual([listed?.uid, listed?.cgroupUID], ['uid-shop-etcd', '0123456789abcdef']);
});

test('pods stand in the order of namespace and name, profiles in that of their names', () => {
  const pods = [pod('b'), pod('c', { namespace: 'bank' }), pod('a')];
  const policies = [policy('z'), clusterPolicy('y')];
  const spec = specOf({ policies, pods, namespaces: [namespace('shop'), namespace('bank')] });
  assert.deepEqual(
    spec.pods.map(({ name }) => name),
    ['c', 'a', 'b'],
  );
  assert.deepEqual(
    spec.profiles.map(({ name }) => name),
    ['shop/z', 'y'],
  );
});

test('pods of one policy share one profile, which names its source', () => {
  const { profiles } = specOf({ policies: [policy('p', {}, { generation: 7 })], pods: [pod('a'), pod('b')] });
  assert.deepEqual(
    profiles.map(({ sources }) => sources),
    [[{ kind: 'MemoryAdvicePolicy', namespace: 'shop', name: 'p', uid: 'uid-shop-p', generation: 7 }]],
  );
});

test('a namespaced policy enforces only where its namespace is labelled for it', () => {
  const parts = { policies: [policy('p', enforce)], pods: [pod('a')] };
  const modeAndReasons = (more: Partial<Snapshot>) => {
    const { nodes, policies } = planOf({ ...parts, ...more });
    return [nodes.get('node-1')!.spec.profiles[0]?.mode, [...policies.get('shop/p')!.reasons]];
  };
  assert.deepEqual(modeAndReasons({}), ['DryRun', [['EnforceNotAllowed', 1]]]);
  assert.deepEqual(modeAndReasons({ namespaces: [allowed] }), ['Enforce', []]);
});

test('a cluster policy enforces without that label', () => {
  assert.equal(specOf({ policies: [clusterPolicy('p', enforce)], pods: [pod('a')] }).profiles[0]?.mode, 'Enforce');
});

test('limits tighten where they match, and are named as sources', () => {
  const limits = [
    limit('here', {
      namespaceSelector: { matchLabels: { 'ebb.dev/allow': 'enforce' } },
      limits: { cooldownSeconds: 5000 },
    }),
    limit('elsewhere', { nodeSelector: { matchLabels: { arch: 'arm' } }, mode: 'Paused' }),
    limit('loose', { limits: { cooldownSeconds: 1 } }),
  ];
  const { nodes, limits: counted } = planOf({
    policies: [policy('p', enforce)],
    limits,
    pods: [pod('a')],
    namespaces: [allowed],
  });
  const [profile] = nodes.get('node-1')!.spec.profiles;
  assert.deepEqual([profile?.mode, profile?.limits.cooldownSeconds], ['Enforce', 5000]);
  assert.deepEqual(
    profile?.sources.map(({ name }) => name),
    ['p', 'here'],
  );
  assert.match(profile!.name, /^shop\/p\/\/[0-9a-f]{16}$/);
  assert.deepEqual(
    counted,
    new Map([
      ['here', 1],
      ['elsewhere', 0],
      ['loose', 1],
    ]),
  );
});

test('a policy has one profile for each set of limits that tightens it', () => {
  const namespaces = ['a', 'b', 'c'].map((name) => namespace(name, { labels: { limited: String(name === 'c') } }));
  const limits = [limit('l', { namespaceSelector: { matchLabels: { limited: 'true' } }, mode: 'DryRun' })];
  const pods = namespaces.map(({ name }) => pod('pod', { namespace: name }));
  const spec = specOf({ policies: [clusterPolicy('p', enforce)], limits, pods, namespaces });
  assert.deepEqual(
    spec.profiles.map(({ mode }) => mode),
    ['Enforce', 'DryRun'],
  );
  assert.equal(spec.pods[0]?.profile, spec.pods[1]?.profile);
});

test('a limit that can’t be read keeps everything at DryRun, and that is told', () => {
  const { nodes, policies } = planOf({
    policies: [clusterPolicy('p', enforce)],
    limits: [limit('l', null)],
    pods: [pod('a')],
  });
  assert.equal(nodes.get('node-1')!.spec.profiles[0]?.mode, 'DryRun');
  assert.deepEqual(policies.get('p')!.reasons, new Map([['UnreadableLimit', 1]]));
});

test('what a node and a namespace may do in all goes along with the pods it is for', () => {
  const limits = [
    limit('rate', { node: { maxBytesPerSecond: '2Gi', minSwapFreePercent: 5 } }),
    limit('bank', { namespaceSelector: { matchLabels: { bank: 'true' } }, node: { maxBytesPerSecond: '1Mi' } }),
    limit('swap', { node: { maxBytesPerSecond: '1Gi' }, namespace: { maxSwappedBytesPerNode: '4Gi' } }),
  ];
  const namespaces = [namespace('shop'), namespace('bank', { labels: { bank: 'true' } })];
  assert.deepEqual(specOf({ policies: [clusterPolicy('p')], limits, pods: [pod('a')], namespaces }).limits, {
    maxBytesPerSecond: 2 ** 30,
    minSwapFreePercent: 5,
    namespaces: [{ name: 'shop', maxSwappedBytes: 2 ** 32 }],
  });
  assert.equal(specOf({ limits, namespaces }).limits, undefined);
});

const pauses: readonly (readonly [string, Partial<Node>, readonly string[] | undefined])[] = [
  ['a healthy node is not paused', {}, undefined],
  ['taints of others do not pause', { taints: ['node.kubernetes.io/memory-pressure'] }, undefined],
  ['the cluster-autoscaler removes the node', { taints: ['ToBeDeletedByClusterAutoscaler'] }, ['NodeDraining']],
  [
    'the cluster-autoscaler may remove the node',
    { taints: ['DeletionCandidateOfClusterAutoscaler'] },
    ['NodeRemovalCandidate'],
  ],
  ['Karpenter removes the node', { taints: ['karpenter.sh/disrupted'] }, ['NodeDraining']],
  ['somebody deleted the Node, and it waits for those who drain it', { deleting: true }, ['NodeDraining']],
  ['the node is cordoned', { unschedulable: true }, ['NodeCordoned']],
  ['the node is not ready', { ready: false }, ['NodeNotReady']],
  ['somebody paused the node', { annotations: { 'ebb.dev/paused': 'true' } }, ['Paused']],
  ['somebody paused the node in words of his own', { annotations: { 'ebb.dev/paused': '' } }, ['Paused']],
  ['somebody resumed the node', { annotations: { 'ebb.dev/paused': 'false' } }, undefined],
  ['several reasons are all told', { ready: false, unschedulable: true }, ['NodeCordoned', 'NodeNotReady']],
];

for (const [name, fields, expected] of pauses)
  test(`pause: ${name}`, () => {
    const spec = specOf({ policies: [policy('p')], pods: [pod('a')], nodes: [node('node-1', fields)] });
    assert.deepEqual(spec.paused?.reasons, expected);
    assert.equal(spec.pods.length, 1);
  });

test('pods that are not bound, or bound to a node that is not known, are on no object', () => {
  const { nodes } = planOf({ policies: [policy('p')], pods: [pod('a', { node: null }), pod('b', { node: 'gone' })] });
  assert.deepEqual([...nodes.keys()], ['node-1']);
  assert.deepEqual(nodes.get('node-1')?.spec.pods, []);
});

test('a container that has not started is left out, and a pod of such ones is not listed', () => {
  const waiting = container('waiting', { id: null });
  const pods = [pod('a', { containers: [container('app'), waiting] }), pod('b', { containers: [waiting] })];
  const { nodes, policies } = planOf({ policies: [policy('p')], pods });
  assert.deepEqual(
    nodes.get('node-1')!.spec.pods.map(({ name, containers }) => [name, containers.length]),
    [['a', 1]],
  );
  assert.deepEqual(policies.get('shop/p')!.reasons, new Map([['NotStarted', 1]]));
});

const malformed: readonly (readonly [string, Parameters<typeof pod>[1]])[] = [
  ['without a UID', { uid: '' }],
  ['with a UID that is none', { uid: 'a/b' }],
  ['a mirror pod without the hash of its manifest', { mirrorOf: '' }],
];

for (const [name, fields] of malformed)
  test(`a pod ${name} is left alone and told, and the others go on`, () => {
    const policies = [policy('p', { criticalPods: 'Include' })];
    const { nodes, policies: told } = planOf({ policies, pods: [pod('bad', fields), pod('good')] });
    assert.deepEqual(
      nodes.get('node-1')!.spec.pods.map((each) => each.name),
      ['good'],
    );
    assert.equal(told.get('shop/p')!.reasons.get('MalformedPod'), 1);
  });

test('duplicate UIDs on one node leave both pods alone, and their policy is told', () => {
  const { nodes, policies } = planOf({
    policies: [policy('p')],
    pods: [pod('a', { uid: 'u' }), pod('b', { uid: 'u' })],
  });
  assert.deepEqual(nodes.get('node-1')!.spec.pods, []);
  assert.deepEqual(policies.get('shop/p')!.reasons, new Map([['DuplicateUID', 2]]));
});

test('a pod of 50 containers is listed with all of them', () => {
  const containers = Array.from({ length: 50 }, (_, index) => container(`container-${index}`));
  const { pods } = specOf({ policies: [policy('p')], pods: [pod('a', { containers })] });
  assert.equal(pods[0]?.containers.length, 50);
});

test('names of 253 characters fit everywhere, also where limits add to them', () => {
  const long = 'x'.repeat(253);
  const name = 'y'.repeat(63);
  const policies = [
    policy(long, enforce, { namespace: name, uid: 'uid-1' }),
    clusterPolicy(long, enforce, { uid: 'uid-2' }),
  ];
  const pods = [pod(long, { namespace: name, node: long, uid: 'uid-3' }), pod(long, { node: long, uid: 'uid-4' })];
  const namespaces = [namespace(name), namespace('shop')];
  const limits = [{ ...limit(long, { mode: 'Paused' }), uid: 'uid-5' }];
  const { nodes } = planOf({ policies, pods, namespaces, nodes: [node(long, { uid: 'uid-6' })], limits });
  const { spec } = nodes.get(long)!;
  assert.equal(spec.profiles.length, 2);
  assert.deepEqual(nodeSpec.parse(spec), spec);
});
