import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type IdleInput, type IdleRules, idleness, wokeUp } from '../../../../node-agent/decide/idle.ts';
import type { UsageSample } from '../../../../node-agent/decide/inputs.ts';
import { profile } from './quiet-node.ts';

const rules: IdleRules = { ...profile.idle, windowSeconds: 60 };
const sample = (seconds: number, cpuMillis: number): UsageSample => ({
  at: seconds * 1000,
  cpuMicros: cpuMillis * 1000,
  networkBytes: null,
  ioBytes: null,
});
/** One sample every `period` seconds; cpu(i) are the milliseconds of CPU used in interval i. */
function ring(count: number, period: number, cpu: (i: number) => number): UsageSample[] {
  let used = 5000;
  return Array.from({ length: count }, (_, i) => {
    if (i > 0) used += cpu(i);
    return sample(100 + i * period, used);
  });
}
const input = (samples: readonly UsageSample[], change: Partial<IdleInput> = {}): IdleInput => ({
  samples,
  ageSeconds: 3600,
  declaredIdle: null,
  notBefore: null,
  maxGapMillis: 30_000,
  ...change,
});
const reasonOf = (samples: readonly UsageSample[], change: Partial<IdleInput> = {}, some: Partial<IdleRules> = {}) =>
  idleness(input(samples, change), { ...rules, ...some }).reason;
const still = ring(7, 10, () => 0);

test('a container that used nothing over the whole window is idle since its start', () => {
  assert.deepEqual(idleness(input(still), rules), { idle: true, reason: 'Idle', sinceMillis: 100_000, blocker: null });
});

test('a window that is not full yet is observed further', () => {
  const verdict = idleness(input(still.slice(0, 6)), rules);
  assert.deepEqual(verdict, {
    idle: false,
    reason: 'Observing',
    sinceMillis: null,
    blocker: { signal: 'windowSeconds', observed: 50, allowed: 60 },
  });
  assert.equal(reasonOf([]), 'Observing');
  assert.equal(reasonOf(still.slice(0, 1)), 'Observing');
});

test('a mean of exactly the allowed CPU is idle, a little more is not', () => {
  assert.equal(reasonOf(ring(7, 10, () => 100)), 'Idle');
  const verdict = idleness(input(ring(7, 10, () => 110)), rules);
  assert.deepEqual(verdict.blocker, { signal: 'cpuMillicores', observed: 11, allowed: 10 });
  assert.equal(verdict.reason, 'NotIdle');
});

test('one interval above five times ends idleness though the mean is low', () => {
  const verdict = idleness(input(ring(7, 10, (i) => (i === 3 ? 510 : 0))), rules);
  assert.equal(verdict.reason, 'NotIdle');
  assert.deepEqual(verdict.blocker, { signal: 'cpuMillicoresSpike', observed: 51, allowed: 50 });
  assert.equal(reasonOf(ring(7, 10, (i) => (i === 3 ? 500 : 0))), 'Idle');
});

test('a spike that left the window is forgotten', () => {
  assert.equal(reasonOf(ring(8, 10, (i) => (i === 1 ? 5000 : 0))), 'Idle');
});

test('a heartbeat of 40 ms every 10 s is idle also where a fast tick samples it every 250 ms', () => {
  assert.equal(reasonOf(ring(241, 0.25, (i) => (i % 40 === 7 ? 40 : 0))), 'Idle');
});

test('a counter that went backwards starts the window anew', () => {
  const reset = ring(7, 10, () => 0).map((one, i) => (i < 4 ? one : { ...one, cpuMicros: 10 }));
  assert.equal(reasonOf(reset), 'Observing');
});

test('a gap between samples starts the window anew, and so does a clock that stands still', () => {
  assert.equal(
    reasonOf([...still.slice(0, 4), ...still.slice(4).map((one) => ({ ...one, at: one.at + 40_000 }))]),
    'Observing',
  );
  assert.equal(reasonOf([...still.slice(0, 6), { ...still[6]!, at: still[5]!.at }]), 'Observing');
});

test('a clock that stood still, a signal that is new: the window begins after it', () => {
  const twice = ring(9, 10, () => 0).map((one, i) => (i < 4 ? one : { ...one, at: one.at - 10_000 }));
  assert.equal(reasonOf(twice), 'Observing');
  assert.equal(reasonOf(still.map((one, i) => (i === 0 ? { ...one, cpuMicros: null } : one))), 'Observing');
});

test('two samples that bound the window are enough where they may lie so far apart', () => {
  assert.equal(
    reasonOf(
      ring(2, 60, () => 0),
      { maxGapMillis: 60_000 },
    ),
    'Idle',
  );
});

test('what came before the last wake is not looked at', () => {
  assert.equal(reasonOf(still, { notBefore: 110_000 }), 'Observing');
  assert.equal(reasonOf(still, { notBefore: 100_000 }), 'Idle');
});

