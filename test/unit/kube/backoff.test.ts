import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { backoffMillis, defaultBackoff, retryMillis } from '../../../kube/backoff.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const failures = fc.integer({ min: 0, max: 10_000 });
const limits = fc.record({
  firstMillis: fc.integer({ min: 1, max: 5000 }),
  maxMillis: fc.integer({ min: 5000, max: 1e6 }),
});

test('each failure in a row doubles the wait, up to the most', () => {
  const waits = [1, 2, 3, 4, 8, 9, 1000].map((count) => backoffMillis(count, 0, defaultBackoff));
  assert.deepEqual(waits, [100, 200, 400, 800, 12_800, 15_000, 15_000]);
});

test('a wait is at least half of what it is without chance, and never more than the most', () => {
  fc.assert(
    fc.property(failures, random, limits, (count, chance, given) => {
      const whole = backoffMillis(count, 0, given) * 2;
      const wait = backoffMillis(count, chance, given);
      assert.ok(wait >= Math.floor(whole / 2) && wait <= given.maxMillis);
    }),
  );
});

test('more failures never wait less', () => {
  fc.assert(
    fc.property(failures, random, limits, (count, chance, given) =>
      assert.ok(backoffMillis(count + 1, chance, given) >= backoffMillis(count, chance, given)),
    ),
  );
});

test('never sooner than the server asked for, and at most a quarter later than both', () => {
  const asked = fc.option(fc.integer({ min: 0, max: 300_000 }));
  fc.assert(
    fc.property(failures, asked, random, limits, (count, retryAfter, chance, given) => {
      const wait = retryMillis(count, retryAfter, chance, given);
      assert.ok(wait >= (retryAfter ?? 0) && wait >= backoffMillis(count, chance, given));
      assert.ok(wait <= Math.max(given.maxMillis, (retryAfter ?? 0) * 1.25 + 1));
    }),
  );
});
