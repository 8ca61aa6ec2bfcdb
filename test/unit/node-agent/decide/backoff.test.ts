import assert from 'node:assert/strict';
import test from 'node:test';
import { type Backoff, judgePass, noBackoff } from '../../../../node-agent/decide/backoff.ts';
import { profile } from './quiet-node.ts';

const rules = profile.guards.refault;
const pass = (percent: number, afterSeconds: number) => ({
  pagedOutBytes: 1000,
  cameBackBytes: percent * 10,
  afterMillis: afterSeconds * 1000,
});
const again = (backoff: Backoff, times: number): Backoff =>
  times === 0 ? backoff : again(judgePass(backoff, pass(50, 10), rules, 0)!, times - 1);

test('a pass of which more than a fifth came back within ten minutes backs off for half an hour', () => {
  assert.deepEqual(judgePass(noBackoff, pass(21, 60), rules, 5000), {
    level: 1,
    until: 5000 + 1_800_000,
    blocker: { signal: 'refaultPercent', observed: 21, allowed: 20 },
  });
});

test('a pass is judged good only when its time is over', () => {
  assert.equal(judgePass(noBackoff, pass(20, 599), rules, 0), null);
  assert.deepEqual(judgePass({ ...noBackoff, level: 2 }, pass(20, 600), rules, 0), {
    level: 1,
    until: null,
    blocker: null,
  });
});

test('what comes back later than that is no mistake', () => {
  assert.equal(judgePass(noBackoff, pass(100, 601), rules, 0)?.until, null);
});

test('each bad pass in a row doubles the wait, up to the most', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 40].map((times) => again(noBackoff, times).until! / 1000);
  assert.deepEqual(waits, [1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 86_400]);
});

test('a good pass halves the next wait', () => {
  const good = judgePass(again(noBackoff, 3), pass(0, 600), rules, 0)!;
  assert.equal(judgePass(good, pass(50, 10), rules, 0)!.until, 7_200_000);
});

test('a pass that paged out nothing is no mistake', () => {
  assert.equal(judgePass(noBackoff, { pagedOutBytes: 0, cameBackBytes: 0, afterMillis: 600_000 }, rules, 0)?.level, 0);
});
