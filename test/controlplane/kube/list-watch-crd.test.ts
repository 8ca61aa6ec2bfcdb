/** A kind that is deleted and made again under a list-watch: what the store has is what there is, and nothing ends. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Connection } from '../../../kube/connection.ts';
import { KubeError } from '../../../kube/errors.ts';
import { ListWatch } from '../../../kube/list-watch.ts';
import { createObject } from '../../../kube/objects.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { connectTo, until } from './config-maps.ts';
import { TcpProxy } from './proxy.ts';

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

const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
const definition = (plural: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.example.test` },
  spec: {
    group: 'example.test',
    scope: 'Cluster',
    names: { kind: plural, plural, singular: plural },
    versions: [{ name: 'v1', served: true, storage: true, schema }],
  },
});
const resourceOf = (plural: string) => ({ group: 'example.test', version: 'v1', plural });

async function make(plural: string, ...names: string[]): Promise<void> {
  await plane.kubectlOk(['create', '-f', '-'], { input: JSON.stringify(definition(plural)) });
  await plane.kubectlOk(['wait', '--for=condition=Established', `crd/${plural}.example.test`, '--timeout=30s']);
  for (const name of names) {
    const object = { apiVersion: 'example.test/v1', kind: plural, metadata: { name } };
    const made = () =>
      createObject(connection, resourceOf(plural), object).then(
        () => true,
        () => false,
      );
    for (let left = 100; !(await made()); left--) assert.ok(left > 0, 'the kind is served');
  }
}

const remove = (plural: string) => plane.kubectlOk(['delete', 'crd', `${plural}.example.test`, '--timeout=30s']);

async function follow(plural: string, through: Pick<Connection, 'request' | 'open'>) {
  const failures: string[] = [];
  const list = new ListWatch<object>(through, {
    resource: resourceOf(plural),
    transform: () => ({}),
    failed: ({ code }) => failures.push(code),
    backoff: { firstMillis: 100, maxMillis: 500 },
  });
  const abort = new AbortController();
  const running = list.run(abort.signal);
  await list.synced;
  const names = () =>
    [...list.store.items()]
      .map(({ name }) => name)
      .sort()
      .join();
  return {
    list,
    failures,
    names,
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await running;
    },
  };
}

test('the objects of a kind that is deleted are gone, it is said, and those of the kind made again are there', async () => {
  await make('ladders', 'a', 'b');
  await using followed = await follow('ladders', connection);
  const { uid } = followed.list.store.get('', 'a')!;
  await remove('ladders');
  await until('an empty store', () => followed.names() === '', 10_000);
  await until('to be said', () => followed.list.trouble?.code === 'NotFound', 10_000);
  await make('ladders', 'a', 'c');
  await until('the new ones', () => followed.names() === 'a,c' && followed.list.trouble === null, 10_000);
  assert.notEqual(followed.list.store.get('', 'a')!.uid, uid);
});

test('objects of a kind that is deleted while the server is out of reach are gone too, with its group and without', async () => {
  await make('ropes', 'a', 'b');
  await using proxy = await TcpProxy.start(plane.url);
  using through = await connectTo(plane, proxy.url);
  await using followed = await follow('ropes', through);
  for (const alone of [false, true]) {
    if (alone) await remove('ladders');
    proxy.refuse();
    await until('no watch', () => followed.list.trouble !== null, 10_000);
    await remove('ropes');
    assert.notEqual(followed.names(), '');
    proxy.open();
    await until('an empty store', () => followed.names() === '', 10_000);
    assert.equal(followed.list.trouble?.code, 'NotFound');
    await make('ropes', 'c');
    await until('the new one', () => followed.names() === 'c' && followed.list.trouble === null, 10_000);
  }
});

test('a 404 of somebody on the way takes nothing for gone', async () => {
  await make('rails', 'a');
  let lost = false;
  const page = new KubeError('NotFound', 'GET: HTTP status 404', { status: 404 });
  const through: Pick<Connection, 'request' | 'open'> = {
    request: (call) => (lost ? Promise.reject(page) : connection.request(call)),
    open: (call) => (lost ? Promise.reject(page) : connection.open(call)),
  };
  await using followed = await follow('rails', through);
  lost = true;
  await plane.restartApiServer('SIGKILL');
  await until('six refusals', () => followed.failures.filter((code) => code === 'NotFound').length >= 6, 20_000);
  assert.equal(followed.names(), 'a');
  lost = false;
  await until('a watch', () => followed.list.trouble === null, 10_000);
  assert.equal(followed.names(), 'a');
});
