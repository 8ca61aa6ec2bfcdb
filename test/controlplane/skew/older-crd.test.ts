/** CRDs of nodes' objects that are older than the operator, on a real API server: what is left of a plan is taken. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import fc from 'fast-check';
import { type NodeSpec, nodeSpec } from '../../../api/node-spec.ts';
import type { NodeStatus } from '../../../api/node-status.ts';
import { apply } from '../../../kube/apply.ts';
import { realClock } from '../../../kube/clock.ts';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { readObject } from '../../../kube/objects.ts';
import { StatusSender } from '../../../node-agent/cluster/status-sender.ts';
import { Carrier } from '../../../operator/carry.ts';
import { readCRD } from '../../../operator/crd-revision.ts';
import { nodeSpecOf, profile } from '../../policies/node-advice.ts';
import { olderCRD } from '../../policies/older-crds.ts';
import { crdOf, crdWith, crdWithout } from '../../policies/other-crd.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

type CRD = ReturnType<typeof crdOf>['crd'];

const generatedCount = 16;
const crdResource = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' } as const;

/** Each is served in a group of its own, so that all can be asked at once. */
const named: Readonly<Record<string, CRD>> = {
  'own.test': crdOf().crd,
  'nonetwork.test': crdWithout('profiles[].idle', 'maxNetworkBytesPerSecond'),
  'noword.test': crdWith({
    'profiles[].steps[].advice': (place) => {
      place.enum = ['Cold'];
    },
  }),
  'nolimit.test': crdWithout('limits', 'minSwapFreePercent'),
  'nopause.test': crdWithout('', 'paused'),
};
const older = fc.sample(olderCRD, { numRuns: generatedCount, seed: 11 });

let plane: ControlPlane;
let connection: Connection;

