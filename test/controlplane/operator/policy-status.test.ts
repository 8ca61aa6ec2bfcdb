/**
 * The status of policies and limits on a real API server: written when something changes and not otherwise, with Events told
 * once, and totals that no node's end takes from.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { resources } from '../../../operator/resources.ts';
import { installAccess } from '../access/installed.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { connectTo, until } from '../kube/config-maps.ts';
import { Objects } from './objects.ts';
import { Reporting, Statuses } from './reporting.ts';

let plane: ControlPlane;
let admin: Connection;
let connection: Connection;
let objects: Objects;
let statuses: Statuses;
let reporting: Reporting;

before(async () => {
  plane = await startControlPlane();
  admin = await connectTo(plane);
  const installed = await installAccess(plane);
  objects = new Objects(admin);
  statuses = new Statuses(objects);
  for (const name of ['shop', 'twins', 'bank']) await objects.namespace(name, { 'ebb.dev/allow': 'enforce' });
  connection = await connect({ kubeconfig: await installed.operator() });
  reporting = await Reporting.start(connection, objects);
});
after(async () => {
  await reporting?.[Symbol.asyncDispose]();
  connection?.[Symbol.dispose]();
  admin?.[Symbol.dispose]();
  await plane?.stop();
});

const waitMillis = 5000;

/** Until a condition begins so. */
async function becomes(object: () => ReturnType<Statuses['read']>, type: string, says: string): Promise<void> {
  let last = '';
  const isSo = async (): Promise<boolean> => {
    last = (await statuses.said(object()))[type] ?? '';
    return last.startsWith(says);
  };
  await until(`${type} ${says}`, isSo, waitMillis).catch((error: Error) => assert.fail(`${error.message}: ${last}`));
}

/** Until the watch has what `holds` looks for: what comes next is made of it. */
const seen = (what: string, holds: () => boolean) => until(what, holds, waitMillis);

const settled = () => sleep(300);
const shop = () => statuses.policy('web');
let uid: string;

/** A policy with a pod on each of the nodes, whose objects say so. */
async function programmedOn(policy: string, namespace: string, nodes: readonly string[]): Promise<string> {
  for (const node of nodes) await objects.node(node);
  for (const node of nodes) await objects.pod(node, `${policy}-on-${node}`, { namespace, labels: { app: policy } });
  const spec = { podSelector: { matchLabels: { app: policy } } };
  const made = await objects.policy(policy, spec, namespace);
  const { watching } = reporting;
  await seen('all of it', () => {
    const pods = nodes.every(
      (node) => watching.pods.store.get(namespace, `${policy}-on-${node}`)?.value.containers[0]?.id,
    );
    const ready = nodes.every((node) => watching.nodes.store.get('', node)?.value.ready);
    return pods && ready && watching.policies.store.get(namespace, policy) !== undefined;
  });
  for (const node of nodes) await reporting.program(node);
  return made.metadata.uid!;
}

test('a policy is told how far it has come, step by step, and kubectl get madv shows it', async () => {
  uid = await programmedOn('web', 'shop', ['n1', 'n2']);
  await becomes(shop, 'Programmed', 'True Programmed: 2 of 2 nodes have it');
  await becomes(shop, 'Effective', 'Unknown NoReports: none of 2 nodes has reported');
  const row = {
    uid,
    containers: 1,
    idleContainers: 1,
    residentBytes: 4096,
    swappedBytes: 1024,
    reclaimedBytesTotal: 5000,
  };
  await reporting.says('n1', [row]);
  await reporting.says('n2', [{ ...row, refaultedBytesTotal: 7, netByteSeconds: '12' }]);
  await becomes(shop, 'Effective', 'True Effective: 2 of 2 nodes can do it');
  await until('the figures', async () => (await shop()).status?.reclaimedBytesTotal === '10000', waitMillis);
  const { conditions: _, ...rest } = (await shop()).status!;
  assert.deepEqual(rest, {
    observedGeneration: 1,
    effective: 'Enforce',
    matchedPods: 2,
    overriddenPods: 0,
    nodes: { total: 2, ready: 2, silent: 0 },
    idleContainers: 2,
    residentBytes: '8192',
    swappedBytes: '2048',
    netByteSeconds: '12',
    reclaimedBytesTotal: '10000',
    refaultedBytesTotal: '7',
    wouldReclaimBytes: '0',
    summary: { swapped: '2Ki', reclaimed: '9.76Ki', wouldReclaim: '0' },
    topPods: [],
  });
  const table = await plane.kubectlOk(['get', 'madv', '-n', 'shop']);
  assert.match(
    table,
    /^NAME +MODE +EFFECTIVE +MATCHED +IDLE +RECLAIMED +WOULDRECLAIM +AGE\nweb +Enforce +Enforce +2 +2 +9\.76Ki +0 +\d+s\n$/,
  );
  const wide = await plane.kubectlOk(['get', 'madv', '-n', 'shop', '-o', 'wide']);
  assert.match(wide, /PROGRAMMED.*\nweb +Enforce +Enforce +2 +2 +2Ki +9\.76Ki +0 +True +True +100 /);
});

