/** What operator and agent do at the API server, done under their roles: these suffice. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { apply } from '../../../kube/apply.ts';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { Election } from '../../../kube/lease.ts';
import { ListWatch } from '../../../kube/list-watch.ts';
import { createObject, readObject, removeObject } from '../../../kube/objects.ts';
import type { Selection } from '../../../kube/pages.ts';
import { nodeAdviceOf, nodeSpecOf } from '../../policies/node-advice.ts';
import { clusterPolicy, limit, named, policy } from '../../policies/objects.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { until } from '../kube/config-maps.ts';
import { type Installed, installAccess, ownNamespace } from './installed.ts';

let plane: ControlPlane;
let installed: Installed;
let admin: Connection;
let operator: Connection;
let agent: Connection;

before(async () => {
  plane = await startControlPlane({
    apiServerFlags: ['--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement'],
  });
  installed = await installAccess(plane);
  admin = await connect({ kubeconfig: plane.kubeconfig });
  operator = await connect({ kubeconfig: await installed.operator() });
  agent = await connect({ kubeconfig: await installed.agent('node-1') });
});
after(async () => {
  for (const connection of [admin, operator, agent]) connection?.[Symbol.dispose]();
  await plane?.stop();
});

const core = (plural: string) => ({ group: '', version: 'v1', plural });
const ebb = (plural: string) => ({ group: 'ebb.dev', version: 'v1alpha1', plural });
const crds = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };
const events = { group: 'events.k8s.io', version: 'v1', plural: 'events' };

/** Lists and watches without a failure; the names found. */
async function followed(connection: Connection, selection: Selection): Promise<string[]> {
  const failures: string[] = [];
  const failed = ({ code, message }: { code: string; message: string }) => failures.push(`${code}: ${message}`);
  const list = new ListWatch<object>(connection, { ...selection, transform: () => ({}), failed });
  const abort = new AbortController();
  const running = list.run(abort.signal);
  // A refused watch fails at once; one that stands has no trouble.
  await until(
    'a list and a watch',
    () => failures.length > 0 || (list.store.synced && list.silentMillis! > 200),
    10_000,
  );
  abort.abort();
  await running;
  assert.deepEqual(failures, []);
  assert.equal(list.trouble, null);
  return [...list.store.items()].map(({ name }) => name);
}

test('the operator follows what plans are made from', async () => {
  const plurals = ['memoryadvicepolicies', 'clustermemoryadvicepolicies', 'memoryadvicelimits', 'nodememoryadvices'];
  for (const resource of [...['pods', 'namespaces', 'nodes'].map(core), ...plurals.map(ebb)])
    await followed(operator, { resource });
});

test('the operator follows the definition of the objects of nodes by its name', async () => {
  const name = 'nodememoryadvices.ebb.dev';
  assert.deepEqual(await followed(operator, { resource: crds, fieldSelector: `metadata.name=${name}` }), [name]);
});

