/** The writer before a server that refuses: it counts, waits, and makes up for what was lost. On a clock that the test turns. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import test from 'node:test';
import { openLog } from '../../../../kube/log.ts';
import type { Known } from '../../../../node-agent/cluster/status.ts';
import { StatusWriter } from '../../../../node-agent/cluster/writer.ts';
import { type Local, local } from '../../kube/local-server.ts';

const known = (swapFreeBytes = 1): Known => ({
  generation: 1,
  conditions: [{ type: 'Ready', holds: true, reason: 'Following', message: '' }],
  node: { swapTotalBytes: 2, swapFreeBytes, swapKind: 'Zram' },
  policies: [],
  containers: [],
});

class Ground implements AsyncDisposable {
  now = 1000;
  readonly results: string[] = [];
  /** What the server answers next; 200 where there is none. */
  readonly answers: number[] = [];
  readonly server: Local;
  readonly writer: StatusWriter;
  readonly bodies: Promise<unknown>[] = [];

  private constructor(server: Local) {
    this.server = server;
    this.writer = new StatusWriter({
      connection: server.connection,
      nodeName: 'n1',
      metrics: { wrote: (result) => this.results.push(result) },
      log: openLog('fatal'),
      clock: { now: () => this.now, date: () => new Date(), random: () => 0, sleep: async () => undefined },
    });
  }

  static async make(): Promise<Ground> {
    const server = await local(async (request, response) => {
      const status = ground.answers.shift() ?? 200;
      ground.bodies.push(bodyOf(request));
      await ground.bodies.at(-1);
      response.statusCode = status;
      response.end(JSON.stringify({ metadata: { name: 'n1', uid: 'u', resourceVersion: '2' } }));
    });
    const ground = new Ground(server);
    ground.writer.turnTo('u', []);
    return ground;
  }

  /** Looks, and waits for what that begins. */
  async look(afterMillis: number, what = known()): Promise<number> {
    this.now += afterMillis;
    const { length } = this.results;
    const { length: asked } = this.server.asked;
    this.writer.look(() => what, false);
    for (let tries = 0; tries < 50 && this.results.length === length; tries++) await new Promise(setImmediate);
    while (this.server.asked.length > asked && this.results.length === length)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return this.results.length - length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}

test('the first look writes the status of that object and no other, as the agent, by server-side apply', async () => {
  await using ground = await Ground.make();
  assert.equal(await ground.look(0), 1);
  const [asked] = ground.server.asked;
  assert.equal(asked?.method, 'PATCH');
  assert.match(asked?.url ?? '', /nodememoryadvices\/n1\/status\?fieldManager=ebb-agent&force=true/);
  const body = (await ground.bodies[0]) as { metadata: object; status: { observedGeneration: number } };
  assert.deepEqual(body.metadata, { name: 'n1', uid: 'u' });
  assert.equal(body.status.observedGeneration, 1);
  assert.equal(await ground.look(1000), 0);
  assert.equal(await ground.look(59_000, known(2)), 1);
});

test('without an object nothing is written', async () => {
  await using ground = await Ground.make();
  ground.writer.turnTo(null, []);
  assert.equal(await ground.look(1e6), 0);
});

test('refusals are counted by code, tried again later each time, and a success ends that', async () => {
  await using ground = await Ground.make();
  ground.answers.push(403, 409, 404, 429, 500);
  let waited = 0;
  for (let millis = 0; millis < 20_000 && !ground.results.includes('Written'); millis += 50)
    waited += await ground.look(50);
  assert.deepEqual(ground.results, ['Forbidden', 'Conflict', 'NotFound', 'TooManyRequests', 'ServerError', 'Written']);
  assert.equal(waited, 6);
  assert.ok(ground.now > 1000 + 100 + 200 + 400 + 800 + 1600, String(ground.now));
});

test('the last word is said where there was one before', async () => {
  await using ground = await Ground.make();
  await ground.writer.close(() => known(), 500);
  assert.deepEqual(ground.results, []);
  await ground.look(0);
  await ground.writer.close(() => known(7), 500);
  const last = (await ground.bodies[1]) as { status: { node: { swapFreeBytes: number } } };
  assert.equal(last.status.node.swapFreeBytes, 7);
});
