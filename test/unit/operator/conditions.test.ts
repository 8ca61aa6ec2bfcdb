import assert from 'node:assert/strict';
import test from 'node:test';
import type { PolicyCondition } from '../../../api/conditions.ts';
import { conditionList, limitConditionsOf, policyConditionsOf } from '../../../operator/conditions.ts';
import { overviewOf, type Situation } from '../../../operator/situation.ts';
import { now, objectOf, overviewFor, read, reportOf, situationOf } from './reported.ts';
import { cluster, clusterPolicy, limit, node, pod, policy } from './small-cluster.ts';

const uid = 'uid-p';
const four = ['n1', 'n2', 'n3', 'n4'];
const snapshot = cluster({
  policies: [clusterPolicy('p')],
  pods: four.map((name) => pod(`on-${name}`, { node: name })),
  nodes: four.map((name) => node(name)),
});
const row = (more: object = {}) => ({ policies: [{ uid, ...more }] });

function said(situation: Situation, type: PolicyCondition, at = 0): string {
  const overview = overviewOf(situation);
  const condition = policyConditionsOf(overview.objects[at]!, overview, now.getTime())[type]!;
  return `${condition.status} ${condition.reason}: ${condition.message}`;
}

const cases: readonly (readonly [string, PolicyCondition, Situation, string])[] = [
  ['every node has it', 'Programmed', situationOf(snapshot, () => row()), 'True Programmed: 4 of 4 nodes have it'],
  [
    'nodes without an object yet are awaited',
    'Programmed',
    situationOf(snapshot, (name) => (name === 'n1' ? undefined : row())),
    'False Pending: 3 of 4 nodes have it',
  ],
  [
    'a policy that is left out says why',
    'Programmed',
    situationOf(snapshot, () => row(), {
      unprogrammable: new Map([[uid, { reason: 'CRDOutdated', message: 'schema revision 1 is older than 2' }]]),
    }),
    'False CRDOutdated: schema revision 1 is older than 2; 4 of 4 nodes have it',
  ],
  [
    'a roll-out on its way says how far it may go',
    'Programmed',
    situationOf(snapshot, (name) => (name === 'n1' ? row() : undefined), {
      rollouts: new Map([[uid, { done: false, nodesPercent: 25, halted: null }]]),
    }),
    'False RollingOut: 25 % of the nodes are due; 1 of 4 nodes have it',
  ],
  [
    'a roll-out that was halted says why',
    'Programmed',
    situationOf(snapshot, (name) => (name === 'n1' ? row() : undefined), {
      rollouts: new Map([[uid, { done: false, nodesPercent: 25, halted: { message: '41 % came back' } }]]),
    }),
    'False RolloutHalted: 41 % came back; 1 of 4 nodes have it',
  ],
  [
    'a policy without a pod is nowhere to go',
    'Programmed',
    situationOf({ ...snapshot, pods: [] }, () => undefined),
    'True Programmed: no node has pods of it',
  ],
  [
    'agents that say nothing against it can do it',
    'Effective',
    situationOf(snapshot, () => row()),
    'True Effective: 4 of 4 nodes can do it',
  ],
  [
    'agents that said nothing since their nodes came are silent',
    'Effective',
    situationOf(snapshot, () => null),
    'False AgentSilent: AgentSilent on 4 of 4 nodes (n1, n2, n3, …)',
  ],
  [
    'an agent that does not speak of it yet is awaited',
    'Effective',
    situationOf(snapshot, (name) => (name === 'n1' ? {} : row())),
    'True Effective: 3 of 4 nodes can do it; 1 has not reported of it yet',
  ],
  [
    'the most frequent reason comes first, at most three nodes are named',
    'Effective',
    situationOf(snapshot, (name) => row({ reason: name === 'n4' ? 'Unsupported' : 'NoSwap' })),
    'False NoSwap: NoSwap on 3 of 4 nodes (n1, n2, n3); Unsupported on 1 of 4 nodes (n4)',
  ],
  [
    'an agent that is not Ready gives its reason',
    'Effective',
    situationOf(snapshot, (name) => ({
      ...row(),
      ...(name === 'n2' && {
        conditions: [
          {
            type: 'Ready',
            status: 'False',
            reason: 'AnotherAgent',
            message: '',
            lastTransitionTime: now.toISOString(),
          },
        ],
      }),
    })),
    'False AnotherAgent: AnotherAgent on 1 of 4 nodes (n2)',
  ],
  [
    'a silent agent is one that can’t be relied on',
    'Effective',
    situationOf(snapshot, (name) => ({ ...row(), ...(name === 'n3' && { reportTime: '2026-01-01T11:00:00Z' }) })),
    'False AgentSilent: AgentSilent on 1 of 4 nodes (n3)',
  ],
  [
    'pods follow it',
    'Overridden',
    situationOf(snapshot, () => row()),
    'False NotOverridden: all of its pods follow it',
  ],
  ['all is well', 'Accepted', situationOf(snapshot, () => row()), 'True Accepted: is understood'],
];

for (const [name, type, situation, expected] of cases)
  test(`${type}: ${name}`, () => assert.equal(said(situation, type), expected));

test('Effective: a node that is new and has not reported is awaited', () => {
  const situation = situationOf(snapshot, () => undefined);
  const { spec } = situation.plan.nodes.get('n1')!;
  const fresh = reportOf('n1', spec, null, { creationTimestamp: '2026-01-01T11:55:00Z' });
  assert.equal(
    said({ ...situation, reports: [fresh] }, 'Effective'),
    'Unknown NoReports: its only node has not reported of it yet',
  );
});

