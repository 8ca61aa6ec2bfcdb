/**
 * The operator as a process on a real API server, under the role that it ships with: what people and the cluster do shows up
 * in the objects of the nodes, and each object is what a plan from scratch says.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeSpec } from '../../../api/node-spec.ts';
import type { Connection } from '../../../kube/connection.ts';
import { resources } from '../../../operator/resources.ts';
import { type Installed, installAccess } from '../access/installed.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { connectTo, until } from '../kube/config-maps.ts';
import { Objects } from './objects.ts';
import { OperatorProcess } from './operator-process.ts';
import { becomesAsPlanned } from './planned.ts';

let plane: ControlPlane;
let connection: Connection;
let installed: Installed;
let objects: Objects;
let operator: OperatorProcess;

before(async () => {
  plane = await startControlPlane();
  connection = await connectTo(plane);
  installed = await installAccess(plane);
  objects = new Objects(connection);
  await objects.namespace('shop', { 'ebb.dev/allow': 'enforce' });
  operator = new OperatorProcess(await installed.operator());
  await operator.says('Leading', 20_000);
});
after(async () => {
  await operator?.[Symbol.asyncDispose]();
  connection?.[Symbol.dispose]();
  await plane?.stop();
});

const spec = async (node: string): Promise<NodeSpec | null> =>
  ((await objects.advice(node))?.['spec'] as NodeSpec) ?? null;
const names = (found: NodeSpec | null): string[] => found?.pods.map(({ name }) => name).sort() ?? [];

/** The spec once it is so. */
async function specWhere(node: string, holds: (found: NodeSpec | null) => boolean, withinMillis = 2000) {
  let found: NodeSpec | null = null;
  const isSo = async (): Promise<boolean> => {
    found = await spec(node);
    return holds(found);
  };
  await until(`the object of ${node}`, isSo, withinMillis);
  return found as NodeSpec | null;
}

test('a new cluster gets the policy ebb-default in DryRun once, and who removes it has decided', async () => {
  await until('ebb-default', async () => (await objects.all(resources.clusterPolicies)).length === 1, 5000);
  const [made] = await objects.all(resources.clusterPolicies);
  assert.equal(made!.metadata.name, 'ebb-default');
  assert.equal((made!['spec'] as { mode: string }).mode, 'DryRun');
  await until(
    'the lease to remember',
    async () =>
      (await plane.kubectlOk(['-n', 'ebb-system', 'get', 'lease', 'ebb-operator', '-o', 'yaml'])).includes(
        'default-policy-made',
      ),
    5000,
  );
  await objects.remove(resources.clusterPolicies, { name: 'ebb-default' });
  await operator.end('SIGTERM');
  operator = new OperatorProcess(await installed.operator());
  await operator.says('Leading', 20_000);
  await sleep(1500);
  assert.deepEqual(await objects.all(resources.clusterPolicies), []);
});

test('a node gets an object of its own, owned by it, at once', async () => {
  const node = await objects.node('one');
  const found = await specWhere('one', (each) => each !== null);
  assert.equal(found!.nodeUID, node.metadata.uid);
  const owners = (await objects.advice('one'))!.metadata['ownerReferences'] as object[];
  assert.deepEqual(owners, [{ apiVersion: 'v1', kind: 'Node', name: 'one', uid: node.metadata.uid }]);
});

test('a policy reaches the nodes of its pods within two seconds, and pods that come later within twelve', async () => {
  await objects.pod('one', 'web-0', { labels: { tier: 'web' } });
  await objects.pod('one', 'db-0', { labels: { tier: 'db' } });
  await objects.policy('idle-web', { podSelector: { matchLabels: { tier: 'web' } } });
  const found = await specWhere('one', (each) => names(each).length === 1);
  assert.deepEqual(names(found), ['web-0']);
  assert.equal(found!.profiles[0]!.mode, 'Enforce');
  await objects.pod('one', 'web-1', { labels: { tier: 'web' } });
  await specWhere('one', (each) => names(each).length === 2, 12_000);
});

test('an opt-out, a pause, a cordon and a removal reach the node within two seconds', async () => {
  const name = 'web-1';
  await objects.patch(
    resources.pods,
    { namespace: 'shop', name },
    { metadata: { annotations: { 'ebb.dev/do-not-advise': 'true' } } },
  );
  await specWhere('one', (each) => !names(each).includes(name));
  await objects.patch(resources.nodes, { name: 'one' }, { metadata: { annotations: { 'ebb.dev/paused': 'true' } } });
  await specWhere('one', (each) => each?.paused?.reasons.includes('Paused') ?? false);
  await objects.patch(
    resources.nodes,
    { name: 'one' },
    { metadata: { annotations: { 'ebb.dev/paused': null } }, spec: { unschedulable: true } },
  );
  await specWhere('one', (each) => each?.paused?.reasons.join() === 'NodeCordoned');
  await objects.patch(
    resources.nodes,
    { name: 'one' },
    { spec: { unschedulable: null, taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] } },
  );
  await specWhere('one', (each) => each?.paused?.reasons.join() === 'NodeDraining');
  await objects.patch(
    resources.nodes,
    { name: 'one' },
    { spec: { taints: [{ key: 'DeletionCandidateOfClusterAutoscaler', effect: 'PreferNoSchedule' }] } },
  );
  await specWhere('one', (each) => each?.paused?.reasons.join() === 'NodeRemovalCandidate');
  await objects.patch(resources.nodes, { name: 'one' }, { spec: { taints: null } });
  await specWhere('one', (each) => each !== null && each.paused === undefined);
  await objects.patch(
    resources.nodes,
    { name: 'one', subresource: 'status' },
    { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } },
  );
  await specWhere('one', (each) => each?.paused?.reasons.join() === 'NodeNotReady');
  await objects.patch(
    resources.nodes,
    { name: 'one', subresource: 'status' },
    { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
  );
  await specWhere('one', (each) => each !== null && each.paused === undefined);
  await objects.remove(resources.pods, { namespace: 'shop', name: 'web-0' });
  await specWhere('one', (each) => names(each).length === 0);
});

