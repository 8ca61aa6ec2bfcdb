/** What the loop makes of news and answers that come in another order than things happened. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Call, Connection } from '../../../kube/connection.ts';
import { openLog } from '../../../kube/log.ts';
import { Loop } from '../../../operator/loop.ts';
import { Metrics } from '../../../operator/metrics.ts';
import { Watching } from '../../../operator/watching.ts';
import { ManualClock } from './manual-clock.ts';

const nodeOf = (name: string) => ({ metadata: { name, uid: `uid-${name}`, resourceVersion: '1' } });
const facts = { leads: true, synced: true, backlog: 0, objects: new Map(), silentSeconds: 0, omittedPods: 0 };

/** A server with some nodes, that keeps what is applied; its watches tell what a test lets them tell. */
class Server {
  nodes = [nodeOf('one')];
  readonly applied: Call[] = [];
  readonly #news = new Map<string, ((line: string) => void)[]>();
  /** Before an apply is answered. */
  beforeAnswer: (object: object) => Promise<void> = () => Promise.resolve();

  readonly connection = {
    request: async (call: Call): Promise<unknown> => {
      if (call.method === 'GET') {
        return { metadata: { resourceVersion: '1' }, items: call.path === '/api/v1/nodes' ? this.nodes : [] };
      }
      this.applied.push(call);
      const count = this.applied.length;
      const { metadata, ...rest } = call.body as { metadata: object };
      const versions = { uid: `object-${count}`, resourceVersion: String(10 * count), generation: 1 };
      const object = { ...rest, metadata: { ...metadata, ...versions } };
      await this.beforeAnswer(object);
      return object;
    },
    open: async ({ path, signal }: Call): Promise<AsyncIterable<Uint8Array>> => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      const tell = (line: string): void => void writer.write(Buffer.from(line)).catch(() => undefined);
      this.#news.set(path, [...(this.#news.get(path) ?? []), tell]);
      signal!.addEventListener('abort', () => void writer.abort(signal!.reason).catch(() => undefined));
      return readable as unknown as AsyncIterable<Uint8Array>;
    },
  } as unknown as Connection;

  async tell(path: string, type: string, object: object): Promise<void> {
    for (const tell of this.#news.get(path) ?? []) tell(`${JSON.stringify({ type, object })}\n`);
    for (let turn = 0; turn < 20; turn++) await setImmediate();
  }
}

test('an object that went before its writer was told that it was made is made again', async () => {
  const server = new Server();
  const path = '/apis/ebb.dev/v1alpha1/nodememoryadvices';
  server.beforeAnswer = async (object) => {
    if (server.applied.length > 1) return;
    await server.tell(path, 'ADDED', object);
    await server.tell(path, 'DELETED', object);
  };
  await using running = await start(server, 100);
  await running.advance(120); // a node rests for a second between two writes
  assert.equal(server.applied.length, 2);
  assert.equal(running.loop.backlog, 0);
});

test('a node that is paused goes before those that a new leader has yet to look at', async () => {
  const server = new Server();
  server.nodes = ['one', 'two', 'three', 'four'].map(nodeOf);
  await using running = await start(server, 1);
  await running.advance(1);
  const cordoned = { ...nodeOf('four'), spec: { unschedulable: true } };
  await server.tell('/api/v1/nodes', 'MODIFIED', {
    ...cordoned,
    metadata: { ...cordoned.metadata, resourceVersion: '2' },
  });
  await sleep(60); // changes are gathered by the real clock
  await running.advance(400);
  const names = server.applied.map(({ path }) => path.split('/').at(-1)?.split('?')[0]);
  assert.deepEqual(names, ['one', 'four', 'two', 'three']);
});

async function start(server: Server, writesPerSecond: number) {
  const { connection } = server;
  const watching = new Watching(connection, { failed: (_, error) => assert.fail(error.message) });
  const abort = new AbortController();
  const watched = watching.run(abort.signal);
  await watching.synced;
  const clock = new ManualClock();
  const metrics = new Metrics('0', () => facts, { nodes: () => new Map(), conditions: () => [] });
  const parts = { connection, watching, clock, metrics, log: openLog('fatal'), writesPerSecond };
  const settings = { ownNamespace: 'ebb-system' };
  const loop = new Loop({ ...parts, settings, fold: () => Promise.resolve(), rolled: () => undefined });
  const looped = loop.run(abort.signal);
  return {
    loop,
    advance: async (turns: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn++) {
        await clock.advance(10);
        for (let rest = 0; rest < 20; rest++) await setImmediate();
      }
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      abort.abort();
      await Promise.all([watched, looped]);
    },
  };
}
