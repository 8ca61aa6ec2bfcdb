/** From observed to decided: pressure over long enough a span, limits that are none, usage thinned but never wrong. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { idleness } from '../../../node-agent/decide/idle.ts';
import { PressureHistory } from '../../../node-agent/inputs.ts';
import type { Container } from '../../../node-agent/observe/container.ts';
import { spacingMillis, Tracked } from '../../../node-agent/tracked.ts';
import { inWindow } from '../../../node-agent/windows.ts';

const totals = (some: number) => ({ memoryPressure: { some, full: 0 }, ioPressure: null, cpuPressure: null });

test('pressure is judged over ten seconds where it was watched so long, and is unknown before', () => {
  const history = new PressureHistory();
  assert.equal(history.until(0, totals(0)).memory, null);
  history.push(0, totals(0));
  history.push(9000, totals(0));
  history.push(11_000, totals(1_000_000));
  assert.equal(history.until(12_000, totals(1_000_000)).memory?.some, 5000);
  assert.equal(history.until(21_000, totals(1_000_000)).memory?.some, 0);
  assert.equal(history.until(12_000, totals(1_000_000)).io, null);
});

const rules = {
  windowSeconds: 300,
  maxCPUMillicores: 10,
  maxNetworkBytesPerSecond: null,
  maxIOBytesPerSecond: null,
  declared: 'Ignore',
  minPodAgeSeconds: 0,
} as const;

test('an hour of looks a second apart is kept as some hundred that say the same of idleness', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 60, max: 3600 }), (millicores, windowSeconds) => {
      const tracked = new Tracked({} as Container, 0);
      const of = { ...rules, windowSeconds };
      for (let second = 0; second <= windowSeconds + 60; second += 1) {
        tracked.push({ at: second * 1000, cpuMicros: second * 1000 * millicores, networkBytes: null, ioBytes: null });
        if (second % 10 === 0) tracked.thin(of);
      }
      const maxGapMillis = 3 * Math.max(10_000, spacingMillis(windowSeconds * 1000));
      const input = { ageSeconds: 1e6, declaredIdle: null, notBefore: null, maxGapMillis };
      const verdict = idleness({ ...input, samples: tracked.usage }, of);
      assert.equal(verdict.idle, millicores <= 10, JSON.stringify(verdict));
      assert.ok(tracked.usage.length < 180, `${tracked.usage.length}`);
    }),
    { numRuns: 30 },
  );
});

test('a window is open from when it comes due for its duration, in its time zone', () => {
  const window = { name: 'nights', schedule: '0 20 * * *', durationSeconds: 36_000, timeZone: 'Europe/Berlin' };
  const at = (time: string) => inWindow([window], new Date(time));
  assert.equal(at('2026-01-10T18:59:59Z'), false);
  assert.equal(at('2026-01-10T19:00:01Z'), true);
  assert.equal(at('2026-01-11T04:59:59Z'), true);
  assert.equal(at('2026-01-11T05:00:01Z'), false);
  assert.equal(inWindow([], new Date()), true);
});