test('a pod that is being deleted is left alone before it is gone', async () => {
  await objects.pod('one', 'web-9', { labels: { tier: 'web' } });
  await specWhere('one', (each) => names(each).includes('web-9'), 12_000);
  await plane.kubectlOk(['-n', 'shop', 'delete', 'pod', 'web-9', '--wait=false', '--grace-period=60']);
  await specWhere('one', (each) => !names(each).includes('web-9'));
  assert.equal(
    (await objects.all(resources.pods)).some(({ metadata }) => metadata.name === 'web-9'),
    true,
  );
  await objects.remove(resources.pods, { namespace: 'shop', name: 'web-9' });
});

test('a spec that somebody else wrote into is as planned again, and an object that somebody removed is back', async () => {
  await objects.patch(resources.nodeAdvices, { name: 'one' }, { spec: { pods: [], nodeUID: 'somebody-elses' } });
  await becomesAsPlanned(objects, 3000);
  await objects.remove(resources.nodeAdvices, { name: 'one' });
  await specWhere('one', (each) => each !== null);
  await becomesAsPlanned(objects, 3000);
});

test('nothing is written where nothing that the plan reads has changed', async () => {
  await becomesAsPlanned(objects, 12_000);
  const version = async () => (await objects.advice('one'))!.metadata.resourceVersion;
  const before = await version();
  const written = await operator.metric('ebb_operator_settled_total{outcome="Written"}');
  await objects.patch(
    resources.pods,
    { namespace: 'shop', name: 'db-0' },
    { metadata: { annotations: { note: 'x' } } },
  );
  await objects.patch(resources.nodes, { name: 'one' }, { metadata: { annotations: { note: 'y' } } });
  await sleep(1500);
  assert.equal(await version(), before);
  assert.equal(await operator.metric('ebb_operator_settled_total{outcome="Written"}'), written);
});

test('a node of the same name with another UID is another node: its object is a new one', async () => {
  const before = await objects.advice('one');
  await objects.remove(resources.nodes, { name: 'one' });
  const node = await objects.node('one');
  await specWhere('one', (each) => each?.nodeUID === node.metadata.uid, 5000);
  assert.notEqual((await objects.advice('one'))!.metadata.uid, before!.metadata.uid);
});

test('the object of a node that is no more goes', async () => {
  await objects.node('two');
  await specWhere('two', (each) => each !== null);
  await objects.remove(resources.nodes, { name: 'two' });
  await until('the object to go', async () => (await objects.advice('two')) === null, 5000);
});

test('a pod of fifty containers and names of 253 characters find their way', async () => {
  const containers = Array.from({ length: 50 }, (_, index) => `c${index}`);
  const name = `${'w'.repeat(240)}.long`;
  await objects.pod('one', name, { labels: { tier: 'web' }, containers });
  const found = await specWhere('one', (each) => names(each).includes(name), 12_000);
  assert.equal(found!.pods.find((pod) => pod.name === name)!.containers.length, 50);
  await becomesAsPlanned(objects, 3000);
});

test('annotations with nonsense are taken in their most cautious sense', async () => {
  await objects.pod('one', 'odd', {
    labels: { tier: 'web' },
    annotations: { 'ebb.dev/do-not-advise': '☃', 'ebb.dev/idle': '{}' },
  });
  await sleep(1000);
  await becomesAsPlanned(objects, 12_000);
  assert.equal(names(await spec('one')).includes('odd'), false);
});

test('nodes that agents are kept from have no object: label by label they come and go', async () => {
  await operator.end('SIGTERM');
  operator = new OperatorProcess(await installed.operator(), ['--agent-node-selector', 'pool=apps']);
  await operator.says('Leading', 20_000);
  const gone = () => until('the object to go', async () => (await objects.advice('one')) === null, 5000);
  const pool = (value: string | null) =>
    objects.patch(resources.nodes, { name: 'one' }, { metadata: { labels: { pool: value } } });
  await gone();
  await pool('apps');
  await specWhere('one', (each) => each !== null);
  await pool('db');
  await gone();
});

test('told to end, it lets the lead go, and ends with 0', async () => {
  assert.equal(await operator.end('SIGTERM'), 0);
  const holder = await plane.kubectlOk([
    '-n',
    'ebb-system',
    'get',
    'lease',
    'ebb-operator',
    '-o',
    'jsonpath={.spec.holderIdentity}',
  ]);
  assert.equal(holder, '');
});
