/** Policies keep their identity for as long as nothing in them that a plan reads changes; cluster policies get their stage. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { clusterPolicyKind, policyKind } from '../../../api/policy.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { type PolicyObject, readPolicyObject } from '../../../operator/policy-object.ts';
import type { NodeSeen } from '../../../operator/rollout-evidence.ts';
import { StagedPolicies } from '../../../operator/staged-policies.ts';
import { node } from './small-cluster.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const nodes: readonly NodeSeen[] = Array.from({ length: 40 }, (_, index) => {
  return { node: node(`n${index}`), wanted: null, report: null };
});
const at = (minutes: number) => ({ now: now + minutes * 60_000, nodes });

function object(kind: typeof policyKind | typeof clusterPolicyKind, spec: object, more: object = {}): PolicyObject {
  const { generation = 1, status } = more as { generation?: number; status?: unknown };
  const metadata = { name: 'p', uid: `uid-${kind}`, generation, ...(kind === policyKind && { namespace: 'shop' }) };
  const body = { podSelector: {}, steps: [{ advice: 'PageOut', afterIdleSeconds: 900 }], ...spec };
  return readPolicyObject(kind, { metadata, spec: body, status }, windowMeaning);
}

test('a write of the status alone changes no policy of either kind', () => {
  for (const kind of [policyKind, clusterPolicyKind] as const) {
    const policies = new StagedPolicies();
    const first = policies.take(object(kind, {}), at(0));
    const second = policies.take(object(kind, {}, { status: { matchedPods: 3 } }), at(1));
    assert.deepEqual([first.changed, second.changed], [true, false]);
    assert.equal(second.policy, first.policy);
  }
});

test('an edit changes it, and what can not be read any more is no policy', () => {
  const policies = new StagedPolicies();
  policies.take(object(policyKind, {}), at(0));
  const edited = policies.take(object(policyKind, { priority: 7 }, { generation: 2 }), at(1));
  assert.deepEqual([edited.changed, edited.policy?.spec.priority], [true, 7]);
  const bad = object(policyKind, { fromTheFuture: true }, { generation: 3 });
  assert.deepEqual(policies.take(bad, at(2)), { policy: null, changed: true });
  assert.deepEqual(policies.take(bad, at(3)), { policy: null, changed: false });
});

test('a new cluster policy that acts begins on some of the nodes, and stays there while nobody has it', () => {
  const policies = new StagedPolicies();
  const { policy } = policies.take(object(clusterPolicyKind, { mode: 'Enforce' }), at(0));
  assert.ok(policy?.kind === clusterPolicyKind && policy.stage !== null);
  assert.ok(policy.stage.nodesPercent < 100);
  assert.equal(policy.stage.before, null);
  assert.deepEqual(policies.look(at(60)), []);
  assert.equal(policies.rollouts.get(policy.uid)?.done, false);
});

test('a cluster policy in DryRun is everywhere at once', () => {
  const policies = new StagedPolicies();
  const { policy } = policies.take(object(clusterPolicyKind, { mode: 'DryRun' }), at(0));
  assert.ok(policy?.kind === clusterPolicyKind);
  assert.equal(policy.stage, null);
  assert.equal(policies.rollouts.get(policy.uid)?.done, true);
});

test('another leader goes on where the status says that the last one was', () => {
  const spec = { mode: 'Enforce', rollout: { nodesPercent: 10, stepSeconds: 600 } };
  const first = new StagedPolicies();
  first.take(object(clusterPolicyKind, spec), at(0));
  const written = first.rollouts.get(`uid-${clusterPolicyKind}`)!.status;
  const status = { rollout: { ...written, nodesPercent: 40 } };
  const { policy } = new StagedPolicies().take(object(clusterPolicyKind, spec, { status }), at(30));
  assert.ok(policy?.kind === clusterPolicyKind);
  assert.equal(policy.stage?.nodesPercent, 40);
});

test('a policy that is gone leaves nothing behind', () => {
  const policies = new StagedPolicies();
  const gone = object(clusterPolicyKind, { mode: 'Enforce' });
  policies.take(gone, at(0));
  policies.forget(gone);
  assert.equal(policies.rollouts.size, 0);
  assert.equal(policies.take(gone, at(1)).changed, true);
});
