/** Whatever happens on the way to a real API server, or to it, in the end the store has what a fresh list has. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call, Connection } from '../../../kube/connection.ts';
import { listPages } from '../../../kube/pages.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { ConfigMaps, configMaps, connectTo, equalsFreshList, follow, until } from './config-maps.ts';
import { compact } from './etcd.ts';
import { TcpProxy } from './proxy.ts';

/** Waits are shorter than by default, so that a test ends; nothing else differs. */
const quick = { backoff: { firstMillis: 100, maxMillis: 2000 } } as const;

let plane: ControlPlane;
let direct: Connection;

before(async () => {
  plane = await startControlPlane();
  direct = await connectTo(plane);
});
after(async () => {
  direct?.[Symbol.dispose]();
  await plane?.stop();
});

test('the API server stops and comes back: all is kept meanwhile, and what changed then arrives', async () => {
  const maps = await ConfigMaps.make(direct, 'restarts');
  await maps.createMany(50, 'map');
  await using followed = await follow(direct, 'restarts', quick);
  await plane.stopApiServer();
  await until('the failure', () => followed.list.trouble !== null, 5000);
  await sleep(2000);
  assert.equal(followed.list.store.size, 50);
  assert.equal(followed.list.store.synced, true);
  await plane.startApiServer();
  for (let turn = 0; turn < 10; turn++) await maps.stir(turn);
  await equalsFreshList(followed.list.store, maps, 10_000);
  assert.ok(followed.list.counters.errors.Unreachable > 0);
  await until('a watch again', () => followed.list.trouble === null, 10_000);
});

test('it is killed in the middle of changes', async () => {
  const maps = await ConfigMaps.make(direct, 'killed');
  await using followed = await follow(direct, 'killed', quick);
  for (let turn = 0; turn < 10; turn++) await maps.stir(turn);
  await plane.restartApiServer('SIGKILL');
  for (let turn = 10; turn < 20; turn++) await maps.stir(turn);
  await equalsFreshList(followed.list.store, maps, 10_000);
});

test('etcd was compacted while nothing was heard: 410, a new list, and what is gone is told as removed', async () => {
  const maps = await ConfigMaps.make(direct, 'compacted');
  await maps.createMany(30, 'map');
  await using proxy = await TcpProxy.start(plane.url);
  using connection = await connectTo(plane, proxy.url);
  const removed: string[] = [];
  await using followed = await follow(connection, 'compacted', {
    ...quick,
    changed: (changes) => {
      for (const change of changes) if (change.kind === 'removed') removed.push(change.before.name);
    },
  });
  proxy.refuse();
  for (const name of ['map-3', 'map-4']) await maps.remove(name);
  await maps.change('map-5', { a: 'changed' });
  await compact(plane);
  await plane.restartApiServer();
  proxy.open();
  await equalsFreshList(followed.list.store, maps, 15_000);
  assert.deepEqual(removed.sort(), ['map-3', 'map-4']);
  assert.ok(followed.list.counters.errors.Gone > 0, followed.failures.join('\n'));
  assert.equal(followed.list.counters.lists, 2);
});

test('etcd was compacted between two pages: the list starts over', async () => {
  const maps = await ConfigMaps.make(direct, 'paged');
  await maps.createMany(50, 'map');
  let pages = 0;
  const request = async (call: Call): Promise<unknown> => {
    if (++pages === 2) {
      await maps.create('later');
      await compact(plane);
      await plane.restartApiServer('SIGKILL');
    }
    return direct.request(call);
  };
  let starts = 0;
  let names: string[] = [];
  const begin = (): void => {
    starts++;
    names = [];
  };
  const page = (items: readonly unknown[]): void => {
    names.push(...items.map((item) => (item as { metadata: { name: string } }).metadata.name));
  };
  const selection = { resource: configMaps, namespace: 'paged' };
  await listPages({ request }, selection, { pageSize: 20, signal: new AbortController().signal, begin, page });
  assert.equal(starts, 2);
  assert.equal(new Set(names).size, 51);
  assert.equal(names.length, 51);
});

