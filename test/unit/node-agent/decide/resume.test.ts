/** After a restart of the agent: what its last report says of a container holds on as far as the container bears it out. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decide } from '../../../../node-agent/decide/ladder.ts';
import { type LadderMemory, startLadder } from '../../../../node-agent/decide/ladder-memory.ts';
import { type Before, isSame, resumed } from '../../../../node-agent/decide/resume.ts';
import { noSwapBounds } from '../../../../node-agent/decide/swap-bounds.ts';
import { profile, quietContainer, quietNode } from './quiet-node.ts';

const mib = 2 ** 20;
const wall = Date.parse('2026-01-02T00:00:00Z');
const now = 50_000;
const clocks = { monotonic: now, wall };
const before: Before = {
  advice: 'PageOut',
  advisedAt: wall - 600_000,
  out: true,
  since: wall - 500_000,
  swapBytes: 100 * mib,
  peakResidentBytes: 0,
};
const after = (swapBytes: number, change: Partial<Before> = {}) =>
  resumed(startLadder(now), { ...before, ...change }, { swapBytes }, clocks);

test('what was paged out is so still, since then, while three quarters of it are in swap', () => {
  for (const swapBytes of [75 * mib, 100 * mib, 200 * mib]) {
    const { depth, state, since } = after(swapBytes)!;
    assert.deepEqual([depth, state, since], ['PagedOut', 'PagedOut', now - 500_000]);
  }
  assert.equal(after(75 * mib - 1), null);
  assert.equal(after(0), null);
});

test('what was not shown as out begins anew', () => {
  assert.equal(after(100 * mib, { out: false }), null);
});

test('a clock that was set back dates nothing into the future', () => {
  assert.equal(after(100 * mib, { since: wall + 60_000 })?.since, now);
});

test('a container that is younger than the advice is another one', () => {
  assert.ok(isSame(before, 600, wall));
  assert.ok(!isSame(before, 599, wall));
});

type Verdict = Parameters<typeof decide>[0]['idle'];

const decided = (idle: Verdict, memory = after(100 * mib)!, at = now + 1000) =>
  decide({
    ...{ now: at, memory, profile, idle, woke: null, inWindow: true, paused: null },
    ...{ restore: null, node: quietNode, container: quietContainer, swap: noSwapBounds, unable: null },
  });
const verdict = (reason: 'Observing' | 'NotIdle' | 'Idle') => ({
  idle: reason === 'Idle',
  reason,
  sinceMillis: null,
  blocker: null,
});

test('while it is observed anew it shows as paged out and nothing is begun; who woke gets its memory back', () => {
  const observed = decided(verdict('Observing'));
  assert.deepEqual([observed.state, observed.reason, observed.action], ['PagedOut', 'Observing', null]);
  const woke = decided(verdict('NotIdle'));
  assert.deepEqual([woke.state, woke.action?.advice], ['Waking', 'WillNeed']);
});

test('its next step comes no sooner than that of a container which begins anew', () => {
  const windowMillis = profile.idle.windowSeconds * 1000;
  const dueAfter = (first: LadderMemory): number => {
    let memory = first;
    for (let millis = 0; ; millis += 10_000) {
      const idle = verdict(millis < windowMillis ? 'Observing' : 'Idle');
      const decision = decided(idle, memory, now + millis);
      if (decision.action !== null) return millis;
      ({ memory } = decision);
    }
  };
  const anew = windowMillis + profile.steps[0]!.afterIdleSeconds * 1000;
  assert.deepEqual([dueAfter(startLadder(now)), dueAfter(after(100 * mib)!)], [anew, anew]);
});