before(async () => {
  plane = await startControlPlane();
  connection = await connect({ kubeconfig: plane.kubeconfig });
  const generated = older.map(({ crd }, index) => [`older${index}.test`, crd] as const);
  const all = [...Object.entries(named), ...generated].map(([group, crd]) => inGroup(group, crd));
  await plane.kubectlOk(['create', '-f', '-'], { input: all.map((crd) => JSON.stringify(crd)).join('\n---\n') });
  await plane.kubectlOk(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
});
after(async () => {
  connection?.[Symbol.dispose]();
  await plane?.stop();
});

const inGroup = (group: string, crd: CRD) => ({
  ...crd,
  metadata: { ...crd.metadata, name: `${crd.spec.names.plural}.${group}` },
  spec: { ...crd.spec, group },
});

async function carrierOf(group: string): Promise<Carrier> {
  return new Carrier(readCRD(await readObject(connection, crdResource, { name: `nodememoryadvices.${group}` })));
}

/** null: taken. A kind is served some moments after it is established. */
async function refusal(group: string, spec: object, name = 'node-1'): Promise<string | null> {
  const resource = { group, version: 'v1alpha1', plural: 'nodememoryadvices' };
  const object = { apiVersion: `${group}/v1alpha1`, kind: 'NodeMemoryAdvice', metadata: { name }, spec };
  for (let left = 200; ; left--) {
    try {
      await apply(connection, resource, object, { fieldManager: 'ebb-operator', force: true });
      return null;
    } catch (error) {
      if (isKubeError(error, 'Invalid')) return error.message;
      if (left === 0 || !isKubeError(error, 'NotFound', 'TooManyRequests')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function stored(group: string, name = 'node-1'): Promise<unknown> {
  const resource = { group, version: 'v1alpha1', plural: 'nodememoryadvices' };
  return (await readObject(connection, resource, { name }))['spec'];
}

const other = {
  ...profile('shop/other'),
  wake: { advice: 'None', maxBytes: 4096 },
  steps: [{ advice: 'Cold', afterIdleSeconds: 300, ranges: 'KeepHot' }],
};
const limits = { maxBytesPerSecond: 1_000_000, minSwapFreePercent: 20 };

/** All fields are used, by one profile or the other. */
function fullSpec(fields: object = {}): NodeSpec {
  const { profiles, pods, ...rest } = nodeSpecOf(3, 2);
  const first = { ...profiles[0]!, idle: { ...profiles[0]!.idle, maxNetworkBytesPerSecond: 4096 } };
  const followed = pods.map((pod, index) => (index === 0 ? { ...pod, profile: 'shop/other' } : pod));
  return nodeSpec.parse({ ...rest, profiles: [first, other], pods: followed, ...fields });
}

test('our own CRD, as the server gives it, carries everything', async () => {
  const carrier = await carrierOf('own.test');
  assert.equal(carrier.whole, true);
  const spec = fullSpec({ limits, omittedPods: 3, paused: { reasons: ['NodeDraining'] } });
  assert.equal(await refusal('own.test', spec), null);
  assert.deepEqual(await stored('own.test'), spec);
});

test('the whole of a plan is refused by a CRD that lacks a field of one profile; the rest of it is taken', async () => {
  const spec = fullSpec();
  const refused = await refusal('nonetwork.test', spec);
  assert.match(refused!, /\.spec\.profiles\[0\]\.idle\.maxNetworkBytesPerSecond: field not declared in schema/);
  const { spec: carried, left } = (await carrierOf('nonetwork.test')).carry(spec);
  assert.equal(await refusal('nonetwork.test', carried!), null);
  assert.deepEqual(await stored('nonetwork.test'), { ...spec, profiles: [other], pods: spec.pods.slice(0, 1) });
  assert.match(left[0]!.message, /does not know spec\.profiles\[\]\.idle\.maxNetworkBytesPerSecond;/);
});

test('for a word that the CRD lacks only the profile that says it is left out, and a removal flows on', async () => {
  const spec = fullSpec();
  const carrier = await carrierOf('noword.test');
  assert.match((await refusal('noword.test', spec))!, /steps\[1\]\.advice: Unsupported value: "PageOut"/);
  const { spec: carried } = carrier.carry(spec);
  assert.equal(await refusal('noword.test', carried!), null);
  assert.deepEqual(await stored('noword.test'), { ...spec, profiles: [other], pods: spec.pods.slice(0, 1) });
  const gone = carrier.carry({ ...spec, profiles: [], pods: [] });
  assert.equal(await refusal('noword.test', gone.spec!), null);
  assert.deepEqual(await stored('noword.test'), { ...spec, profiles: [], pods: [] });
});

test('a pause flows to a node whose limits can’t be carried, and nothing acts there', async () => {
  const spec = fullSpec({ limits, paused: { reasons: ['NodeDraining'] } });
  assert.match((await refusal('nolimit.test', spec))!, /minSwapFreePercent/);
  const { spec: carried } = (await carrierOf('nolimit.test')).carry(spec);
  assert.equal(await refusal('nolimit.test', carried!), null);
  const { paused, profiles } = (await stored('nolimit.test')) as NodeSpec;
  assert.deepEqual(paused, { reasons: ['NodeDraining'] });
  assert.deepEqual(
    profiles.map(({ mode }) => mode),
    ['DryRun', 'DryRun'],
  );
});

test('through a CRD that knows no pause, a pause is an empty plan', async () => {
  const carrier = await carrierOf('nopause.test');
  assert.equal(await refusal('nopause.test', carrier.carry(fullSpec()).spec!), null);
  const paused = fullSpec({ paused: { reasons: ['NodeDraining'] } });
  assert.match((await refusal('nopause.test', paused))!, /\.spec\.paused: field not declared in schema/);
  assert.equal(await refusal('nopause.test', carrier.carry(paused).spec!), null);
  const { pods, profiles } = (await stored('nopause.test')) as NodeSpec;
  assert.deepEqual([pods, profiles], [[], []]);
});

test('the server refuses what the check of its schema refuses, and takes what is carried, whatever a CRD lacks', async (t) => {
  const spec = fullSpec({ limits, omittedPods: 3, paused: { reasons: ['NodeDraining'] } });
  const counts = { taken: 0, refused: 0, nothing: 0 };
  for (const [index, { titles }] of older.entries()) {
    const group = `older${index}.test`;
    const carrier = await carrierOf(group);
    const { spec: carried, refused } = carrier.carry(spec);
    const whole = await refusal(group, spec);
    assert.equal(whole === null, carried === spec, `${titles}: ${whole}`);
    counts[whole === null ? 'taken' : 'refused']++;
    if (carried !== null) assert.equal(await refusal(group, carried, 'node-2'), null, titles.join());
    else {
      counts.nothing++;
      const empty = { nodeUID: spec.nodeUID, profiles: [], pods: [] };
      assert.notEqual(await refusal(group, empty, 'node-2'), null, `${titles}: ${refused}`);
    }
  }
  t.diagnostic(JSON.stringify(counts));
  assert.ok(counts.taken > 2 && counts.refused > 8);
});

test('a report with a field that the CRD lacks is taken but for that field, and what it says no more is gone', async () => {
  const resource = { group: 'own.test', version: 'v1alpha1', plural: 'nodememoryadvices' };
  const read = async () => await readObject(connection, resource, { name: 'node-1' });
  const { uid } = (await read()).metadata;
  const target = { name: 'node-1', uid: uid! };
  const sender = new StatusSender(connection, resource, realClock);
  const newer = { version: '9.9.9', era: 'next' };
  await sender.send(target, { omittedContainers: 3, agent: newer });
  assert.deepEqual((await read())['status'], { omittedContainers: 3, agent: { version: '9.9.9' } });
  await sender.send(target, { observedGeneration: 7, agent: newer });
  assert.deepEqual((await read())['status'], { observedGeneration: 7, agent: { version: '9.9.9' } });
  await assert.rejects(sender.send({ ...target, uid: 'another' }, {}), (error) => isKubeError(error, 'Invalid'));
  await new StatusSender(connection, resource, realClock).send(target, { observedGeneration: 8 });
  const { observedGeneration } = (await read())['status'] as NodeStatus;
  assert.equal(observedGeneration, 8, 'after an upgrade it is applied again');
});