test('what is so already is not written again, nor by an operator that comes new', async () => {
  await settled();
  const before = (await shop()).metadata.resourceVersion;
  await settled();
  await reporting.restart();
  await settled();
  reporting.pass(120_000);
  await settled();
  assert.equal((await shop()).metadata.resourceVersion, before);
});

test('figures that change alone wait, a count does not', async () => {
  const row = { uid, containers: 1, idleContainers: 1, reclaimedBytesTotal: 6000 };
  await reporting.says('n1', [row]);
  await until('the figures', async () => (await shop()).status?.reclaimedBytesTotal === '11000', waitMillis);
  await reporting.says('n1', [{ ...row, reclaimedBytesTotal: 7000 }]);
  await settled();
  assert.equal((await shop()).status?.reclaimedBytesTotal, '11000');
  reporting.pass(60_000);
  await until('the figures', async () => (await shop()).status?.reclaimedBytesTotal === '12000', waitMillis);
  await objects.pod('n1', 'another', { labels: { app: 'web' } });
  await until('the count', async () => (await shop()).status?.matchedPods === 3, waitMillis);
});

test('a node that can’t do it is told once, also across a restart, and its return too', async () => {
  const row = { uid, containers: 1, reclaimedBytesTotal: 7000 };
  const told = async () =>
    (await statuses.events('shop', 'web'))
      .map(({ type, reason, series }) => `${type} ${reason} ${series?.count ?? 1}`)
      .sort();
  await reporting.says('n1', [{ ...row, reason: 'NoSwap' }]);
  await becomes(shop, 'Effective', 'False NoSwap: NoSwap on 1 of 2 nodes (n1)');
  await until('the Event', async () => (await told()).length === 1, waitMillis);
  await reporting.restart();
  await settled();
  assert.deepEqual(await told(), ['Warning NoSwap 1']);
  await reporting.says('n1', [row]);
  await becomes(shop, 'Effective', 'True');
  await reporting.says('n1', [{ ...row, reason: 'NoSwap' }]);
  await until('the Event again', async () => (await told()).includes('Warning NoSwap 2'), waitMillis);
  assert.deepEqual(await told(), ['Normal Effective 1', 'Warning NoSwap 2']);
  assert.match(
    await plane.kubectlOk(['describe', 'madv', 'web', '-n', 'shop']),
    /Warning +NoSwap .* ebb.dev\/operator/,
  );
  await reporting.says('n1', [row]);
  await becomes(shop, 'Effective', 'True');
});

test('a policy that is not understood names the field, is told, and keeps nobody waiting', async () => {
  const windows = [{ name: 'never', schedule: '0 0 31 2 *', durationSeconds: 3600, timeZone: 'UTC' }];
  await objects.policy('never', { podSelector: { matchLabels: { app: 'none' } }, windows });
  await objects.policy('nothing', { podSelector: { matchLabels: { app: 'none' } } });
  const never = () => statuses.policy('never');
  await becomes(never, 'Accepted', 'False Invalid: spec.windows[0].schedule: value "0 0 31 2 *": allowed: a cron line');
  await becomes(() => statuses.policy('nothing'), 'Accepted', 'True Accepted');
  assert.equal((await statuses.policy('nothing')).status?.matchedPods, 0);
  await until('the Event', async () => (await statuses.events('shop', 'never')).length === 1, waitMillis);
  await objects.patch(resources.policies, { namespace: 'shop', name: 'never' }, { spec: { windows: [] } });
  await becomes(never, 'Accepted', 'True Accepted');
  assert.equal((await never()).status?.observedGeneration, 2);
  await until('both Events', async () => (await statuses.events('shop', 'never')).length === 2, waitMillis);
});

test('of two policies equal in everything the older wins, and both say so', async () => {
  await objects.node('n3');
  await objects.pod('n3', 'pod', { namespace: 'twins' });
  await objects.policy('b', {}, 'twins');
  await sleep(1100); // creation times have whole seconds
  await objects.policy('a', {}, 'twins');
  const why = 'both of priority 100: the older wins';
  await becomes(
    () => statuses.policy('a', 'twins'),
    'Overridden',
    `True Overridden: 1 of 1 pod follows twins/b (${why})`,
  );
  await becomes(
    () => statuses.policy('b', 'twins'),
    'Overridden',
    `False NotOverridden: comes before twins/a (${why})`,
  );
  const [event] = await statuses.events('twins', 'a');
  assert.equal(event?.reason, 'Overridden');
});