test('Programmed: an older generation, and an earlier node of the same name, do not count', () => {
  const situation = situationOf(snapshot, () => row());
  const older = clusterPolicy('p', {}, { generation: 0 });
  const before = situationOf({ ...snapshot, policies: [older] }, () => row());
  assert.equal(said({ ...situation, reports: before.reports }, 'Programmed'), 'False Pending: 0 of 4 nodes have it');
  const renewed = { ...snapshot, nodes: [...snapshot.nodes.slice(1), node('n1', { uid: 'another' })] };
  const replaced = situationOf(renewed, () => row());
  assert.equal(said({ ...replaced, reports: situation.reports }, 'Programmed'), 'False Pending: 3 of 4 nodes have it');
});

test('Accepted: what somebody must act on becomes the reason, the rest stands behind it with its number', () => {
  const pods = [
    pod('a'),
    pod('b', { annotations: { 'ebb.dev/idle': 'maybe' } }),
    pod('c', { annotations: { 'ebb.dev/do-not-advise': 'true' } }),
    pod('d', { qosClass: 'Guaranteed' }),
    pod('e', { terminating: true }),
  ];
  const enforcing = policy('p', { mode: 'Enforce' });
  const parts = cluster({ policies: [enforcing], pods });
  assert.equal(
    said(
      situationOf(parts, () => null),
      'Accepted',
    ),
    'True EnforceNotAllowed: is understood; EnforceNotAllowed for 2 of its pods (the namespace is not labelled ' +
      'ebb.dev/allow: enforce, so the policy stays at DryRun); MalformedAnnotation for 1 of its pods (an annotation of ' +
      'ebb.dev has a value with no meaning; the most cautious one is taken); OptedOut for 1 of its pods (an annotation ' +
      'ebb.dev/do-not-advise on the pod, its namespace or for the container says so); QoSClassNotSelected for 1 of its ' +
      'pods (the policy does not select this QoS class)',
  );
});

test('Accepted: a limit that can’t be read is named', () => {
  const parts = cluster({
    policies: [clusterPolicy('p', { mode: 'Enforce' })],
    pods: [pod('a')],
    limits: [limit('l', null)],
  });
  assert.match(
    said(
      situationOf(parts, () => null),
      'Accepted',
    ),
    /^True UnreadableLimit: .*UnreadableLimit for 1 of/,
  );
});

test('Overridden: of two that are equal in everything the older wins, and both say so', () => {
  const older = policy('b', {}, { createdAt: '2026-01-01T00:00:00Z' });
  const newer = policy('a', {}, { createdAt: '2026-01-02T00:00:00Z' });
  const situation = situationOf(cluster({ policies: [newer, older], pods: [pod('x')] }), () => null);
  assert.equal(
    said(situation, 'Overridden', 0),
    'True Overridden: 1 of 1 pod follows shop/b (both of priority 100: the older wins)',
  );
  assert.equal(
    said(situation, 'Overridden', 1),
    'False NotOverridden: comes before shop/a (both of priority 100: the older wins)',
  );
});

test('a policy that is not understood says so in each condition', () => {
  const broken = read('MemoryAdvicePolicy', {
    metadata: { name: 'p', namespace: 'shop', uid },
    spec: { podSelector: {} },
  });
  const overview = overviewFor(snapshot, () => row());
  const conditions = policyConditionsOf(broken, overview, now.getTime());
  assert.deepEqual(
    Object.entries(conditions).map(([type, { status, reason }]) => `${type} ${status} ${reason}`),
    ['Accepted False Invalid', 'Programmed False Invalid', 'Overridden False Invalid', 'Effective Unknown Invalid'],
  );
  assert.match(conditions.Accepted!.message, /^spec\.steps: value missing: allowed: /);
});

test('a limit is understood or not', () => {
  const metadata = { name: 'l', uid: 'uid-l' };
  const good = limitConditionsOf(read('MemoryAdviceLimit', { metadata, spec: {} }));
  assert.deepEqual(good, { Accepted: { status: 'True', reason: 'Accepted', message: 'is understood' } });
  const bad = limitConditionsOf(read('MemoryAdviceLimit', { metadata, spec: { mode: 'Maybe' } }));
  assert.match(bad.Accepted!.message, /^spec\.mode: value "Maybe": .*; until then .* DryRun$/);
});

test('a condition keeps its time as long as its status is the same, and its message has a bound', () => {
  const before = { conditions: [{ type: 'Accepted', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z' }] };
  const yes = { Accepted: { status: 'True', reason: 'Accepted', message: 'x'.repeat(5000) } } as const;
  const [same] = conditionList(yes, before, 7, now);
  assert.equal(same?.lastTransitionTime, '2025-01-01T00:00:00Z');
  assert.equal(same?.observedGeneration, 7);
  assert.equal(same?.message.length, 2048);
  const [other] = conditionList({ Accepted: { ...yes.Accepted, status: 'False' } }, before, 7, now);
  assert.equal(other?.lastTransitionTime, '2026-01-01T12:00:00Z');
  assert.equal(conditionList(yes, { conditions: 'garbage' }, 7, now)[0]?.lastTransitionTime, '2026-01-01T12:00:00Z');
});

test('every condition fits the schema of the status', async () => {
  const { policyStatus } = await import('../../../api/policy-status.ts');
  for (const [, , situation] of cases) {
    const overview = overviewOf(situation);
    const conditions = conditionList(
      policyConditionsOf(objectOf(snapshot.policies[0]!), overview, now.getTime()),
      null,
      1,
      now,
    );
    policyStatus.parse({ conditions });
  }
});
