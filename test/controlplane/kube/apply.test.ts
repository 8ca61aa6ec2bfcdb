/** Server-side apply, single objects and refusals, as a real API server answers them. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { ApplyConflict, apply } from '../../../kube/apply.ts';
import { connect } from '../../../kube/connect.ts';
import { Connection } from '../../../kube/connection.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { inCluster } from '../../../kube/in-cluster.ts';
import { createObject, readObject, removeObject, replaceObject } from '../../../kube/objects.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { configMaps, connectTo } from './config-maps.ts';

const nodes = { group: '', version: 'v1', plural: 'nodes' } as const;
const pods = { path: '/api/v1/namespaces/default/pods', method: 'GET' } as const;

let plane: ControlPlane;
let connection: Connection;

before(async () => {
  plane = await startControlPlane();
  connection = await connectTo(plane);
});
after(async () => {
  connection?.[Symbol.dispose]();
  await plane?.stop();
});

const map = (name: string, data: object, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ...more },
  data,
});

test('what two managers say of different fields stands side by side, and what one no longer says goes', async () => {
  await apply(connection, configMaps, map('both', { a: '1', b: '1' }), { fieldManager: 'ebb-operator' });
  await apply(connection, configMaps, map('both', { c: '1' }), { fieldManager: 'ebb-agent' });
  const object = await apply(connection, configMaps, map('both', { a: '2' }), { fieldManager: 'ebb-operator' });
  assert.deepEqual(object['data'], { a: '2', c: '1' });
});

test('a conflict tells the fields and whose they are; force takes them over', async () => {
  await apply(connection, configMaps, map('mine', { a: '1', b: '1' }), { fieldManager: 'one "quoted"' });
  const kubectl = ['patch', 'configmap', 'mine', '--type=merge', '-p', '{"data":{"b":"2"}}', '--field-manager=two'];
  await plane.kubectlOk(kubectl);
  const wanted = map('mine', { a: '3', b: '3' });
  await assert.rejects(apply(connection, configMaps, wanted, { fieldManager: 'ebb' }), (error) => {
    assert.ok(error instanceof ApplyConflict && isKubeError(error, 'Conflict'));
    assert.deepEqual(error.conflicts, [
      { field: '.data.a', manager: 'one "quoted"' },
      { field: '.data.b', manager: 'two' },
    ]);
    return true;
  });
  const object = await apply(connection, configMaps, wanted, { fieldManager: 'ebb', force: true });
  assert.deepEqual(object['data'], { a: '3', b: '3' });
});

test('an apply for an older version is a Conflict without fields, one of unknown shape or for another uid is Invalid', async () => {
  const manager = { fieldManager: 'ebb' };
  await apply(connection, configMaps, map('uid', {}), manager);
  await assert.rejects(apply(connection, configMaps, map('uid', {}, { resourceVersion: '1' }), manager), (error) => {
    assert.ok(isKubeError(error, 'Conflict') && !(error instanceof ApplyConflict));
    return true;
  });
  const other = map('uid', {}, { uid: '00000000-0000-0000-0000-000000000000' });
  await assert.rejects(apply(connection, configMaps, other, manager), { code: 'Invalid', message: /metadata\.uid/ });
  await assert.rejects(apply(connection, configMaps, map('bad', { a: 1 }), manager), {
    code: 'Invalid',
    message: /data\.a/,
  });
  const unknown = { ...map('bad', {}), dada: {} };
  await assert.rejects(apply(connection, configMaps, unknown, { fieldManager: 'ebb' }), {
    code: 'Invalid',
    message: /dada/,
  });
});

test('the status is applied through its subresource, and leaves the rest alone', async () => {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', labels: { a: 'b' } } };
  await apply(connection, nodes, node, { fieldManager: 'ebb-operator' });
  const conditions = [{ type: 'Ready', status: 'True', reason: 'Test' }];
  const status = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, status: { conditions } };
  const object = await apply(connection, nodes, status, { fieldManager: 'ebb-agent', subresource: 'status' });
  assert.deepEqual(object.metadata['labels'], { a: 'b' });
  const stored = (await readObject(connection, nodes, { name: 'node-1' }))['status'] as { conditions: object[] };
  assert.equal(stored.conditions.length, 1);
});

test('single objects: made once, replaced only as they were read, removed only as the one that was meant', async () => {
  const made = await createObject(connection, configMaps, map('one', { a: '1' }));
  await assert.rejects(createObject(connection, configMaps, map('one', {})), { code: 'AlreadyExists' });
  await replaceObject(connection, configMaps, { ...made, data: { a: '2' } });
  await assert.rejects(replaceObject(connection, configMaps, { ...made, data: { a: '3' } }), { code: 'Conflict' });
  const place = { namespace: 'default', name: 'one' };
  await assert.rejects(removeObject(connection, configMaps, { ...place, uid: 'another' }), { code: 'Conflict' });
  await removeObject(connection, configMaps, { ...place, uid: made.metadata.uid! });
  await assert.rejects(removeObject(connection, configMaps, { ...place, uid: 'any' }), { code: 'NotFound' });
});

test('who may not is Forbidden, who is nobody is Unauthorized, and a server of another authority is not trusted', async () => {
  using jane = await connect({ kubeconfig: plane.kubeconfigOf({ user: 'jane' }) });
  await assert.rejects(jane.request(pods), { code: 'Forbidden', message: /User "jane" cannot list resource "pods"/ });
  using nobody = await connect({ kubeconfig: plane.kubeconfigWithToken('of-nobody') });
  await assert.rejects(nobody.request(pods), { code: 'Unauthorized' });
  const foreign = readFileSync(plane.etcd.trust.ca).toString('base64');
  const config = JSON.parse(readFileSync(plane.kubeconfig, 'utf8'));
  config.clusters[0].cluster['certificate-authority-data'] = foreign;
  const path = join(plane.folder, 'foreign.kubeconfig');
  writeFileSync(path, JSON.stringify(config));
  using mistaken = await connect({ kubeconfig: path });
  await assert.rejects(mistaken.request(pods), { code: 'Unreachable', message: /certificate|signature/ });
});

test('a pod’s token is used as it is now: refused when it is gone, taken when it was replaced', async () => {
  await plane.kubectlOk(['create', 'serviceaccount', 'old', '-n', 'default']);
  await plane.kubectlOk(['create', 'serviceaccount', 'new', '-n', 'default']);
  const folder = join(plane.folder, 'serviceaccount');
  mkdirSync(folder);
  writeFileSync(join(folder, 'ca.crt'), readFileSync(plane.ca));
  writeFileSync(join(folder, 'token'), `${await plane.token('default', 'old')}\n`);
  const { hostname, port } = new URL(plane.url);
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  using pod = new Connection(inCluster(env, folder)!);
  await assert.rejects(pod.request(pods), { code: 'Forbidden', message: /serviceaccount:default:old/ });
  await plane.kubectlOk(['delete', 'serviceaccount', 'old', '-n', 'default']);
  const end = performance.now() + 20_000;
  let code = 'Forbidden';
  while (code === 'Forbidden' && performance.now() < end)
    code = await pod.request(pods).then(String, (error: { code: string }) => error.code);
  assert.equal(code, 'Unauthorized');
  writeFileSync(join(folder, 'token'), `${await plane.token('default', 'new')}\n`);
  await assert.rejects(pod.request(pods), { code: 'Forbidden', message: /serviceaccount:default:new/ });
});
