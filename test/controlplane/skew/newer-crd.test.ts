/**
 * CRDs that are newer than operator and agent, and objects that got past an older one: what was stored and is not understood
 * is refused with its field named, never half followed.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { decodeNodeSpec } from '../../../api/decode-node.ts';
import { clusterPolicyKind, policyKind } from '../../../api/policy.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { createObject, readObject } from '../../../kube/objects.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { limitOf, type PolicyObjectKind, readPolicyObject } from '../../../operator/policy-object.ts';
import { resources } from '../../../operator/resources.ts';
import { nodeAdviceOf, nodeSpecOf } from '../../policies/node-advice.ts';
import { clusterPolicy, limit, named, policy } from '../../policies/objects.ts';
import { crdWith, type Place } from '../../policies/other-crd.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

const field = (name: string, schema: Place) => (place: Place) => {
  place.properties![name] = schema;
};
const noRules = (place: Place) => {
  delete place['x-kubernetes-validations'];
};
const text: Place = { type: 'string', maxLength: 63 };

/** Each with something that ours lacks. */
const newer = [
  crdWith({ idle: field('maxGPUPercent', { type: 'integer' }), steps: noRules, '': noRules }, policyKind),
  crdWith({ mode: (place) => place.enum!.push('Suggest') }, clusterPolicyKind),
  crdWith({ node: field('maxPods', { type: 'integer' }) }, 'MemoryAdviceLimit'),
  crdWith({
    '': field('era', text),
    'profiles[]': field('hurry', text),
    'profiles[].mode': (place) => place.enum!.push('Suggest'),
  }),
];

let plane: ControlPlane;
let connection: Connection;

before(async () => {
  plane = await startControlPlane();
  connection = await connect({ kubeconfig: plane.kubeconfig });
  await plane.kubectlOk(['create', '-f', '-'], { input: newer.map((crd) => JSON.stringify(crd)).join('\n---\n') });
  await plane.kubectlOk(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
});
after(async () => {
  connection?.[Symbol.dispose]();
  await plane?.stop();
});

/** As the server keeps it. A kind is served some moments after it is established. */
async function kept(resource: keyof typeof resources, object: object): Promise<KubeObject> {
  const body = object as KubeObject;
  for (let left = 200; ; left--) {
    try {
      await createObject(connection, resources[resource], body);
      const { namespace, name } = body.metadata;
      return await readObject(connection, resources[resource], { namespace, name });
    } catch (error) {
      if (left === 0 || !/NotFound|TooManyRequests/.test((error as { code: string }).code)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function findings(kind: PolicyObjectKind, object: KubeObject): [string, string][] {
  const { read } = readPolicyObject(kind, object, windowMeaning);
  assert.ok('findings' in read, JSON.stringify(read));
  return read.findings.map(({ field, value }) => [field, value]);
}

test('a policy with a field that a newer CRD keeps is not understood, and the field is named', async () => {
  const object = await kept('policies', named(policy({ idle: { maxGPUPercent: 5 } }), 'newer'));
  assert.equal((object['spec'] as { idle: { maxGPUPercent: number } }).idle.maxGPUPercent, 5);
  assert.deepEqual(findings(policyKind, object), [['spec.idle.maxGPUPercent', '5']]);
});

test('a policy with a mode that a newer CRD allows is not understood', async () => {
  const object = await kept('clusterPolicies', named(clusterPolicy({ mode: 'Suggest' }), 'newer'));
  assert.deepEqual(findings(clusterPolicyKind, object), [['spec.mode', '"Suggest"']]);
});

test('a limit with a field that a newer CRD keeps is not understood, and holds all the same', async () => {
  const object = await kept('limits', named(limit({ mode: 'Enforce', node: { maxPods: 3 } }), 'newer'));
  assert.deepEqual(findings('MemoryAdviceLimit', object), [['spec.node.maxPods', '3']]);
  assert.equal(limitOf(readPolicyObject('MemoryAdviceLimit', object, windowMeaning)).spec, null);
});

test('a policy that got past a CRD with fewer rules is not understood, and the field is named', async () => {
  const steps = [
    { advice: 'PageOut', afterIdleSeconds: 900 },
    { advice: 'PageOut', afterIdleSeconds: 300 },
  ];
  const object = await kept('policies', named(policy({ steps }), 'past'));
  assert.deepEqual(findings(policyKind, object), [['spec.steps[1].afterIdleSeconds', '300']]);
});

test('the agent refuses a profile with a field or word that a newer operator wrote, and follows the others', async () => {
  const spec = nodeSpecOf(1, 1);
  const profiles = [
    spec.profiles[0]!,
    { ...spec.profiles[1]!, hurry: 'yes' },
    { ...spec.profiles[1]!, name: 'shop/third', mode: 'Suggest' },
  ];
  const object = await kept('nodeAdvices', nodeAdviceOf('node-1', { ...spec, profiles }));
  const decoded = decodeNodeSpec(object['spec'], windowMeaning);
  assert.ok('profiles' in decoded);
  assert.deepEqual(
    decoded.profiles.map(({ profile }) => profile.name),
    ['shop/idle-web'],
  );
  const refused = decoded.refused.map(({ name, findings: [first] }) => [name, first!.field, first!.value]);
  assert.deepEqual(refused, [
    ['shop/nights', 'hurry', '"yes"'],
    ['shop/third', 'mode', '"Suggest"'],
  ]);
});

test('where a newer operator wrote a field beside the profiles, the agent follows nothing of it but its pause', async () => {
  const spec = { ...nodeSpecOf(1, 1), era: 'next', paused: { reasons: ['NodeDraining'] } };
  const object = await kept('nodeAdvices', nodeAdviceOf('node-2', spec));
  const decoded = decodeNodeSpec(object['spec'], windowMeaning);
  assert.ok('findings' in decoded);
  assert.deepEqual(
    decoded.findings.map(({ field }) => field),
    ['era'],
  );
  assert.deepEqual(decoded.pauseReasons, ['NodeDraining']);
});
