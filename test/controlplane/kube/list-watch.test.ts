/** A store follows a real API server: lists in pages, then what changes. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Connection } from '../../../kube/connection.ts';
import { ListWatch } from '../../../kube/list-watch.ts';
import { listPages } from '../../../kube/pages.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { ConfigMaps, configMaps, connectTo, equalsFreshList, follow, until } from './config-maps.ts';

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

test('2,000 objects come in pages, all of one moment', async () => {
  const maps = await ConfigMaps.make(connection, 'many');
  await maps.createMany(2000, 'map');
  const pages: number[] = [];
  const { signal } = new AbortController();
  const page = (items: readonly unknown[]): unknown => pages.push(items.length);
  const selection = { resource: configMaps, namespace: 'many' };
  const version = await listPages(connection, selection, { pageSize: 300, signal, begin: () => undefined, page });
  assert.deepEqual(pages, [300, 300, 300, 300, 300, 300, 200]);
  assert.match(version, /^\d+$/);
  await using followed = await follow(connection, 'many', { pageSize: 300 });
  assert.equal(followed.list.store.size, 2000);
  assert.equal(followed.list.counters.pages, 7);
  await equalsFreshList(followed.list.store, maps, 5000);
});

test('what changes arrives: new, changed, replaced under its name, removed', async () => {
  const maps = await ConfigMaps.make(connection, 'changes');
  await maps.create('first', { a: '1' });
  const told: string[] = [];
  const changed: NonNullable<Parameters<typeof follow>[2]>['changed'] = (changes) => {
    for (const change of changes)
      told.push(`${change.kind} ${(change.kind === 'removed' ? change.before : change.item).value['a']}`);
  };
  await using followed = await follow(connection, 'changes', { changed });
  await maps.change('first', { a: '2' });
  await maps.create('second', { a: '3' });
  await maps.remove('first');
  await maps.create('first', { a: '4' });
  await maps.remove('second');
  const expected = ['added 1', 'changed 2', 'added 3', 'removed 2', 'added 4', 'removed 3'];
  await until('six changes', () => told.length >= expected.length, 5000);
  assert.deepEqual(told, expected);
  await equalsFreshList(followed.list.store, maps, 5000);
  assert.deepEqual(followed.failures, []);
});

test('only what is selected is listed and watched, and what transform leaves out does not exist', async () => {
  const maps = await ConfigMaps.make(connection, 'selected');
  for (const name of ['a', 'b', 'c']) await maps.create(name, { a: name });
  const transform = ({ metadata }: { metadata: { name: string } }) => (metadata.name === 'c' ? undefined : {});
  await using all = await follow(connection, 'selected', { labelSelector: 'kept=yes', transform });
  await using one = await follow(connection, 'selected', { fieldSelector: 'metadata.name=b' });
  await maps.change('c', { a: 'x' });
  await maps.change('b', { a: 'y' });
  await until('b to change', () => one.list.store.get('selected', 'b')?.value['a'] === 'y', 5000);
  assert.deepEqual(
    [...one.list.store.items()].map(({ name }) => name),
    ['b'],
  );
  assert.deepEqual([...all.list.store.items()].map(({ name }) => name).sort(), ['a', 'b']);
});

test('where only metadata is asked for, only metadata is sent, in lists and watches', async () => {
  const maps = await ConfigMaps.make(connection, 'metadata');
  await maps.create('listed', { a: '1' });
  const kinds: string[] = [];
  const transform = (object: { kind?: string; data?: unknown }) => {
    kinds.push(`${object.kind} ${object.data === undefined}`);
    return {};
  };
  await using followed = await follow(connection, 'metadata', { metadataOnly: true, transform });
  await maps.create('watched', { a: '1' });
  await until('both', () => followed.list.store.size === 2, 5000);
  assert.deepEqual(kinds, ['PartialObjectMetadata true', 'PartialObjectMetadata true']);
});

test('a resource that does not exist yet is waited for', async () => {
  const resource = { group: 'example.test', version: 'v1', plural: 'ladders' };
  const failures: string[] = [];
  const ladders = new ListWatch<object>(connection, {
    resource,
    transform: () => ({}),
    failed: ({ code }) => failures.push(code),
    backoff: { firstMillis: 100, maxMillis: 500 },
  });
  const abort = new AbortController();
  const running = ladders.run(abort.signal);
  try {
    await until('two refusals', () => failures.length >= 2, 5000);
    assert.equal(ladders.store.synced, false);
    assert.equal(ladders.trouble?.code, 'NotFound');
    await plane.kubectlOk(['apply', '-f', '-'], { input: JSON.stringify(definition) });
    await ladders.synced;
    await until('a watch', () => ladders.trouble === null, 10_000);
    // While a definition is not quite served yet, the server may ask to come again later.
    assert.deepEqual(
      failures.filter((code) => !['NotFound', 'TooManyRequests'].includes(code)),
      [],
    );
  } finally {
    abort.abort();
    await running;
  }
});

const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ladders.example.test' },
  spec: {
    group: 'example.test',
    scope: 'Cluster',
    names: { kind: 'Ladder', plural: 'ladders', singular: 'ladder' },
    versions: [{ name: 'v1', served: true, storage: true, schema }],
  },
};
