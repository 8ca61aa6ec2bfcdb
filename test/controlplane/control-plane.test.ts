/** The control plane of the tests is a real one: who is let in, what is refused, what a token carries, what a stop leaves. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { get } from './get.ts';

/** Seconds on a quiet machine; the bound is for a busy one. */
const readyMillis = 45_000;

let plane: ControlPlane;
let tookMillis: number;

before(async () => {
  const begun = performance.now();
  plane = await startControlPlane();
  tookMillis = performance.now() - begun;
});
after(() => plane?.stop());

const apply = (...objects: readonly object[]) =>
  plane.kubectl(['apply', '-f', '-'], { input: objects.map((object) => JSON.stringify(object)).join('\n---\n') });

async function applied(...objects: readonly object[]): Promise<void> {
  const { code, err } = await apply(...objects);
  assert.equal(code, 0, err);
}

test('it is ready within a bounded time, and kubectl is of its version', async () => {
  assert.ok(tookMillis < readyMillis, `${tookMillis} ms`);
  const { serverVersion, clientVersion } = JSON.parse(await plane.kubectlOk(['version', '-o', 'json']));
  assert.match(serverVersion.gitVersion, /^v1\.\d+\.\d+$/);
  assert.equal(clientVersion.gitVersion, serverVersion.gitVersion);
});

test('who shows nothing, or a token of nobody, is refused with 401', async () => {
  const url = `${plane.url}/api/v1/namespaces`;
  assert.equal((await get(url, { ca: plane.ca })).status, 401);
  assert.equal((await get(url, { ca: plane.ca, token: 'of-nobody' })).status, 401);
  const { code, err } = await plane.kubectl(['get', 'ns'], { kubeconfig: plane.kubeconfigWithToken('of-nobody') });
  assert.equal(code, 1);
  assert.match(err, /You must be logged in/);
});

test('a certificate says user and groups, and a user without rights is refused with 403', async () => {
  const kubeconfig = plane.kubeconfigOf({ user: 'jane/doe', groups: ['readers', 'a+b'] });
  const { status } = JSON.parse(await plane.kubectlOk(['auth', 'whoami', '-o', 'json'], { kubeconfig }));
  assert.equal(status.userInfo.username, 'jane/doe');
  assert.deepEqual(status.userInfo.groups.sort(), ['a+b', 'readers', 'system:authenticated']);
  const { code, err } = await plane.kubectl(['get', 'namespaces', '-v', '6'], { kubeconfig });
  assert.equal(code, 1);
  assert.match(err, /Forbidden.*User "jane\/doe" cannot list resource "namespaces"/);
  assert.match(err, /\b403\b/);
});

test('RBAC grants what is granted and no more', async () => {
  const kubeconfig = plane.kubeconfigOf({ user: 'lister', groups: ['listers'] });
  await plane.kubectlOk(['create', 'clusterrole', 'lists-namespaces', '--verb=list', '--resource=namespaces']);
  await plane.kubectlOk([
    'create',
    'clusterrolebinding',
    'listers',
    '--clusterrole=lists-namespaces',
    '--group=listers',
  ]);
  assert.match(await plane.kubectlOk(['get', 'namespaces', '-o', 'name'], { kubeconfig }), /^namespace\/default$/m);
  const { err } = await plane.kubectl(['delete', 'namespace', 'default'], { kubeconfig });
  assert.match(err, /cannot delete resource "namespaces"/);
});

test('etcd lets in nobody with a certificate of the cluster', async () => {
  const { url, trust } = plane.etcd;
  assert.equal((await get(`${url}/health`, trust)).status, 200);
  const cert = join(plane.folder, 'pki/admin.crt');
  for (const client of [{}, { client: { cert, key: join(plane.folder, 'pki/admin.key') } }])
    await assert.rejects(get(`${url}/health`, { ca: trust.ca, ...client }), /alert|ECONNRESET|socket hang up/);
});

