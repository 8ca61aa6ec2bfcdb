/** Which policy a pod follows and why, as kubectl ebb policies tells it: of objects as the API server has them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { windowMeaning } from '../../../../api/schedule.ts';
import { nodeViewOf } from '../../../../cli/kubectl-ebb/node-view.ts';
import type { Question } from '../../../../cli/kubectl-ebb/policies/judge.ts';
import { showPolicies } from '../../../../cli/kubectl-ebb/policies/show.ts';
import { policiesView } from '../../../../cli/kubectl-ebb/policies/view.ts';
import { type PolicyObjectKind, readPolicyObject } from '../../../../operator/policy-object.ts';
import { namespace, node, pod } from '../../operator/small-cluster.ts';
import { look, nodeObject, now } from './nodes.ts';

const steps = [{ advice: 'PageOut', afterIdleSeconds: 900 }];

function object(kind: PolicyObjectKind, name: string, spec: object, status: object = {}) {
  const metadata = {
    name,
    uid: `uid-${name}`,
    generation: 2,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...(kind === 'MemoryAdvicePolicy' && { namespace: 'shop' }),
  };
  return readPolicyObject(kind, { metadata, spec, status }, windowMeaning);
}
const policy = (name: string, spec: object = {}) =>
  object('MemoryAdvicePolicy', name, { podSelector: {}, steps, mode: 'Enforce', ...spec });
const clusterPolicy = (name: string, spec: object = {}, status: object = settled) =>
  object('ClusterMemoryAdvicePolicy', name, { podSelector: {}, steps, mode: 'Enforce', ...spec }, status);
const limit = (name: string, spec: object) => object('MemoryAdviceLimit', name, spec);
const settled = { rollout: { generation: 2, nodesPercent: 100, since: '2026-01-01T00:00:00Z' } };

const question = (fields: Partial<Question>): Question => ({
  pod: pod('web', { labels: { tier: 'web' } }),
  node: node('n1'),
  namespace: namespace('shop', { labels: { 'ebb.dev/allow': 'enforce' } }),
  policies: [],
  limits: [],
  ebbNamespace: 'ebb-system',
  now,
  ...fields,
});

const outcomes = (fields: Partial<Question>) =>
  policiesView(question(fields), null).policies.map(({ policy, outcome, reason }) => `${policy} ${outcome} ${reason}`);

test('who wins comes first, then those that it overrides, with why', () => {
  const policies = [
    policy('other', { podSelector: { matchLabels: { tier: 'db' } } }),
    clusterPolicy('everywhere'),
    policy('late', { priority: 500 }),
    policy('web'),
  ];
  const view = policiesView(question({ policies }), null);
  assert.equal(view.follows, 'shop/web');
  assert.equal(view.mode, 'Enforce');
  assert.deepEqual(
    view.policies.map(({ policy, words }) => `${policy}: ${words}`),
    [
      'shop/web: the pod follows it',
      'everywhere: shop/web comes first: policies of a namespace come before cluster policies',
      'shop/late: shop/web comes first: priority 100 before 500',
      'shop/other: spec.podSelector does not match the pod (tier=web)',
    ],
  );
});

test('each policy that does not take the pod says which of its words does not fit, or the reason', () => {
  assert.deepEqual(outcomes({ policies: [policy('a', { qosClasses: ['Guaranteed'] })] }), [
    'shop/a Refused QoSClassNotSelected',
  ]);
  assert.deepEqual(outcomes({ policies: [policy('a', { containers: { include: ['none'] } })] }), [
    'shop/a Refused ContainerNotSelected',
  ]);
  assert.deepEqual(outcomes({ policies: [clusterPolicy('a', { nodeSelector: { matchLabels: { x: 'y' } } })] }), [
    'a NotSelected null',
  ]);
  assert.deepEqual(outcomes({ policies: [policy('a', { steps: 'none' })] }), ['shop/a Invalid Invalid']);
});

test('an opt-out keeps every policy away, and is the reason why none is followed', () => {
  const optedOut = pod('web', { annotations: { 'ebb.dev/do-not-advise': 'true' } });
  const view = policiesView(question({ pod: optedOut, policies: [policy('a'), clusterPolicy('b')] }), null);
  assert.deepEqual([view.follows, view.reason], [null, 'OptedOut']);
  assert.match(showPolicies(view, null, look), /^follows +OptedOut: an annotation ebb.dev\/do-not-advise/m);
});

test('a cluster policy that its roll-out has not brought to the node is told so', () => {
  const rolling = { rollout: { generation: 2, nodesPercent: 1, since: '2026-01-01T00:00:00Z' } };
  const nodes = Array.from({ length: 50 }, (_, index) => node(`n${index}`, { uid: `uid-node-${index}` }));
  const seen = new Set(
    nodes.map((each) => outcomes({ node: each, policies: [clusterPolicy('slow', {}, rolling)] })[0]),
  );
  assert.ok(seen.has('slow Refused RollingOut'));
});

test('a namespace that does not allow Enforce, and limits, are told with what they make of it', () => {
  const limits = [
    limit('floor', { limits: { maxBytesPerSecond: '64Mi' }, node: { maxBytesPerSecond: '1Gi' } }),
    limit('elsewhere', { nodeSelector: { matchLabels: { x: 'y' } } }),
    limit('broken', { mode: 'Sometimes' }),
  ];
  const view = policiesView(question({ namespace: namespace('shop'), policies: [policy('a')], limits }), null);
  assert.deepEqual([view.mode, view.notes], ['DryRun', ['EnforceNotAllowed']]);
  assert.deepEqual(
    view.limits.map(({ limit: name, matches, words }) => `${name} ${matches}: ${words}`),
    [
      'floor true: limits.maxBytesPerSecond 128Mi becomes 64Mi; node.maxBytesPerSecond 1Gi, shared',
      'elsewhere false: its namespaceSelector or nodeSelector does not match',
      'broken true: it can’t be read, so nothing goes further than DryRun',
    ],
  );
});

test('whether the node’s object says so already is told: yes, not yet, or not to be seen', () => {
  const asked = question({
    policies: [policy('idle-web')],
    pod: pod('web', { uid: '00000000-0000-4000-8000-000000000000' }),
  });
  assert.equal(policiesView(asked, nodeViewOf(nodeObject('n1'))).programmed, true);
  assert.equal(policiesView(asked, null).programmed, false);
  assert.equal(policiesView(asked, undefined).programmed, null);
  assert.equal(policiesView(question({ policies: [] }), nodeViewOf(nodeObject('n1'))).programmed, true);
  assert.match(showPolicies(policiesView(asked, null), null, look), /^node has it +not yet: /m);
});
