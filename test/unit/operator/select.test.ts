import assert from 'node:assert/strict';
import test from 'node:test';
import type { Reason } from '../../../api/reasons.ts';
import { plan } from '../../../operator/plan.ts';
import { Planner } from '../../../operator/planner.ts';
import type { Container, Namespace, Pod, Policy } from '../../../operator/snapshot.ts';
import { cluster, clusterPolicy, container, namespace, pod, policy, settings } from './small-cluster.ts';

interface Case {
  readonly name: string;
  readonly policies?: readonly Policy[];
  readonly pod?: Partial<Pod>;
  readonly others?: readonly Pod[];
  readonly namespace?: Partial<Namespace> | null;
  /** The winner, or why nobody. */
  readonly expected: { readonly follows: string } | { readonly reason: Reason };
  readonly containers?: readonly string[];
  readonly declaredIdle?: boolean;
}

const anywhere = clusterPolicy('everywhere');
const web = policy('web', { podSelector: { matchLabels: { tier: 'web' } } });
const all = policy('all');
const criticals = policy('criticals', { criticalPods: 'Include' });
const several: readonly Container[] = [
  container('app'),
  container('proxy', { kind: 'Sidecar' }),
  container('setup', { kind: 'Init' }),
  container('debugger', { kind: 'Ephemeral' }),
];

