import assert from 'node:assert/strict';
import test from 'node:test';
import { policyStatus } from '../../../api/policy-status.ts';
import { overviewOf } from '../../../operator/situation.ts';
import { type Before, changeOf, limitStatusOf, policyStatusOf } from '../../../operator/status.ts';
import { now, objectOf, read, situationOf } from './reported.ts';
import { cluster, clusterPolicy, limit, node, pod } from './small-cluster.ts';

const uid = 'uid-p';
const snapshot = cluster({
  policies: [clusterPolicy('p', {}, { generation: 3 })],
  limits: [limit('l')],
  pods: [pod('a', { node: 'n1' }), pod('b', { node: 'n1' }), pod('c', { node: 'n2' })],
  nodes: [node('n1'), node('n2')],
});
const row = { containers: 1, idleContainers: 1, residentBytes: 100, swappedBytes: 50, reclaimedBytesTotal: 70 };
const situation = situationOf(snapshot, () => ({ policies: [{ uid, ...row }] }));
const overview = overviewOf(situation);
const object = objectOf(snapshot.policies[0]!);
const nothing: Before = { status: undefined, going: [], isFirst: true };
const status = policyStatusOf(object, nothing, overview, now);

test('a status has counts, figures and conditions, and fits its schema', () => {
  const { conditions, ...rest } = policyStatus.parse(status);
  assert.equal(conditions?.length, 4);
  assert.deepEqual(rest, {
    observedGeneration: 3,
    effective: 'DryRun',
    matchedPods: 3,
    overriddenPods: 0,
    nodes: { total: 2, ready: 2, silent: 0 },
    idleContainers: 2,
    residentBytes: '200',
    swappedBytes: '100',
    netByteSeconds: '0',
    reclaimedBytesTotal: '140',
    refaultedBytesTotal: '0',
    wouldReclaimBytes: '0',
    summary: { swapped: '100', reclaimed: '140', wouldReclaim: '0' },
    topPods: [],
  });
});

test('a selector that matches nothing is accepted and matches no pod', () => {
  const alone = situationOf({ ...snapshot, pods: [] }, () => undefined);
  const { matchedPods, conditions } = policyStatusOf(object, nothing, overviewOf(alone), now);
  assert.equal(matchedPods, 0);
  assert.deepEqual(
    conditions?.map(({ type, status: is }) => `${type} ${is}`),
    ['Accepted True', 'Programmed True', 'Overridden False', 'Effective Unknown'],
  );
});

test('made again of itself, later and with what the API server adds, it is the same', () => {
  const before = { status: { ...status, ofAnother: 1 }, going: [], isFirst: true };
  const again = policyStatusOf(object, before, overview, new Date(now.getTime() + 30_000));
  assert.equal(changeOf(before.status, again), 'Nothing');
});

const changes: readonly (readonly [string, object, ReturnType<typeof changeOf>])[] = [
  ['a quantity written another way', { residentBytes: '200', swappedBytes: '100' }, 'Nothing'],
  ['fields in another order', { nodes: { silent: 0, ready: 2, total: 2 } }, 'Nothing'],
  [
    'a condition of somebody else',
    { conditions: [{ type: 'Foreign', status: 'True' }, ...status.conditions!] },
    'Nothing',
  ],
  ['other bytes', { residentBytes: '1Ki' }, 'Figures'],
  ['other totals', { reclaimedBytesTotal: '1' }, 'Figures'],
  ['another count', { matchedPods: 4 }, 'More'],
  ['nodes', { nodes: { total: 2, ready: 1, silent: 1 } }, 'More'],
  ['a condition that is missing', { conditions: status.conditions!.slice(1) }, 'More'],
  ['another message', { conditions: status.conditions!.map((one) => ({ ...one, message: '' })) }, 'More'],
  ['garbage', { conditions: 7, matchedPods: 'many' }, 'More'],
];

for (const [name, part, expected] of changes)
  test(`what differs: ${name}`, () => assert.equal(changeOf({ ...status, ...part }, status), expected));

test('quantities are compared by value', () => {
  const kibi = { ...status, residentBytes: '2048' };
  assert.equal(changeOf({ ...kibi, residentBytes: '2Ki' }, kibi), 'Nothing');
  const top = { namespace: 'a', name: 'b', node: 'c', residentBytes: '2048', swappedBytes: '1024' };
  const wanted = { ...status, topPods: [top] };
  assert.equal(changeOf({ ...status, topPods: [{ ...top, swappedBytes: '1Ki' }] }, wanted), 'Nothing');
  assert.equal(changeOf({ ...status, topPods: [{ ...top, swappedBytes: '2Ki' }] }, wanted), 'Figures');
});

test('status.rollout is what the roll-out says, or stays', () => {
  const before = { ...nothing, status: { rollout: { step: 1 } } };
  assert.deepEqual(policyStatusOf(object, before, overview, now).rollout, { step: 1 });
  const rollouts = new Map([[uid, { done: false, nodesPercent: 5, halted: null, status: { step: 2 } }]]);
  assert.deepEqual(policyStatusOf(object, before, overviewOf({ ...situation, rollouts }), now).rollout, { step: 2 });
});

test('a policy that is not understood any more keeps its totals', () => {
  const broken = read('ClusterMemoryAdvicePolicy', { metadata: { name: 'p', uid, generation: 4 }, spec: {} });
  const gone = overviewOf({ ...situation, reports: [] });
  const after = policyStatusOf(broken, { status, going: [], isFirst: true }, gone, now);
  assert.equal(after.conditions?.[0]?.reason, 'Invalid');
  assert.equal('reclaimedBytesTotal' in after && after.reclaimedBytesTotal, '140');
});

test('a limit tells its pods and whether it is understood', () => {
  const object_ = read('MemoryAdviceLimit', { metadata: { name: 'l', uid: 'uid-limit-l', generation: 2 }, spec: {} });
  const { conditions, ...rest } = limitStatusOf(object_, nothing, overview, now);
  assert.deepEqual(rest, { observedGeneration: 2, matchedPods: 3 });
  assert.deepEqual(
    conditions?.map(({ type }) => type),
    ['Accepted'],
  );
});