test('the connection is cut every second for twenty seconds while objects change', async () => {
  const maps = await ConfigMaps.make(direct, 'cut');
  await maps.createMany(200, 'map');
  await using proxy = await TcpProxy.start(plane.url);
  using connection = await connectTo(plane, proxy.url);
  await using followed = await follow(connection, 'cut', { ...quick, pageSize: 50 });
  const end = performance.now() + 20_000;
  let turn = 0;
  let cuts = 0;
  for (let next = performance.now() + 1000; performance.now() < end; turn++) {
    await maps.stir(turn);
    await sleep(20);
    if (performance.now() < next) continue;
    proxy.cut();
    cuts++;
    next += 1000;
  }
  const millis = await equalsFreshList(followed.list.store, maps, 10_000);
  const { lists, watches, events } = followed.list.counters;
  assert.ok(cuts >= 15 && watches > cuts / 2, `${cuts} cuts, ${watches} watches, ${events} events of ${turn} turns`);
  assert.equal(lists, 1, 'a cut is no reason to list again');
  console.log(`${cuts} cuts, ${watches} watches, ${events} events; equal ${millis.toFixed(0)} ms after the last`);
});

test('a connection that goes silent is noticed, and the watch goes on', async () => {
  const maps = await ConfigMaps.make(direct, 'silent');
  await maps.create('first');
  await using proxy = await TcpProxy.start(plane.url);
  using connection = await connectTo(plane, proxy.url);
  await using followed = await follow(connection, 'silent', { ...quick, watchSeconds: 4, graceMillis: 1000 });
  await until('a watch', () => followed.list.counters.watches > 0 && proxy.connections > 0, 5000);
  await sleep(500);
  proxy.silence();
  await maps.change('first', { a: 'unheard' });
  const millis = await until(
    'the change',
    () => followed.list.store.get('silent', 'first')?.value['a'] !== undefined,
    20_000,
  );
  assert.equal(followed.list.counters.errors.Timeout, 1, followed.failures.join('\n'));
  assert.equal(followed.list.counters.lists, 1);
  assert.ok(millis > 500, `${millis} ms`);
});

test('an API server that hangs is noticed, and what changed meanwhile arrives', async () => {
  const maps = await ConfigMaps.make(direct, 'frozen');
  await maps.create('first');
  await using followed = await follow(direct, 'frozen', { ...quick, watchSeconds: 4, graceMillis: 1000 });
  plane.freezeApiServer();
  try {
    await until('the silence', () => followed.list.counters.errors.Timeout > 0, 10_000);
  } finally {
    plane.resumeApiServer();
  }
  await maps.change('first', { a: 'after' });
  await equalsFreshList(followed.list.store, maps, 10_000);
});

test('watches that the server closes in time are opened again without a list and without a failure', async () => {
  const maps = await ConfigMaps.make(direct, 'closed');
  await using followed = await follow(direct, 'closed', { ...quick, watchSeconds: 2 });
  await until('three watches', () => followed.list.counters.watches >= 3, 10_000);
  await maps.create('late');
  await equalsFreshList(followed.list.store, maps, 5000);
  assert.deepEqual(followed.failures, []);
  assert.equal(followed.list.counters.lists, 1);
});

test('a resourceVersion that the server has yet to reach, as after a restore of etcd, leads to a new list', async () => {
  const maps = await ConfigMaps.make(direct, 'future');
  await maps.create('first');
  let lists = 0;
  const request = (call: Call): Promise<unknown> => {
    lists++;
    return direct.request(call);
  };
  const open: Connection['open'] = (call) =>
    direct.open(lists > 1 ? call : { ...call, query: { ...call.query, resourceVersion: '999999999' } });
  const connection = { request, open } as unknown as Connection;
  await using followed = await follow(connection, 'future', { ...quick, watchSeconds: 4, quietMillis: 1500 });
  await maps.change('first', { a: 'seen' });
  await equalsFreshList(followed.list.store, maps, 15_000);
  assert.equal(lists, 2);
  assert.deepEqual(followed.failures, []);
});
