/** The queue of nodes by a clock that stands still: order, rate, coalescing, one write of a node at a time, failures. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { KubeError } from '../../../kube/errors.ts';
import { NodeQueue, type QueueOptions } from '../../../operator/node-queue.ts';
import { ManualClock } from './manual-clock.ts';

interface Run {
  readonly clock: ManualClock;
  readonly queue: NodeQueue;
  /** In the order in which their work began: the node and when. */
  readonly begun: string[];
  readonly failed: string[];
  readonly stop: () => Promise<void>;
}

function start(t: TestContext, options: Partial<QueueOptions> = {}): Run {
  const clock = new ManualClock();
  const begun: string[] = [];
  const failed: string[] = [];
  const { work = async () => true, ...rest } = options;
  const queue = new NodeQueue({
    clock,
    parallel: 4,
    perSecond: 1000,
    restMillis: 0,
    failed: (node, { code }) => failed.push(`${node} ${code}`),
    ...rest,
    work: async (node, waited, signal) => {
      begun.push(`${node}@${clock.now()}`);
      return await work(node, waited, signal);
    },
  });
  const stop = new AbortController();
  const running = queue.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  t.after(end);
  return { clock, queue, begun, failed, stop: end };
}

const gate = () => Promise.withResolvers<void>();

test('a node is written once, however often it was added, and as soon as anyone asked', async (t) => {
  const { clock, queue, begun } = start(t);
  queue.add('a', 5000, false);
  queue.add('a', 2000, false);
  queue.add('a', 9000, false);
  await clock.advance(1999);
  assert.deepEqual(begun, []);
  await clock.advance(10_000);
  assert.deepEqual(begun, ['a@3000']);
  assert.equal(queue.size, 0);
});

test('an urgent node goes before those that wait for a turn', async (t) => {
  const held = gate();
  const { clock, queue, begun } = start(t, { parallel: 1, work: () => held.promise.then(() => true) });
  for (const node of ['a', 'b', 'c']) queue.add(node, 0, false);
  await clock.advance(1);
  queue.add('d', 0, true);
  queue.add('c', 0, true);
  held.resolve();
  await clock.advance(5);
  assert.deepEqual(
    begun.map((each) => each[0]),
    ['a', 'd', 'c', 'b'],
  );
});

test('no more begin in a second than the rate allows, beyond the first', async (t) => {
  const { clock, queue, begun } = start(t, { perSecond: 10, parallel: 100 });
  for (let node = 0; node < 40; node++) queue.add(`n${node}`, 0, false);
  await clock.advance(1);
  assert.equal(begun.length, 10);
  await clock.advance(1000);
  assert.ok(begun.length >= 19 && begun.length <= 21, String(begun.length));
  await clock.advance(3000);
  assert.equal(begun.length, 40);
});

test('a look after which nothing had to be sent costs nothing of the rate', async (t) => {
  const { clock, queue, begun } = start(t, { perSecond: 10, work: async () => false });
  for (let node = 0; node < 40; node++) queue.add(`n${node}`, 0, false);
  await clock.advance(20);
  assert.equal(begun.length, 40);
});

test('a node that is added again while it waits keeps its place', async (t) => {
  const held = gate();
  const { clock, queue, begun } = start(t, { parallel: 1, work: () => held.promise.then(() => true) });
  for (const node of ['a', 'b', 'c', 'd']) queue.add(node, 0, true);
  await clock.advance(1);
  queue.add('b', 0, true);
  queue.add('c', 0, false);
  held.resolve();
  await clock.advance(5);
  assert.equal(begun.map((each) => each[0]).join(''), 'abcd');
});