test('a pod that is too young is left alone whatever it does', () => {
  const verdict = idleness(input(still, { ageSeconds: 599.9 }), rules);
  assert.deepEqual(verdict.blocker, { signal: 'podAgeSeconds', observed: 599, allowed: 600 });
  assert.equal(verdict.reason, 'TooYoung');
  assert.equal(reasonOf(still, { ageSeconds: 600 }), 'Idle');
});

test('network and I/O count where the policy sets a rate', () => {
  const busy = still.map((one, i) => ({ ...one, networkBytes: i * 50_000, ioBytes: 0 }));
  assert.equal(reasonOf(busy), 'Idle');
  const verdict = idleness(input(busy), { ...rules, maxNetworkBytesPerSecond: 4096, maxIOBytesPerSecond: 0 });
  assert.deepEqual(verdict.blocker, { signal: 'networkBytesPerSecond', observed: 5000, allowed: 4096 });
  assert.equal(reasonOf(busy, {}, { maxNetworkBytesPerSecond: 5000, maxIOBytesPerSecond: 0 }), 'Idle');
});

test('a signal that the policy needs and the host lacks is named', () => {
  const verdict = idleness(input(still), { ...rules, maxIOBytesPerSecond: 100 });
  assert.equal(verdict.reason, 'SignalMissing');
  assert.equal(verdict.blocker?.signal, 'ioBytesPerSecond');
  assert.equal(reasonOf(still.map((one) => ({ ...one, cpuMicros: null }))), 'SignalMissing');
});

test('a signal that was missing for a while starts the window anew when it is back', () => {
  assert.equal(reasonOf(still.map((one, i) => (i === 3 ? { ...one, cpuMicros: null } : one))), 'Observing');
});

const busy = ring(7, 10, () => 9000);
const declarations: readonly (readonly [IdleRules['declared'], boolean | null, readonly UsageSample[], string])[] = [
  ['Honor', true, busy, 'Idle'],
  ['Honor', false, still, 'NotIdle'],
  ['Honor', null, still, 'Idle'],
  ['Honor', null, busy, 'NotIdle'],
  ['Require', true, still, 'Idle'],
  ['Require', true, busy, 'NotIdle'],
  ['Require', null, still, 'NotIdle'],
  ['Require', false, still, 'NotIdle'],
  ['Ignore', false, still, 'Idle'],
  ['Ignore', true, busy, 'NotIdle'],
];
for (const [declared, declaredIdle, samples, reason] of declarations) {
  const does = samples === busy ? 'busy' : 'still';
  test(`under declared: ${declared} a ${does} container whose annotation is ${declaredIdle} is ${reason}`, () =>
    assert.equal(reasonOf(samples, { declaredIdle }, { declared }), reason));
}

test('law: whoever uses no more than allowed, evenly, is idle; whoever uses more all the time is not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 20 }), (millicores, period) => {
      const samples = ring(Math.ceil(60 / period) + 1, period, () => millicores * period);
      assert.equal(idleness(input(samples), rules).idle, millicores <= 10);
    }),
  );
});

test('law: a verdict says since when exactly if it is idle, and what stood in the way exactly if it is not', () => {
  const intervals = fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: -5, max: 900 })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(intervals, (steps) => {
      let [at, cpuMicros] = [1000, 1_000_000];
      const samples = steps.map(([millis, cpuMillis]) => {
        at += millis;
        cpuMicros += cpuMillis * 1000;
        return { at, cpuMicros, networkBytes: null, ioBytes: null };
      });
      const verdict = idleness(input(samples), rules);
      assert.equal(verdict.idle, verdict.sinceMillis !== null);
      assert.equal(verdict.idle, verdict.blocker === null);
      if (verdict.idle) assert.ok(samples.at(-1)!.at - verdict.sinceMillis! >= 60_000);
    }),
  );
});

test('a request that works for 100 ms is a wake, seen at the next fast tick', () => {
  const samples = ring(20, 0.25, (i) => (i === 19 ? 100 : 0));
  assert.deepEqual(wokeUp(samples, rules, 0), { signal: 'cpuMillicoresSpike', observed: 100, allowed: 50 });
});

test('a heartbeat is no wake, nor are two of them in one second', () => {
  assert.equal(
    wokeUp(
      ring(20, 0.25, (i) => (i === 19 ? 40 : 0)),
      rules,
      0,
    ),
    null,
  );
  assert.equal(
    wokeUp(
      ring(20, 0.25, (i) => (i >= 18 ? 20 : 0)),
      rules,
      0,
    ),
    null,
  );
});

test('work spread over the fast ticks of one second is a wake when it adds up', () => {
  assert.ok(
    wokeUp(
      ring(20, 0.25, (i) => (i >= 16 ? 20 : 0)),
      rules,
      0,
    ),
  );
});

test('what was used before the last look is no wake, and no samples are none', () => {
  const samples = ring(20, 0.25, (i) => (i === 18 ? 500 : 0));
  assert.equal(wokeUp(samples, rules, samples[18]!.at), null);
  assert.equal(wokeUp([], rules, 0), null);
});
