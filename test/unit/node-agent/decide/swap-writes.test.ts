/** What a day wrote to swap: laws over any life, and what an hour is. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  hourMillis,
  mostSwapWrites,
  type SwapWrite,
  withWrite,
  writtenBytes,
} from '../../../../node-agent/decide/swap-writes.ts';

const dayMillis = 24 * hourMillis;
const life = fc.array(fc.record({ laterMillis: fc.integer({ min: 0, max: 3 * hourMillis }), bytes: fc.nat(1000) }), {
  maxLength: 200,
});

test('what was written within a day counts, and nothing does for more than a day and an hour', () => {
  fc.assert(
    fc.property(life, (steps) => {
      let now = -5 * hourMillis;
      let writes: readonly SwapWrite[] = [];
      const told: { at: number; bytes: number }[] = [];
      const since = (millis: number) =>
        told.filter(({ at }) => now - at < millis).reduce((sum, { bytes }) => sum + bytes, 0);
      for (const { laterMillis, bytes } of steps) {
        now += laterMillis;
        writes = withWrite(writes, bytes, now);
        told.push({ at: now, bytes });
        const counted = writtenBytes(writes, now);
        assert.ok(counted >= since(dayMillis), `${counted} of ${since(dayMillis)}`);
        assert.ok(counted <= since(dayMillis + hourMillis), `${counted} of ${since(dayMillis + hourMillis)}`);
        assert.ok(writes.length <= mostSwapWrites, String(writes.length));
      }
    }),
  );
});

test('what was written is forgotten a day after its hour, not before', () => {
  const writes = withWrite(withWrite([], 5, 0), 7, hourMillis - 1);
  assert.equal(writes.length, 1);
  assert.equal(writtenBytes(writes, dayMillis + hourMillis - 2), 12);
  assert.equal(writtenBytes(writes, dayMillis + hourMillis - 1), 0);
  assert.deepEqual(withWrite([], 0, 0), []);
});
