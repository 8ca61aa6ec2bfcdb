import assert from 'node:assert/strict';
import test from 'node:test';
import type { ProcessSample } from '../../../../native/worker.ts';
import { tooMany } from '../../../../node-agent/act/largest.ts';
import type { PassTarget } from '../../../../node-agent/act/request.ts';

const target = (pid: number, rssAnonBytes: number, swapBytes = 0): PassTarget => ({
  pid,
  startTicks: 0,
  sample: { rssAnonBytes, swapBytes } as ProcessSample,
});
const pids = (targets: ReadonlySet<PassTarget>) => [...targets].map(({ pid }) => pid).sort();

test('those with the least to move are too many, and of equals the later ones', () => {
  const targets = [target(1, 5), target(2, 9, 1), target(3, 5, 2), target(4, 7, 3)];
  assert.deepEqual(pids(tooMany(targets, 'PageOut', 2)), [1, 3]);
  assert.deepEqual(pids(tooMany(targets, 'PageOut', 3)), [3]);
  assert.deepEqual(pids(tooMany(targets, 'WillNeed', 2)), [1, 2]);
  assert.deepEqual(pids(tooMany(targets, 'PageOut', 4)), []);
});

test('a process without a sample gives way to those with one', () => {
  const targets = [{ pid: 1, startTicks: 0 }, target(2, 0), target(3, 1)];
  assert.deepEqual(pids(tooMany(targets, 'Cold', 2)), [1]);
});

test('passes take turns: who was paged out is small the next time', () => {
  const left = new Map(Array.from({ length: 10 }, (_, at) => [at + 1, 100 - at]));
  for (let passes = 0; passes < 4; passes += 1) {
    const targets = [...left].map(([pid, bytes]) => target(pid, bytes));
    const over = tooMany(targets, 'PageOut', 3);
    for (const one of targets) if (!over.has(one)) left.set(one.pid, 0);
  }
  assert.deepEqual([...new Set(left.values())], [0]);
});