test('a cluster policy has its Events in default; a roll-out that halts is one', async () => {
  await objects.pod('n3', 'pod', { namespace: 'bank', labels: { app: 'bank' } });
  const { metadata } = await objects.clusterPolicy('all', { podSelector: { matchLabels: { app: 'bank' } } });
  const all = () => statuses.clusterPolicy('all');
  await becomes(all, 'Programmed', 'False Pending: 0 of 1 node has it');
  reporting.rollouts.set(metadata.uid!, { done: false, nodesPercent: 5, halted: { message: '41 % came back' } });
  await becomes(all, 'Programmed', 'False RolloutHalted: 41 % came back; 0 of 1 node has it');
  await until('the Event', async () => (await statuses.events('default', 'all')).length === 1, waitMillis);
  reporting.unprogrammable.set(metadata.uid!, { reason: 'CRDOutdated', message: 'the CRD is older' });
  await becomes(all, 'Programmed', 'False CRDOutdated: the CRD is older');
});

test('a limit is told how many pods it holds for', async () => {
  await objects.limit('tight', {
    mode: 'DryRun',
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
  });
  const tight = () => statuses.read(resources.limits, 'tight');
  await becomes(tight, 'Accepted', 'True Accepted: is understood');
  assert.equal((await tight()).status?.matchedPods, 3);
  await objects.remove(resources.limits, { name: 'tight' });
});

