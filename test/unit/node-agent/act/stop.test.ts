/** What ends a pass: the first reason stays, the caller comes before the guard, a deadline is never 0 for the worker. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Stop } from '../../../../node-agent/act/stop.ts';

const limits = { maxBytesPerSecond: 0, maxStallMicroseconds: 0, deadlineMillis: 0 };

test('the guard’s first reason stays', async () => {
  const reasons = ['NodePressure', 'SwapFull'] as const;
  let asked = 0;
  const stop = new Stop({ guard: () => reasons[asked++]!, limits });
  assert.equal(await stop.check(), 'NodePressure');
  assert.equal(await stop.check(), 'NodePressure');
  assert.equal(asked, 1);
});

test('who is cancelled asks no guard', async () => {
  const abort = new AbortController();
  abort.abort();
  const stop = new Stop({ guard: () => assert.fail('asked'), limits, signal: abort.signal });
  assert.equal(await stop.check(), 'Cancelled');
});

test('a deadline that is over is Deadline, and told to the worker as 1 µs, not as none', async () => {
  const stop = new Stop({ guard: () => null, limits: { ...limits, deadlineMillis: 1 } });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await stop.check(), 'Deadline');
  assert.equal(stop.deadlineMicros(), 1);
  assert.equal(new Stop({ guard: () => null, limits }).deadlineMicros(), 0);
});