const cases: readonly Case[] = [
  { name: 'without policies nobody is followed', policies: [], expected: { reason: 'NoPolicy' } },
  {
    name: 'a policy whose selector means another pod is not followed',
    policies: [web],
    expected: { reason: 'NoPolicy' },
  },
  {
    name: 'a pod with the labels is selected',
    policies: [web],
    pod: { labels: { tier: 'web' } },
    expected: { follows: 'shop/web' },
  },
  { name: 'an empty selector means every pod of the namespace', policies: [all], expected: { follows: 'shop/all' } },
  {
    name: 'a namespaced policy means its own namespace only',
    policies: [policy('all', {}, { namespace: 'bank' })],
    expected: { reason: 'NoPolicy' },
  },
  { name: 'a cluster policy means any namespace', policies: [anywhere], expected: { follows: 'everywhere' } },
  {
    name: 'a cluster policy asks the labels of the namespace',
    policies: [clusterPolicy('prod', { namespaceSelector: { matchLabels: { env: 'prod' } } })],
    expected: { reason: 'NoPolicy' },
  },
  {
    name: 'a namespace with the labels is selected',
    policies: [clusterPolicy('prod', { namespaceSelector: { matchLabels: { env: 'prod' } } })],
    namespace: { labels: { env: 'prod' } },
    expected: { follows: 'prod' },
  },
  {
    name: 'a cluster policy asks the labels of the node',
    policies: [clusterPolicy('arm', { nodeSelector: { matchLabels: { arch: 'arm' } } })],
    expected: { reason: 'NoPolicy' },
  },

  {
    name: 'a namespaced policy comes before a cluster policy of any priority',
    policies: [clusterPolicy('first', { priority: 0 }), policy('last', { priority: 1000 })],
    expected: { follows: 'shop/last' },
  },
  {
    name: 'the lower priority wins',
    policies: [policy('a', { priority: 2 }), policy('b', { priority: 1 })],
    expected: { follows: 'shop/b' },
  },
  {
    name: 'of the same priority the older wins',
    policies: [policy('a', {}, { createdAt: '2026-01-02T00:00:00Z' }), policy('b')],
    expected: { follows: 'shop/b' },
  },
  { name: 'of the same age the name decides', policies: [policy('b'), policy('a')], expected: { follows: 'shop/a' } },
  {
    name: 'a policy that does not take the pod leaves it to the next',
    policies: [policy('a', { qosClasses: ['Guaranteed'] }), policy('b')],
    expected: { follows: 'shop/b' },
  },
  {
    name: 'a cluster policy gets what no namespaced policy takes',
    policies: [policy('a', { qosClasses: ['Guaranteed'] }), anywhere],
    expected: { follows: 'everywhere' },
  },

  {
    name: 'Guaranteed pods are selected only where written',
    policies: [all],
    pod: { qosClass: 'Guaranteed' },
    expected: { reason: 'QoSClassNotSelected' },
  },
  {
    name: 'Guaranteed pods are selected where written',
    policies: [policy('g', { qosClasses: ['Guaranteed'] })],
    pod: { qosClass: 'Guaranteed' },
    expected: { follows: 'shop/g' },
  },
  {
    name: 'a pod without a QoS class is left alone',
    policies: [all],
    pod: { qosClass: null },
    expected: { reason: 'QoSClassNotSelected' },
  },

  {
    name: 'init and debug containers are never advised, sidecars are',
    policies: [all],
    pod: { containers: several },
    expected: { follows: 'shop/all' },
    containers: ['app', 'proxy'],
  },
  {
    name: 'excluded containers are left out',
    policies: [policy('p', { containers: { exclude: ['proxy'] } })],
    pod: { containers: several },
    expected: { follows: 'shop/p' },
    containers: ['app'],
  },
  {
    name: 'only included containers are taken',
    policies: [policy('p', { containers: { include: ['proxy', 'setup'] } })],
    pod: { containers: several },
    expected: { follows: 'shop/p' },
    containers: ['proxy'],
  },
  {
    name: 'a policy for none of the containers does not take the pod',
    policies: [policy('p', { containers: { include: ['other'] } })],
    expected: { reason: 'ContainerNotSelected' },
  },
  {
    name: 'the winner wins whole: what it excludes is nobody’s',
    policies: [policy('a', { containers: { exclude: ['proxy'] } }), policy('b')],
    pod: { containers: several },
    expected: { follows: 'shop/a' },
    containers: ['app'],
  },

  {
    name: 'a pod may opt out',
    policies: [all],
    pod: { annotations: { 'ebb.dev/do-not-advise': 'true' } },
    expected: { reason: 'OptedOut' },
  },
  {
    name: 'a namespace may opt out',
    policies: [all],
    namespace: { annotations: { 'ebb.dev/do-not-advise': 'true' } },
    expected: { reason: 'OptedOut' },
  },
  {
    name: 'a pod can’t opt in against its namespace',
    policies: [all],
    pod: { annotations: { 'ebb.dev/do-not-advise': 'false' } },
    namespace: { annotations: { 'ebb.dev/do-not-advise': 'true' } },
    expected: { reason: 'OptedOut' },
  },
  {
    name: 'an opt-out comes before a policy for critical pods',
    policies: [criticals],
    pod: { annotations: { 'ebb.dev/do-not-advise': 'true' } },
    expected: { reason: 'OptedOut' },
  },
  {
    name: 'an opt-out that says false says nothing',
    policies: [all],
    pod: { annotations: { 'ebb.dev/do-not-advise': 'false' } },
    expected: { follows: 'shop/all' },
  },
  {
    name: 'an opt-out that says nonsense is one',
    policies: [all],
    pod: { annotations: { 'ebb.dev/do-not-advise': 'yes, please' } },
    expected: { reason: 'MalformedAnnotation' },
  },
  {
    name: 'an empty opt-out is one',
    policies: [all],
    pod: { annotations: { 'ebb.dev/do-not-advise': '' } },
    expected: { reason: 'MalformedAnnotation' },
  },
  {
    name: 'single containers may opt out',
    policies: [all],
    pod: { containers: several, annotations: { 'ebb.dev/do-not-advise-containers': 'proxy, db' } },
    expected: { follows: 'shop/all' },
    containers: ['app'],
  },
  {
    name: 'a pod whose containers have all opted out has opted out',
    policies: [all],
    pod: { containers: several, annotations: { 'ebb.dev/do-not-advise-containers': 'proxy,app' } },
    expected: { reason: 'OptedOut' },
  },
  {
    name: 'containers opted out by nonsense are all of them',
    policies: [all],
    pod: { annotations: { 'ebb.dev/do-not-advise-containers': 'DB;cache' } },
    expected: { reason: 'MalformedAnnotation' },
  },
  {
    name: 'an empty list of containers says nothing',
    policies: [all],
    pod: { annotations: { 'ebb.dev/do-not-advise-containers': ' ' } },
    expected: { follows: 'shop/all' },
  },

  {
    name: 'idle may be declared',
    policies: [all],
    pod: { annotations: { 'ebb.dev/idle': 'true' } },
    expected: { follows: 'shop/all' },
    declaredIdle: true,
  },
  {
    name: 'being busy may be declared',
    policies: [all],
    pod: { annotations: { 'ebb.dev/idle': 'false' } },
    expected: { follows: 'shop/all' },
    declaredIdle: false,
  },
  {
    name: 'nonsense declared counts as busy',
    policies: [all],
    pod: { annotations: { 'ebb.dev/idle': '42' } },
    expected: { follows: 'shop/all' },
    declaredIdle: false,
  },

  {
    name: 'a system priority class makes a pod critical',
    policies: [all],
    pod: { priorityClassName: 'system-node-critical' },
    expected: { reason: 'CriticalPod' },
  },
  {
    name: 'another priority class does not',
    policies: [all],
    pod: { priorityClassName: 'not-system-critical' },
    expected: { follows: 'shop/all' },
  },
  { name: 'a mirror pod is critical', policies: [all], pod: { mirrorOf: 'abc' }, expected: { reason: 'CriticalPod' } },
  {
    name: 'a critical pod follows a policy that includes them',
    policies: [criticals],
    pod: { mirrorOf: 'abc' },
    expected: { follows: 'shop/criticals' },
  },
  {
    name: 'a critical pod is left to a later policy that includes them',
    policies: [all, clusterPolicy('c', { criticalPods: 'Include' })],
    pod: { mirrorOf: 'abc' },
    expected: { follows: 'c' },
  },
  {
    name: 'kube-system is critical',
    policies: [anywhere],
    pod: { namespace: 'kube-system' },
    namespace: { name: 'kube-system' },
    expected: { reason: 'CriticalPod' },
  },
  {
    name: 'Ebb’s own namespace is critical',
    policies: [anywhere],
    pod: { namespace: 'ebb-system' },
    namespace: { name: 'ebb-system' },
    expected: { reason: 'CriticalPod' },
  },

  {
    name: 'a terminating pod is left alone',
    policies: [all],
    pod: { terminating: true },
    expected: { reason: 'Terminating' },
  },
  { name: 'a finished pod is left alone', policies: [all], pod: { finished: true }, expected: { reason: 'Finished' } },
  {
    name: 'a pod of an unknown namespace is left alone',
    policies: [all, anywhere],
    namespace: null,
    expected: { reason: 'UnknownNamespace' },
  },
  {
    name: 'a pod that shares its UID is left alone',
    policies: [all],
    others: [pod('twin', { uid: 'uid-shop-pod' })],
    expected: { reason: 'DuplicateUID' },
  },
  {
    name: 'the same UID on another node is no matter',
    policies: [all],
    others: [pod('twin', { uid: 'uid-shop-pod', node: 'node-2' })],
    expected: { follows: 'shop/all' },
  },
];

