import assert from 'node:assert/strict';
import test from 'node:test';
import { policyStatus } from '../../../api/policy-status.ts';
import { inForce } from '../../../operator/in-force.ts';
import { overviewOf, type Situation } from '../../../operator/situation.ts';
import type { Snapshot } from '../../../operator/snapshot.ts';
import { now, read, ready, situationOf } from './reported.ts';
import { cluster, clusterPolicy, limit, namespace, node, pod, policy } from './small-cluster.ts';

const uid = 'uid-p';
const three = ['n1', 'n2', 'n3'];
const onEach = (names: readonly string[], fields: object = {}) =>
  names.map((name) => pod(`on-${name}`, { node: name, ...fields }));
const enforcing = cluster({
  policies: [clusterPolicy('p', { mode: 'Enforce' })],
  pods: onEach(three),
  nodes: three.map((name) => node(name)),
});
const row = (more: object = {}) => ({ policies: [{ uid, ...more }] });
const forbidden = { reason: 'SwapForbidden' };
const unready = (reason: string) => ({ ...row(), conditions: [{ ...ready, status: 'False', reason }] });
const having = (parts: Partial<Snapshot>): Snapshot => ({ ...enforcing, ...parts });
const allReport = (snapshot: Snapshot, more: Partial<Situation> = {}) => situationOf(snapshot, () => row(), more);
const rolling = (halted: { message: string } | null) => new Map([[uid, { done: false, nodesPercent: 25, halted }]]);
const own = (spec: object, labels: Record<string, string> = {}) =>
  having({
    policies: [policy('p', { mode: 'Enforce', ...spec }, { uid })],
    namespaces: [namespace('shop', { labels })],
  });

const cases: readonly (readonly [string, string, Situation])[] = [
  ['a mode that every node follows is in force', 'Enforce', allReport(enforcing)],
  ['so is DryRun', 'DryRun', allReport(having({ policies: [clusterPolicy('p')] }))],
  ['and Paused', 'Paused', allReport(having({ policies: [clusterPolicy('p', { mode: 'Paused' })] }))],
  [
    'a limit that says DryRun makes Enforce a DryRun',
    'DryRun',
    allReport(having({ limits: [limit('careful', { mode: 'DryRun' })] })),
  ],
  ['as does a limit that can’t be read', 'DryRun', allReport(having({ limits: [limit('broken', null)] }))],
  ['a namespace that allows no more makes Enforce a DryRun', 'DryRun', allReport(own({}))],
  ['and one that allows it does not', 'Enforce', allReport(own({}, { 'ebb.dev/allow': 'enforce' }))],
  [
    'where pods differ, what holds for most of them is said, and for how many',
    'Enforce 2/3',
    allReport(
      having({
        pods: [...onEach(['n1', 'n2']), pod('careful', { namespace: 'bank', node: 'n2' })],
        namespaces: [namespace('shop'), namespace('bank', { labels: { careful: 'yes' } })],
        limits: [limit('careful', { mode: 'DryRun', namespaceSelector: { matchLabels: { careful: 'yes' } } })],
      }),
    ),
  ],
  [
    'of two that hold for equally many, the one that does less',
    'Paused 1/2',
    allReport(having({ pods: onEach(['n1', 'n2']), nodes: [node('n1'), node('n2', { unschedulable: true })] })),
  ],
  [
    'nodes that are paused pause it',
    'Paused',
    allReport(having({ nodes: three.map((name) => node(name, { annotations: { 'ebb.dev/paused': 'why' } })) })),
  ],
  ['a node that can’t do it says why', 'NoSwap', situationOf(enforcing, () => row({ reason: 'NoSwap' }))],
  [
    'as does one that may not',
    'SwapForbidden 2/3',
    situationOf(enforcing, (name) => row(name === 'n1' ? {} : forbidden)),
  ],
  ['ebb-switch stops it', 'SwitchStop', situationOf(enforcing, () => unready('SwitchStop'))],
  ['ebb-switch makes it a DryRun', 'DryRun', situationOf(enforcing, () => unready('SwitchObserve'))],
  [
    'observing does not make it more than Paused',
    'Paused',
    situationOf(having({ policies: [clusterPolicy('p', { mode: 'Paused' })] }), () => unready('SwitchObserve')),
  ],
  [
    'agents that went silent are no proof of anything',
    'AgentSilent',
    situationOf(enforcing, () => ({ ...row(), reportTime: '2026-01-01T11:00:00Z' })),
  ],
  ['nor are those that have not spoken of it yet', 'NoReports', situationOf(enforcing, () => ({}))],
  ['no node’s object has it yet', 'Pending', situationOf(enforcing, () => undefined)],
  [
    'one node’s object does not have it yet',
    'Enforce 2/3',
    situationOf(enforcing, (name) => (name === 'n3' ? undefined : row())),
  ],
  ['without a pod nothing comes of it', 'NoPods', allReport(having({ pods: [] }))],
  [
    'whose pods all follow another, does nothing',
    'Overridden',
    allReport(having({ policies: [clusterPolicy('p'), clusterPolicy('first', { priority: 1 })] })),
  ],
  ['a roll-out under way is not in force yet', 'RollingOut', allReport(enforcing, { rollouts: rolling(null) })],
  [
    'a halted one won’t be',
    'RolloutHalted',
    allReport(enforcing, { rollouts: rolling({ message: '41 % came back' }) }),
  ],
  [
    'what stops every node is said before how far it was rolled out',
    'SwitchStop',
    situationOf(enforcing, () => unready('SwitchStop'), { rollouts: rolling(null) }),
  ],
  [
    'nor is it in force where the CRD can’t carry it',
    'CRDOutdated',
    allReport(enforcing, { unprogrammable: new Map([[uid, { reason: 'CRDOutdated', message: 'too old' }]]) }),
  ],
];
for (const [name, expected, situation] of cases)
  test(name, () => {
    const overview = overviewOf(situation);
    const word = inForce(overview.objects[0]!, overview, now.getTime());
    assert.equal(word, expected);
    assert.equal(policyStatus.parse({ effective: word }).effective, word);
  });

test('a policy that can’t be read does nothing', () => {
  const metadata = { name: 'p', uid, generation: 1 };
  const broken = read('ClusterMemoryAdvicePolicy', { metadata, spec: { mode: 'Maybe' } });
  assert.equal(inForce(broken, overviewOf(allReport(enforcing)), now.getTime()), 'Invalid');
});