test('what others write into a status is put right, but for conditions of their own', async () => {
  const foreign = {
    type: 'Foreign',
    status: 'True',
    reason: 'Test',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const conditions = [foreign, ...(await shop()).status!.conditions!];
  const place = { namespace: 'shop', name: 'web', subresource: 'status' };
  await objects.patch(resources.policies, place, { status: { matchedPods: 99, residentBytes: '1Ki', conditions } });
  await until('the count', async () => (await shop()).status?.matchedPods === 3, waitMillis);
  assert.ok((await shop()).status?.conditions?.some(({ type }) => type === 'Foreign'));
  await settled();
  const before = (await shop()).metadata.resourceVersion;
  await settled();
  assert.equal((await shop()).metadata.resourceVersion, before);
});

const reclaimed = async () => (await shop()).status?.reclaimedBytesTotal;
const vanished = async () => (await shop()).status?.vanished;

test('a node’s object that goes is folded in once, though the operator ends between the two writes', async () => {
  reporting.pass(60_000);
  await until('all figures', async () => (await reclaimed()) === '12000', waitMillis);
  const report = reporting.watching.report('n2')!;
  await reporting.reports.fold(report);
  assert.deepEqual(await vanished(), {
    netByteSeconds: '12',
    reclaimedBytesTotal: '5000',
    refaultedBytesTotal: '7',
    objects: [report.uid],
  });
  await reporting.restart();
  await settled();
  await reporting.reports.fold(report);
  await Promise.all([reporting.reports.fold(report), reporting.reports.fold(report)]);
  assert.equal((await vanished())?.reclaimedBytesTotal, '5000');
  assert.equal(await reclaimed(), '12000');
  await objects.remove(resources.nodeAdvices, { name: 'n2' });
  await becomes(shop, 'Programmed', 'False Pending: 1 of 2 nodes have it');
  reporting.pass(60_000);
  await until('the list of UIDs to be empty', async () => (await vanished())?.objects === undefined, waitMillis);
  assert.equal(await reclaimed(), '12000');
});

test('an object that went by itself takes nothing along, whether an operator looked or none ran', async () => {
  await reporting.program('n2');
  await reporting.says('n2', [{ uid, reclaimedBytesTotal: 100 }]);
  reporting.pass(60_000);
  await until('what it reached', async () => (await reclaimed()) === '12100', waitMillis);
  await reporting.says('n2', [{ uid, reclaimedBytesTotal: 150 }]);
  await seen('it', () => reporting.watching.report('n2')?.policies.get(uid)?.row?.reclaimedBytes === 150);
  await settled();
  await objects.remove(resources.nodeAdvices, { name: 'n2' });
  reporting.pass(60_000);
  await until('every byte', async () => (await reclaimed()) === '12150', waitMillis);

  await reporting.crash();
  await objects.remove(resources.nodeAdvices, { name: 'n1' });
  await seen('its end', () => reporting.watching.report('n1') === null);
  reporting.begin();
  await becomes(shop, 'Programmed', 'False Pending: 0 of 2 nodes have it');
  assert.equal(await reclaimed(), '12150');
  await reporting.program('n1');
  await reporting.says('n1', [{ uid, reclaimedBytesTotal: 50 }]);
  reporting.pass(60_000);
  await until('what comes after', async () => (await reclaimed()) === '12200', waitMillis);
});

test('two operators that both believe to lead count an object once: who was too late sees that it is done', async () => {
  const nodes = ['m1', 'm2', 'm3'];
  for (const node of nodes) await objects.node(node);
  for (const node of nodes) await objects.pod(node, node, { labels: { app: 'web' } });
  const { watching } = reporting;
  await seen('pods', () => nodes.every((node) => watching.pods.store.get('shop', node)?.value.containers[0]?.id));
  await seen('nodes', () => nodes.every((node) => watching.nodes.store.get('', node)?.value.ready));
  for (const node of nodes) await reporting.program(node);
  for (const node of nodes) await reporting.says(node, [{ uid, reclaimedBytesTotal: 1000 }]);
  const before = BigInt((await vanished())!.reclaimedBytesTotal!);
  {
    await using other = await Reporting.start(connection, objects);
    const both = [reporting, other];
    const conflicts = () => both.flatMap(({ failures }) => failures.filter((code) => code === 'Conflict')).length;
    const conflictsBefore = conflicts();
    await seen('rows', () =>
      nodes.every((node) => both.every((each) => each.watching.report(node)?.policies.get(uid)?.row)),
    );
    await Promise.all(nodes.flatMap((node) => both.map(({ reports }) => reports.fold(watching.report(node)!))));
    assert.ok(conflicts() > conflictsBefore, 'both wrote at one time');
    assert.equal(BigInt((await vanished())!.reclaimedBytesTotal!), before + 3000n);
  }
  for (const node of nodes) await objects.remove(resources.nodeAdvices, { name: node });
  reporting.pass(60_000);
  await until('every byte', async () => (await reclaimed()) === '15200', waitMillis);
});

test('a policy that is being deleted is left alone, and a fold does not wait for it or for one that is gone', async () => {
  const place = { namespace: 'shop', name: 'nothing' };
  await objects.patch(resources.policies, place, { metadata: { finalizers: ['test.example/held'] } });
  await objects.remove(resources.policies, place);
  await seen('the deletion', () => reporting.watching.policies.store.get('shop', 'nothing')?.value.deleting === true);
  await objects.patch(resources.policies, { ...place, subresource: 'status' }, { status: { matchedPods: 42 } });
  await settled();
  assert.equal((await statuses.policy('nothing')).status?.matchedPods, 42);
  await objects.patch(resources.policies, place, { metadata: { finalizers: null } });
  const gone = reporting.watching.report('n1')!;
  await objects.remove(resources.policies, { namespace: 'shop', name: 'web' });
  await reporting.reports.fold(gone);
});

test('before a CRD that knows nothing of vanished nodes the rest is written, and folds hold nobody up', async () => {
  const path = '/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/vanished';
  const patch = JSON.stringify([{ op: 'remove', path }]);
  const crd = 'memoryadvicepolicies.ebb.dev';
  await plane.kubectlOk(['patch', 'crd', crd, '--type=json', '-p', patch]);
  await sleep(500); // until the schema is the one that is served
  uid = await programmedOn('old', 'bank', ['n4', 'n5']);
  const old = () => statuses.policy('old', 'bank');
  await reporting.says('n4', [{ uid, reclaimedBytesTotal: 100 }]);
  await reporting.says('n5', [{ uid, reclaimedBytesTotal: 10 }]);
  await becomes(old, 'Effective', 'True Effective: 2 of 2');
  reporting.pass(60_000);
  await until('the sum', async () => (await old()).status?.reclaimedBytesTotal === '110', waitMillis);
  await reporting.reports.fold(reporting.watching.report('n5')!);
  await objects.remove(resources.nodeAdvices, { name: 'n5' });
  await becomes(old, 'Programmed', 'False Pending: 1 of 2');
  await reporting.says('n4', [{ uid, reclaimedBytesTotal: 200 }]);
  reporting.pass(60_000);
  await until('the sum', async () => (await old()).status?.reclaimedBytesTotal === '210', waitMillis);
});

test('nothing failed but what had to', () => {
  const failures = new Set(reporting.failures.filter((code) => code !== 'Conflict'));
  assert.deepEqual([...failures].sort(), ['Invalid', 'NotFound'], 'the older CRD, and the policy that was gone');
});