const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } };
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'agent', namespace: 'default' } };
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'agent-1', namespace: 'default' },
  spec: { nodeName: 'node-1', serviceAccountName: 'agent', containers: [{ name: 'agent', image: 'none.test/agent' }] },
};

test("a token bound to a pod carries its node's name to the server", async () => {
  await applied(node, account);
  await applied(pod);
  const kubeconfig = plane.kubeconfigWithToken(await plane.token('default', 'agent', { kind: 'Pod', name: 'agent-1' }));
  const { status } = JSON.parse(await plane.kubectlOk(['auth', 'whoami', '-o', 'json'], { kubeconfig }));
  assert.equal(status.userInfo.username, 'system:serviceaccount:default:agent');
  assert.deepEqual(status.userInfo.extra['authentication.kubernetes.io/node-name'], ['node-1']);
  assert.deepEqual(status.userInfo.extra['authentication.kubernetes.io/pod-name'], ['agent-1']);
});

test('a token bound to nothing carries no node', async () => {
  await applied(account);
  const kubeconfig = plane.kubeconfigWithToken(await plane.token('default', 'agent'));
  const { status } = JSON.parse(await plane.kubectlOk(['auth', 'whoami', '-o', 'json'], { kubeconfig }));
  assert.equal(status.userInfo.extra['authentication.kubernetes.io/node-name'], undefined);
});

const steps = {
  type: 'object',
  properties: { first: { type: 'integer' }, second: { type: 'integer' } },
  'x-kubernetes-validations': [{ rule: 'self.first < self.second', message: 'second must be later than first' }],
};
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ladders.example.test' },
  spec: {
    group: 'example.test',
    scope: 'Namespaced',
    names: { kind: 'Ladder', plural: 'ladders', singular: 'ladder' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: steps } } },
      },
    ],
  },
};
const ladder = (first: number, second: number) => ({
  apiVersion: 'example.test/v1',
  kind: 'Ladder',
  metadata: { name: 'one', namespace: 'default' },
  spec: { first, second },
});

test('a CEL rule of a CRD refuses an object with its message', async () => {
  await applied(definition);
  await plane.kubectlOk(['wait', '--for=condition=Established', '--timeout=30s', 'crd/ladders.example.test']);
  const { code, err } = await apply(ladder(2, 1));
  assert.equal(code, 1);
  assert.match(err, /spec: Invalid value: .*second must be later than first/);
  await applied(ladder(1, 2));
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`the API server comes back after ${signal} with its data and at its address`, async () => {
    const name = `kept-${signal.toLowerCase()}`;
    await plane.kubectlOk(['create', 'configmap', name, '--from-literal=a=b']);
    await plane.stopApiServer(signal);
    assert.equal(plane.pids.apiServer, null);
    await assert.rejects(get(`${plane.url}/readyz`, { ca: plane.ca }), /ECONNREFUSED/);
    await plane.startApiServer();
    assert.equal(await plane.kubectlOk(['get', 'configmap', name, '-o', 'jsonpath={.data.a}']), 'b');
  });
}

test('a restart takes flags', async () => {
  await plane.restartApiServer('SIGKILL', ['--runtime-config=batch/v1=false']);
  assert.doesNotMatch(await plane.kubectlOk(['api-versions']), /^batch\/v1$/m);
  await plane.restartApiServer('SIGKILL');
  assert.match(await plane.kubectlOk(['api-versions']), /^batch\/v1$/m);
});

test('an API server that does not start says why', async () => {
  await plane.stopApiServer();
  await assert.rejects(plane.startApiServer(['--no-such-flag=1']), /kube-apiserver ended with 1:\n[\s\S]*no-such-flag/);
  await plane.restartApiServer();
});

test('a frozen API server answers nothing until it is resumed', async () => {
  const url = `${plane.url}/readyz`;
  plane.freezeApiServer();
  await assert.rejects(get(url, { ca: plane.ca }), /no answer/);
  plane.resumeApiServer();
  assert.equal((await get(url, { ca: plane.ca })).status, 401);
});
