/** What the loop makes of news and answers that come in another order than things happened. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Call, Connection } from '../../../kube/connection.ts';
import { openLog } from '../../../kube/log.ts';
import { Loop } from '../../../operator/loop.ts';
import { Metrics } from '../../../operator/metrics.ts';
import { Watching } from '../../../operator/watching.ts';
import { ManualClock } from './manual-clock.ts';

const node = { metadata: { name: 'one', uid: 'uid-one', resourceVersion: '1' } };
const facts = { leads: true, synced: true, backlog: 0, objects: new Map(), silentSeconds: 0, omittedPods: 0 };

/** A server with one node, that keeps what is applied; its watches tell what a test lets them tell. */
class Server {
  readonly applied: Call[] = [];
  readonly #news = new Map<string, ((line: string) => void)[]>();
  /** Before an apply is answered. */
  beforeAnswer: (object: object) => Promise<void> = () => Promise.resolve();

  readonly connection = {
    request: async (call: Call): Promise<unknown> => {
      if (call.method === 'GET') {
        return { metadata: { resourceVersion: '1' }, items: call.path === '/api/v1/nodes' ? [node] : [] };
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
  const { connection } = server;
  const watching = new Watching(connection, { failed: (_, error) => assert.fail(error.message) });
  const abort = new AbortController();
  const watched = watching.run(abort.signal);
  await watching.synced;
  const clock = new ManualClock();
  const metrics = new Metrics('0', () => facts);
  const parts = { connection, watching, clock, metrics, log: openLog('fatal'), writesPerSecond: 100 };
  const settings = { ownNamespace: 'ebb-system' };
  const loop = new Loop({ ...parts, settings, fold: () => Promise.resolve(), rolled: () => undefined });
  const looped = loop.run(abort.signal);
  try {
    for (let turn = 0; turn < 20; turn++) {
      await clock.advance(60); // a node rests for a second between two writes
      for (let rest = 0; rest < 20; rest++) await setImmediate();
    }
    assert.equal(server.applied.length, 2);
    assert.equal(loop.backlog, 0);
  } finally {
    abort.abort();
    await Promise.all([watched, looped]);
  }
});
