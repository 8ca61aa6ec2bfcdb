import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { NodeStatus } from '../../../api/node-status.ts';
import { nodeStatus } from '../../../api/node-status.ts';
import { policyStatus } from '../../../api/policy-status.ts';
import { figuresOf, noTotals, withTotals } from '../../../operator/figures.ts';
import { type NodeReport, readNodeReport } from '../../../operator/node-report.ts';
import { plan } from '../../../operator/plan.ts';
import { cluster, clusterPolicy, node, pod, settings } from './small-cluster.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const uid = 'uid-p';
const ready = {
  type: 'Ready',
  status: 'True',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  reason: 'Ready',
  message: '',
};

const reported = (name: string, spec: unknown, status: unknown): NodeReport =>
  readNodeReport({ metadata: { name, uid: `uid-nma-${name}`, generation: 1 }, spec, status });

/** As it is where no node has gone, but for what is `gone`. */
function figures(reports: readonly NodeReport[], gone = noTotals) {
  const totals = reports.reduce((sum, each) => withTotals(sum, uid, each), gone);
  return figuresOf(uid, reports, totals, now);
}

function report(name: string, status: unknown, pods = [pod(`${name}-pod`, { node: name })]): NodeReport {
  const parts = cluster({ policies: [clusterPolicy('p')], pods, nodes: [node(name)] });
  const { spec } = plan(parts, settings).nodes.get(name)!;
  return reported(name, spec, status === null ? undefined : nodeStatus.parse(status));
}

const reporting = (policy: object, more: object = {}): unknown => ({
  reportTime: '2026-01-01T11:55:00Z',
  conditions: [ready],
  policies: [
    { uid, ...policy },
    { uid: 'another', idleContainers: 99, reclaimedBytesTotal: 99 },
  ],
  ...more,
});

test('figures of all nodes are summed, of this policy alone', () => {
  const found = figures([
    report('a', reporting({ idleContainers: 2, residentBytes: 10, swappedBytes: 5, reclaimedBytesTotal: 7 })),
    report('b', reporting({ idleContainers: 1, residentBytes: 1, netByteSeconds: '-3', refaultedBytesTotal: 4 })),
  ]);
  assert.deepEqual(found, {
    nodes: { total: 2, ready: 2, silent: 0 },
    idleContainers: 3,
    residentBytes: '11',
    swappedBytes: '5',
    netByteSeconds: '-3',
    reclaimedBytesTotal: '7',
    refaultedBytesTotal: '4',
    wouldReclaimBytes: '0',
    summary: { swapped: '5', reclaimed: '7', wouldReclaim: '0' },
    topPods: [],
  });
});

const nodesCases: readonly (readonly [string, unknown, object])[] = [
  ['an agent that follows it is ready', reporting({}), { total: 1, ready: 1, silent: 0 }],
  ['an agent that never reported is silent', null, { total: 1, ready: 0, silent: 1 }],
  [
    'a report of ten minutes ago still counts',
    reporting({}, { reportTime: '2026-01-01T11:50:00Z' }),
    { total: 1, ready: 1, silent: 0 },
  ],
  [
    'an older report is silence',
    reporting({}, { reportTime: '2026-01-01T11:49:59Z' }),
    { total: 1, ready: 0, silent: 1 },
  ],
  [
    'a report from the future counts',
    reporting({}, { reportTime: '2026-01-01T13:00:00Z' }),
    { total: 1, ready: 1, silent: 0 },
  ],
  [
    'an agent that refuses the profile is not ready',
    reporting({ reason: 'Unsupported' }),
    { total: 1, ready: 0, silent: 0 },
  ],
  ['an agent that is not Ready is not', reporting({}, { conditions: [] }), { total: 1, ready: 0, silent: 0 }],
];

for (const [name, status, expected] of nodesCases)
  test(name, () => assert.deepEqual(figures([report('a', status)]).nodes, expected));

test('the pods with the most in swap come first, at most 20', () => {
  const pods = Array.from({ length: 30 }, (_, index) => pod(`pod-${index}`, { node: 'a' }));
  const containers = pods.flatMap((each, index) => [
    { podUID: each.uid, name: 'app', state: 'PagedOut', anonBytes: 1, swapBytes: index * 10 },
    { podUID: each.uid, name: 'proxy', state: 'PagedOut', anonBytes: 2, swapBytes: index },
  ]);
  const { topPods } = figures([report('a', reporting({}, { containers }), pods)]);
  assert.equal(topPods?.length, 20);
  assert.deepEqual(topPods?.[0], {
    namespace: 'shop',
    name: 'pod-29',
    node: 'a',
    residentBytes: '3',
    swappedBytes: '319',
  });
});

const count = fc.maxSafeNat();
const statuses = fc.array(
  fc
    .record({ residentBytes: count, swappedBytes: count, reclaimedBytesTotal: count, refaultedBytesTotal: count })
    .map((policy): NodeStatus => nodeStatus.parse(reporting(policy))),
  { maxLength: 5 },
);
const { spec } = plan(
  cluster({ policies: [clusterPolicy('p')], pods: [pod('a-pod', { node: 'a' })], nodes: [node('a')] }),
  settings,
).nodes.get('a')!;

test('law: a node that goes takes nothing from the totals, once it is folded in', () => {
  fc.assert(
    fc.property(statuses, (all) => {
      const reports = all.map((status, index) => reported(`n${index}`, spec, status));
      const before = figures(reports);
      const [first, ...rest] = reports;
      const folded = first ? withTotals(noTotals, uid, first) : noTotals;
      const after = figures(rest, folded);
      assert.equal(after.reclaimedBytesTotal, before.reclaimedBytesTotal);
      assert.equal(after.refaultedBytesTotal, before.refaultedBytesTotal);
    }),
  );
});

test('law: figures are what the schema of the status allows, beyond 2^53 too, in any order of nodes', () => {
  fc.assert(
    fc.property(statuses, (all) => {
      const reports = all.map((status, index) => reported(`n${index}`, spec, status));
      const found = figures(reports);
      assert.deepEqual(policyStatus.parse(found), found);
      assert.deepEqual(figures(reports.toReversed()), found);
    }),
  );
});

test('what DryRun would put into swap is summed as it is now', () => {
  const row = { uid, wouldReclaimBytes: 3 * 2 ** 20 };
  const found = figures([
    report('a', { policies: [row] }),
    report('b', { policies: [row] }),
    report('c', { policies: [] }),
  ]);
  assert.equal(found.wouldReclaimBytes, String(6 * 2 ** 20));
  assert.equal(found.summary?.wouldReclaim, '6Mi');
});
