/** The roll-out's memory in a policy's status: what the operator writes, a real API server keeps and gives back whole. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { clusterPolicyKind } from '../../../api/policy.ts';
import { apply } from '../../../kube/apply.ts';
import type { Connection } from '../../../kube/connection.ts';
import { readObject } from '../../../kube/objects.ts';
import { Rollouts } from '../../../operator/rollouts.ts';
import type { ClusterPolicy } from '../../../operator/snapshot.ts';
import { clusterPolicy } from '../../unit/operator/small-cluster.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { connectTo } from '../kube/config-maps.ts';

const policies = { group: 'ebb.dev', version: 'v1alpha1', plural: 'clustermemoryadvicepolicies' } as const;
const crd = join(import.meta.dirname, '../../../crds', `${policies.plural}.yaml`);
const now = Date.parse('2026-01-01T12:00:00Z');

let plane: ControlPlane;
let connection: Connection;

before(async () => {
  plane = await startControlPlane();
  await plane.kubectlOk(['apply', '--server-side', '-f', crd]);
  await plane.kubectlOk(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  connection = await connectTo(plane);
});
after(async () => {
  connection?.[Symbol.dispose]();
  await plane?.stop();
});

const selector = { matchExpressions: [{ key: 'tier', operator: 'In', values: ['web', 'api'] }] };
const first = { mode: 'Enforce', podSelector: selector, memory: { keepResidentBytes: '64Mi' }, priority: 7 };
const second = { mode: 'Enforce', podSelector: {} };

async function stored(): Promise<ClusterPolicy & { readonly rollout: unknown }> {
  const object = await readObject(connection, policies, { name: 'p' });
  const { uid, generation, creationTimestamp } = object.metadata as unknown as Record<string, string & number>;
  const meta = { uid: uid!, generation: generation!, createdAt: creationTimestamp! };
  const { spec, status } = object as unknown as { spec: object; status?: { rollout?: unknown } };
  return { ...clusterPolicy('p', { ...spec }, meta), rollout: status?.rollout };
}

/** As a leader that has never seen the policy. */
const decide = ({ rollout, ...policy }: Awaited<ReturnType<typeof stored>>, at: number) =>
  new Rollouts().next(policy, rollout, [], at);

async function write(rollout: unknown): Promise<void> {
  const object = { apiVersion: 'ebb.dev/v1alpha1', kind: clusterPolicyKind, metadata: { name: 'p' } };
  const options = { fieldManager: 'ebb-operator', subresource: 'status' } as const;
  await apply(connection, policies, { ...object, status: { rollout } }, options);
}

const user = (spec: object) =>
  plane.kubectlOk(['apply', '-f', '-'], {
    input: JSON.stringify({
      apiVersion: 'ebb.dev/v1alpha1',
      kind: clusterPolicyKind,
      metadata: { name: 'p' },
      spec: { steps: [{ advice: 'PageOut', afterIdleSeconds: 900 }], ...spec },
    }),
  });

test('a roll-out is kept through edits and leaders, and the settled spec is replaced whole', async () => {
  await user({ ...first, rollout: { nodesPercent: 100 } });
  const settled = await stored();
  await write(decide(settled, now).status);
  const kept = await stored();
  assert.deepEqual(kept.rollout, JSON.parse(JSON.stringify(decide(settled, now).status)));
  assert.deepEqual((kept.rollout as { settled: unknown }).settled, settled.spec);

  await user(second);
  const edited = await stored();
  assert.equal(edited.generation, settled.generation + 1);
  const begun = decide(edited, now);
  assert.deepEqual(begun.stage, { nodesPercent: 5, before: settled.spec });
  await write(begun.status);
  const again = decide(await stored(), now + 1000);
  assert.deepEqual([again.stage, again.status], [begun.stage, begun.status]);

  await user({ ...second, mode: 'DryRun' });
  await write(decide(await stored(), now).status);
  const { rollout, spec } = await stored();
  assert.deepEqual((rollout as { settled: unknown }).settled, spec, 'nothing of the first spec is left in it');
});

test('a status with another field in a roll-out is refused, and what it holds is bounded', async () => {
  const status = { generation: 1, nodesPercent: 5, since: '2026-01-01T12:00:00Z' };
  await assert.rejects(write({ ...status, nodesPercent: 0 }), { code: 'Invalid', message: /nodesPercent/ });
  await assert.rejects(write({ ...status, since: 'soon' }), { code: 'Invalid', message: /since/ });
  await assert.rejects(write({ ...status, more: 1 }), { code: 'Invalid', message: /more/ });
});
