import assert from 'node:assert/strict';
import test from 'node:test';
import { type Change, Planner } from '../../../operator/planner.ts';
import type { Pod, Snapshot } from '../../../operator/snapshot.ts';
import { cluster, clusterPolicy, container, limit, namespace, node, pod, policy, settings } from './small-cluster.ts';

/** Two pods of shop on node-1 and node-2, one of bank on node-3. */
const start: Snapshot = cluster({
  policies: [
    policy('web', { podSelector: { matchLabels: { tier: 'web' } } }),
    clusterPolicy('arm', { nodeSelector: { matchLabels: { arch: 'arm' } } }),
  ],
  namespaces: [namespace('shop'), namespace('bank')],
  nodes: [node('node-1'), node('node-2'), node('node-3', { labels: { arch: 'arm' } })],
  pods: [
    pod('one', { labels: { tier: 'web' } }),
    pod('two', { labels: { tier: 'web' }, node: 'node-2' }),
    pod('three', { namespace: 'bank', node: 'node-3' }),
  ],
});

const one = start.pods[0]!;
const podNow = (fields: Partial<Pod> | null): Change => ({
  of: 'Pod',
  namespace: 'shop',
  name: 'one',
  now: fields && { ...one, ...fields },
});
const policyNow = (spec: Readonly<Record<string, unknown>> | null): Change => ({
  of: 'Policy',
  namespace: 'shop',
  name: 'web',
  now: spec && policy('web', { podSelector: { matchLabels: { tier: 'web' } }, ...spec }, { generation: 2 }),
});
const shopNow = (fields: Parameters<typeof namespace>[1]): Change => ({
  of: 'Namespace',
  name: 'shop',
  now: namespace('shop', fields),
});
const nodeNow = (fields: Parameters<typeof node>[1]): Change => ({
  of: 'Node',
  name: 'node-1',
  now: node('node-1', fields),
});
const limitNow = (spec: Readonly<Record<string, unknown>>): Change => ({
  of: 'Limit',
  name: 'l',
  now: limit('l', spec),
});

interface Case {
  readonly name: string;
  readonly change: Change;
  /** Nodes that had to be looked at, and those whose object changes. */
  readonly looked: number;
  readonly changed: readonly string[];
}

const cases: readonly Case[] = [
  { name: 'another QoS class', change: podNow({ qosClass: 'Guaranteed' }), looked: 1, changed: ['node-1'] },
  { name: 'another label', change: podNow({ labels: {} }), looked: 1, changed: ['node-1'] },
  { name: 'a label that nobody asks for', change: podNow({ labels: { tier: 'web', x: 'y' } }), looked: 1, changed: [] },
  {
    name: 'an opt-out',
    change: podNow({ annotations: { 'ebb.dev/do-not-advise': 'true' } }),
    looked: 1,
    changed: ['node-1'],
  },
  { name: 'a pod that is being deleted', change: podNow({ terminating: true }), looked: 1, changed: ['node-1'] },
  { name: 'a pod that is gone', change: podNow(null), looked: 1, changed: ['node-1'] },
  {
    name: 'a container that started again',
    change: podNow({ containers: [container('app', { id: 'b'.repeat(64) })] }),
    looked: 1,
    changed: ['node-1'],
  },
  { name: 'another pod under the same name', change: podNow({ uid: 'other' }), looked: 1, changed: ['node-1'] },
  {
    name: 'another pod under the same name on another node',
    change: podNow({ uid: 'other', node: 'node-3' }),
    looked: 2,
    changed: ['node-1', 'node-3'],
  },
  {
    name: 'an edit of a policy',
    change: policyNow({ priority: 5, mode: 'Paused' }),
    looked: 2,
    changed: ['node-1', 'node-2'],
  },
  { name: 'a policy that is gone', change: policyNow(null), looked: 2, changed: ['node-1', 'node-2'] },
  {
    name: 'a namespace that opts out',
    change: shopNow({ annotations: { 'ebb.dev/do-not-advise': 'true' } }),
    looked: 2,
    changed: ['node-1', 'node-2'],
  },
  {
    name: 'a label of a namespace that nobody asks for',
    change: shopNow({ labels: { x: 'y' } }),
    looked: 2,
    changed: [],
  },
  { name: 'a cordoned node', change: nodeNow({ unschedulable: true }), looked: 1, changed: ['node-1'] },
  {
    name: 'a label of a node that a policy asks for',
    change: nodeNow({ labels: { arch: 'arm' } }),
    looked: 1,
    changed: [],
  },
  { name: 'a node of the same name', change: nodeNow({ uid: 'other' }), looked: 1, changed: ['node-1'] },
  {
    name: 'a limit for some nodes',
    change: limitNow({ nodeSelector: { matchLabels: { arch: 'arm' } }, mode: 'Paused' }),
    looked: 1,
    changed: ['node-3'],
  },
  {
    name: 'a limit for every node that changes little',
    change: limitNow({ namespaceSelector: { matchLabels: { a: 'b' } }, mode: 'Paused' }),
    looked: 3,
    changed: [],
  },
];

for (const { name, change, looked, changed } of cases)
  test(`${name} replans ${looked} of 3 nodes and changes ${changed.length}`, () => {
    const result = new Planner(start, settings).apply([change]);
    assert.equal(result.looked, looked);
    assert.deepEqual(result.changed.map((each) => each.node).sort(), changed);
    assert.deepEqual(result.removed, []);
  });

test('a node that is gone is told as removed, and its pods count no more', () => {
  const planner = new Planner(start, settings);
  assert.equal(planner.plan.policies.get('shop/web')?.matchedPods, 2);
  assert.deepEqual(planner.apply([{ of: 'Node', name: 'node-1', now: null }]).removed, ['node-1']);
  assert.equal(planner.plan.policies.get('shop/web')?.matchedPods, 1);
});

test('a node that comes after its pods has them', () => {
  const planner = new Planner({ ...start, nodes: [] }, settings);
  const { changed } = planner.apply([{ of: 'Node', name: 'node-1', now: node('node-1') }]);
  assert.deepEqual(
    changed[0]?.spec.pods.map(({ name }) => name),
    ['one'],
  );
});

test('changes that undo each other in one batch change nothing', () => {
  const planner = new Planner(start, settings);
  assert.deepEqual(
    planner.apply([podNow(null), policyNow(null), podNow({}), { ...policyNow({}), now: start.policies[0]! } as Change])
      .changed,
    [],
  );
});

test('a plan that was taken stays as it was', () => {
  const planner = new Planner(start, settings);
  const before = planner.plan;
  const copy = structuredClone({ ...before, nodes: [...before.nodes.values()].map(({ spec }) => spec) });
  planner.apply([policyNow(null), podNow(null), { of: 'Node', name: 'node-2', now: null }]);
  assert.deepEqual({ ...before, nodes: [...before.nodes.values()].map(({ spec }) => spec) }, copy);
});