test('an agent follows the object of its node, and the switch', async () => {
  const spec = { nodeUID: 'n', profiles: [], pods: [] };
  for (const node of ['node-1', 'node-2'])
    await createObject(admin, ebb('nodememoryadvices'), nodeAdviceOf(node, spec));
  const own = { resource: ebb('nodememoryadvices'), fieldSelector: 'metadata.name=node-1' };
  assert.deepEqual(await followed(agent, own), ['node-1']);
  const place = { namespace: ownNamespace, name: 'ebb-switch' };
  await createObject(admin, core('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: place });
  const selection = { resource: core('configmaps'), namespace: ownNamespace };
  const found = await followed(agent, { ...selection, fieldSelector: 'metadata.name=ebb-switch' });
  assert.deepEqual(found, ['ebb-switch']);
});

test('the operator creates an object owned by its Node, changes it and removes it, with owners enforced', async () => {
  await installed.agent('node-9');
  const { metadata } = await readObject(admin, core('nodes'), { name: 'node-9' });
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'node-9', uid: metadata.uid };
  const { metadata: own, ...rest } = nodeAdviceOf('node-9', nodeSpecOf(1, 1));
  const owned = (owners: readonly object[], spec: object) => ({
    ...rest,
    metadata: { ...own, ownerReferences: owners },
    spec,
  });
  const options = { fieldManager: 'ebb-operator' };
  const advices = ebb('nodememoryadvices');
  await apply(operator, advices, owned([owner], nodeSpecOf(1, 1)), options);
  const written = await apply(operator, advices, owned([owner], nodeSpecOf(2, 1)), options);
  assert.deepEqual(written.metadata['ownerReferences'], [owner]);
  // Of a Node that came anew under its name, as of one that is no longer its owner.
  await apply(operator, advices, owned([{ ...owner, uid: 'another' }], nodeSpecOf(1, 1)), options);
  const blocking = owned([{ ...owner, blockOwnerDeletion: true }], nodeSpecOf(1, 1));
  await assert.rejects(
    apply(operator, advices, blocking, options),
    (error) => isKubeError(error, 'Forbidden') && /blockOwnerDeletion/.test(error.message),
  );
  await removeObject(operator, advices, { name: 'node-9', uid: written.metadata.uid! });
});

test('the operator makes ebb-default once, and writes the status of policies', async () => {
  const standing = { ...named(clusterPolicy({}), 'ebb-default') };
  await createObject(operator, ebb('clustermemoryadvicepolicies'), standing);
  await assert.rejects(createObject(operator, ebb('clustermemoryadvicepolicies'), standing), (error) =>
    isKubeError(error, 'AlreadyExists'),
  );
  const own = { ...named(policy({}), 'one') };
  const bound = { ...named(limit({}), 'one') };
  await createObject(admin, ebb('memoryadvicepolicies'), own);
  await createObject(admin, ebb('memoryadvicelimits'), bound);
  const each = [
    ['clustermemoryadvicepolicies', standing],
    ['memoryadvicepolicies', own],
    ['memoryadvicelimits', bound],
  ] as const;
  for (const [plural, { spec: _, ...object }] of each) {
    const applied = { ...object, status: { observedGeneration: 1, matchedPods: 3 } };
    const stored = await apply(operator, ebb(plural), applied, { fieldManager: 'ebb-operator', subresource: 'status' });
    assert.deepEqual(stored['status'], applied.status);
    const { namespace, name } = object.metadata;
    await readObject(operator, ebb(plural), { namespace, name });
  }
});

test('the operator tells an event, and counts it up', async () => {
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace: 'default', name: 'one.1' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    type: 'Normal',
    reason: 'Overridden',
    action: 'Planned',
    reportingController: 'ebb.dev/operator',
    reportingInstance: 'operator-1',
    regarding: { apiVersion: 'ebb.dev/v1alpha1', kind: 'MemoryAdvicePolicy', namespace: 'default', name: 'one' },
  };
  await createObject(operator, events, event);
  const path = '/apis/events.k8s.io/v1/namespaces/default/events/one.1';
  const body = { series: { count: 2, lastObservedTime: '2026-01-01T00:05:00.000000Z' } };
  const contentType = 'application/merge-patch+json';
  const counted = (await operator.request({ method: 'PATCH', path, body, contentType })) as typeof event & typeof body;
  assert.equal(counted.series.count, 2);
});

test('the operator leads by its lease, keeps it, and lets it go', async () => {
  const failures: string[] = [];
  const election = new Election(operator, {
    namespace: ownNamespace,
    name: 'ebb-operator',
    failed: ({ code, message }) => failures.push(`${code}: ${message}`),
    leaseSeconds: 3,
    renewDeadlineSeconds: 2,
    retrySeconds: 0.2,
  });
  const lease = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };
  const place = { namespace: ownNamespace, name: 'ebb-operator' };
  const specNow = async () =>
    (await readObject(operator, lease, place))['spec'] as { holderIdentity: string; renewTime: string };
  await election.run(async () => {
    const { renewTime } = await specNow();
    const end = performance.now() + 5000;
    while ((await specNow()).renewTime === renewTime) assert.ok(performance.now() < end, 'renewed');
    assert.equal(election.isLeader(), true);
  }, new AbortController().signal);
  assert.deepEqual(failures, []);
  assert.equal((await specNow()).holderIdentity, '');
});
