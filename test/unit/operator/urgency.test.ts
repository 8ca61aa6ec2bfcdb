/** What may wait: pods that come. What may not: everything else, and every mixture of both. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { NodeSpec } from '../../../api/node-spec.ts';
import { plan } from '../../../operator/plan.ts';
import type { Snapshot } from '../../../operator/snapshot.ts';
import { type Urgency, urgencyOf } from '../../../operator/urgency.ts';
import { cluster, clusterPolicy, container, limit, node, pod, policy, settings } from './small-cluster.ts';

function specOf(parts: Partial<Snapshot>): NodeSpec {
  const all = { policies: [clusterPolicy('p')], pods: [pod('a'), pod('b')], ...parts };
  return plan(cluster(all), settings).nodes.get('node-1')!.spec;
}

const before = specOf({});
const cases: readonly (readonly [string, Partial<Snapshot>, Urgency])[] = [
  ['a pod that comes may wait', { pods: [pod('a'), pod('b'), pod('c')] }, 'Batched'],
  [
    'a pod that brings a policy along may wait',
    {
      policies: [clusterPolicy('p'), policy('q', { podSelector: { matchLabels: { x: 'y' } } })],
      pods: [pod('a'), pod('b'), pod('c', { labels: { x: 'y' } })],
    },
    'Batched',
  ],
  [
    'a container that starts may wait',
    { pods: [pod('a', { containers: [container('app'), container('more')] }), pod('b')] },
    'Batched',
  ],
  ['nothing at all may wait', {}, 'Batched'],
  ['a pod that goes may not', { pods: [pod('a')] }, 'Now'],
  ['a pod that goes while another comes may not', { pods: [pod('a'), pod('c')] }, 'Now'],
  ['a pod replaced under its name may not', { pods: [pod('a', { uid: 'other' }), pod('b')] }, 'Now'],
  ['an opt-out may not', { pods: [pod('a', { annotations: { 'ebb.dev/do-not-advise': 'true' } }), pod('b')] }, 'Now'],
  ['an opt-out of a container may not', { pods: [pod('a', { containers: [container('new')] }), pod('b')] }, 'Now'],
  [
    'a container that started anew may not',
    { pods: [pod('a', { containers: [container('app', { id: `containerd://${'1'.repeat(64)}` })] }), pod('b')] },
    'Now',
  ],
  ['a pause waits for no rest either', { nodes: [node('node-1', { unschedulable: true })] }, 'Pausing'],
  ['an edit of the policy may not', { policies: [clusterPolicy('p', { mode: 'Enforce' })] }, 'Now'],
  ['another policy for a pod may not', { policies: [clusterPolicy('p'), policy('q')] }, 'Now'],
  ['a limit may not', { limits: [limit('l', { mode: 'DryRun', limits: { cooldownSeconds: 86_400 } })] }, 'Now'],
  ['a declared idleness may not', { pods: [pod('a', { annotations: { 'ebb.dev/idle': 'true' } }), pod('b')] }, 'Now'],
];

for (const [says, parts, urgency] of cases)
  test(says, () => {
    assert.equal(urgencyOf(before, specOf(parts)), urgency);
  });

test('the first object of a node may not wait', () => {
  assert.equal(urgencyOf(null, before), 'Now');
});

test('another reason for a pause that holds may not wait, but rests', () => {
  const cordoned = specOf({ nodes: [node('node-1', { unschedulable: true })] });
  const alsoGone = specOf({ nodes: [node('node-1', { unschedulable: true, ready: false })] });
  assert.equal(urgencyOf(cordoned, alsoGone), 'Now');
});

test('a resume may not wait', () => {
  assert.equal(urgencyOf(specOf({ nodes: [node('node-1', { ready: false })] }), before), 'Now');
});