for (const { name, expected, ...given } of cases)
  test(name, () => {
    const here = given.namespace === null ? [] : [namespace('shop', given.namespace)];
    const subject = pod('pod', given.pod);
    const pods = [subject, ...(given.others ?? [])];
    const planner = new Planner(cluster({ policies: given.policies ?? [], pods, namespaces: here }), settings);
    const { verdict } = planner.judge(subject.namespace, 'pod')!;
    assert.deepEqual(verdict.winner ? { follows: verdict.winner.key } : { reason: verdict.reason }, expected);
    if (given.containers)
      assert.deepEqual(
        verdict.containers.map((each) => each.name),
        given.containers,
      );
    assert.equal(verdict.declaredIdle, given.declaredIdle);
    const spec = planner.plan.nodes.get('node-1')!.spec;
    const listed = spec.pods.find((each) => each.name === 'pod');
    assert.equal(listed?.profile, 'follows' in expected ? expected.follows : undefined);
  });

test('losers are told who won, and the winner over whom', () => {
  const older = policy('older');
  const younger = policy('younger', {}, { createdAt: '2026-02-01T00:00:00Z' });
  const { policies } = plan(cluster({ policies: [younger, older, anywhere], pods: [pod('a'), pod('b')] }), settings);
  assert.deepEqual(policies.get('shop/older'), {
    matchedPods: 2,
    overriddenPods: 0,
    nodes: 1,
    overriddenBy: new Map(),
    reasons: new Map(),
    overrides: new Map([
      ['shop/younger', 2],
      ['everywhere', 2],
    ]),
  });
  for (const loser of ['shop/younger', 'everywhere']) {
    const { matchedPods, overriddenPods, nodes, overriddenBy } = policies.get(loser)!;
    assert.deepEqual([matchedPods, overriddenPods, nodes], [2, 2, 0]);
    assert.deepEqual(overriddenBy, new Map([['shop/older', 2]]));
  }
});

test('a policy that matches nothing is there with nothing counted', () => {
  const { policies } = plan(cluster({ policies: [web], pods: [pod('a')] }), settings);
  assert.equal(policies.get('shop/web')?.matchedPods, 0);
  assert.equal(policies.get('shop/web')?.reasons.size, 0);
});

test('a policy is told why pods that it means do not follow it', () => {
  const pods = [pod('a'), pod('b', { terminating: true }), pod('c', { qosClass: 'Guaranteed' })];
  const { policies } = plan(cluster({ policies: [all], pods }), settings);
  assert.equal(policies.get('shop/all')?.matchedPods, 1);
  assert.deepEqual(
    policies.get('shop/all')?.reasons,
    new Map([
      ['Terminating', 1],
      ['QoSClassNotSelected', 1],
    ]),
  );
});