test('a node that is added while it is written is written again, and never twice at one time', async (t) => {
  let now = 0;
  let most = 0;
  const held = gate();
  const { clock, queue, begun } = start(t, {
    work: async () => {
      most = Math.max(most, ++now);
      await held.promise;
      now--;
      return true;
    },
  });
  queue.add('a', 0, false);
  await clock.advance(1);
  queue.add('a', 0, true);
  queue.add('a', 0, true);
  await clock.advance(100);
  assert.equal(begun.length, 1);
  held.resolve();
  await clock.advance(5);
  assert.equal(begun.length, 2);
  assert.equal(most, 1);
});

test('who waits longer than it takes to be due is told how long it was', async (t) => {
  const waits: number[] = [];
  const { clock, queue } = start(t, { work: async (_node, waited) => waits.push(waited) > 0 });
  queue.add('a', 3000, false);
  await clock.advance(1000);
  queue.add('a', 3000, false);
  await clock.advance(3000);
  assert.deepEqual(waits, [3000]);
});

test('what fails is tried again, later each time, and changes meanwhile do not hurry it', async (t) => {
  const { clock, queue, begun, failed } = start(t, {
    work: async () => {
      throw new KubeError('ServerError', 'no');
    },
  });
  queue.add('a', 0, true);
  await clock.advance(1);
  assert.deepEqual(failed, ['a ServerError']);
  queue.add('a', 0, true);
  await clock.advance(370);
  assert.equal(begun.length, 1);
  await clock.advance(10);
  assert.equal(begun.length, 2);
  await clock.advance(700);
  assert.equal(begun.length, 2);
  await clock.advance(100);
  assert.equal(begun.length, 3);
});

test('a server that asks to be left alone is left alone for so long', async (t) => {
  let calls = 0;
  const { clock, queue, begun } = start(t, {
    work: async () => {
      if (calls++ === 0) throw new KubeError('TooManyRequests', 'later', { retryAfterMillis: 20_000 });
      return true;
    },
  });
  queue.add('a', 0, true);
  await clock.advance(20_001);
  assert.equal(begun.length, 1);
  await clock.advance(5000);
  assert.equal(begun.length, 2);
  assert.equal(queue.size, 0);
});

test('when it is told to end it begins nothing more, and waits for what is under way', async (t) => {
  const held = gate();
  let done = false;
  const { clock, queue, begun, stop } = start(t, {
    parallel: 1,
    work: async () => {
      await held.promise;
      done = true;
      return true;
    },
  });
  queue.add('a', 0, false);
  queue.add('b', 0, false);
  await clock.advance(1);
  const ended = stop();
  await setImmediate();
  assert.equal(done, false);
  held.resolve();
  await ended;
  assert.equal(done, true);
  assert.equal(begun.length, 1);
});

test('a node rests between two writes, and the first change after a rest goes out at once', async (t) => {
  const { clock, queue, begun } = start(t, { restMillis: 1000 });
  for (let turn = 0; turn < 5; turn++) {
    queue.add('a', 0, true);
    await clock.advance(100);
  }
  queue.add('b', 0, true);
  await clock.advance(2000);
  queue.add('a', 0, true);
  await clock.advance(10);
  assert.deepEqual(begun, ['a@1000', 'b@1500', 'a@2000', 'a@3500']);
});

test('a change that waits for no rest goes out at once, also when it came while the one before was written', async (t) => {
  const held = gate();
  const { clock, queue, begun } = start(t, { restMillis: 1000, work: () => held.promise.then(() => true) });
  queue.add('a', 0, true);
  await clock.advance(10);
  queue.add('a', 0, true, true);
  held.resolve();
  await clock.advance(10);
  queue.add('a', 0, true);
  await clock.advance(100);
  queue.add('a', 0, true, true);
  await clock.advance(10);
  queue.add('a', 0, true);
  await clock.advance(2000);
  assert.deepEqual(begun, ['a@1000', 'a@1010', 'a@1120', 'a@2120']);
});

test('whether a write is to come is known until it begins', async (t) => {
  const { clock, queue } = start(t);
  queue.add('a', 500, false);
  assert.equal(queue.has('a'), true);
  await clock.advance(501);
  assert.equal(queue.has('a'), false);
});
