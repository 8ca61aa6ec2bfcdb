/** How soon what is told, on a clock that the test turns. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { NodeStatus } from '../../../../api/node-status.ts';
import { due, type Written } from '../../../../node-agent/cluster/due.ts';
import { nodeStatusOf } from '../../../policies/node-advice.ts';

const base = nodeStatusOf(2) as NodeStatus;
const chances = [0, 0.5, 0.999];
const written = (chance: number): Written => ({ status: base, at: 0, chance });

/** Seconds until `next` is written, looked at once a second. */
function secondsUntil(next: NodeStatus, chance: number): number {
  let waitingSince: number | null = null;
  for (let second = 1; second <= 400; second++) {
    const answer = due({ ...next, reportTime: `later ${second}` }, written(chance), waitingSince, second * 1000);
    if (answer.write) return second;
    waitingSince = answer.waitingSince;
  }
  return Number.POSITIVE_INFINITY;
}

const changed = (change: Partial<NodeStatus>): NodeStatus => ({ ...base, ...change });
const [first, second] = base.containers!;

const rows: [what: string, next: NodeStatus, least: number, most: number][] = [
  ['nothing but the time', base, 240, 300],
  ['a condition', changed({ conditions: [{ ...base.conditions![0]!, status: 'False' }] }), 1, 1],
  ['the reason of a condition', changed({ conditions: [{ ...base.conditions![0]!, reason: 'X' }] }), 1, 1],
  ['the state of a container', changed({ containers: [{ ...first!, state: 'Waking' }, second!] }), 5, 10],
  ['a container more', changed({ containers: [first!] }), 5, 10],
  ['the spec that is followed', changed({ observedGeneration: 2 }), 5, 10],
  ['why a policy is not followed', changed({ policies: [{ ...base.policies![0]!, reason: 'NoSwap' }] }), 5, 10],
  ['figures', changed({ node: { ...base.node, swapFreeBytes: 5 } }), 60, 90],
  ['the order of containers', changed({ containers: [second!, first!] }), 60, 90],
];
for (const [what, next, least, most] of rows) {
  test(`${what}: told after ${least} to ${most} s`, () => {
    for (const chance of chances) {
      const seconds = secondsUntil(next, chance);
      assert.ok(seconds >= least && seconds <= most, `${seconds} s at ${chance}`);
    }
  });
}

test('an object that was never reported to is reported to at once', () => {
  assert.equal(due(base, null, null, 0).write, true);
});

test('a transition that was taken back is not told', () => {
  const waiting = due(changed({ observedGeneration: 2 }), written(0), null, 1000);
  assert.equal(waiting.waitingSince, 1000);
  assert.equal(due(base, written(0), waiting.waitingSince, 9000).write, false);
});

test('law: an agent whose containers change all the time writes no more often than every 5 s', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (chance) => {
      let at = 0;
      let last: Written = written(chance);
      let waitingSince: number | null = null;
      for (let now = 1000; now < 120_000; now += 1000) {
        const next = changed({ containers: [{ ...first!, state: now % 2000 ? 'Idle' : 'Cold' }] });
        const answer = due(next, last, waitingSince, now);
        waitingSince = answer.write ? null : answer.waitingSince;
        if (!answer.write) continue;
        assert.ok(now - at >= 5000);
        at = now;
        last = { status: next, at, chance };
      }
    }),
  );
});
