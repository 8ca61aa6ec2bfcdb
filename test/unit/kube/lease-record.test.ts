import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { claimed, freeAt, type LeaseRecord, mayTake, observe, recordOf, released } from '../../../kube/lease-record.ts';

const date = new Date('2026-01-02T03:04:05.678Z');
const lease = (spec: object) => ({ metadata: { name: 'ebb' }, spec }) as Parameters<typeof recordOf>[0];
const record: LeaseRecord = { holder: 'a', durationSeconds: 15, acquireTime: 't', renewTime: 't', transitions: 3 };

test('a lease without anything in it is read, and free', () => {
  const empty = recordOf({ metadata: { name: 'ebb' } });
  assert.deepEqual(empty, { holder: '', durationSeconds: null, acquireTime: '', renewTime: '', transitions: 0 });
  assert.equal(mayTake({ record: empty, atMillis: 0 }, 'b', 15, 0), true);
});

test("another's lease is taken after its duration without a change, as the one who waits measures it", () => {
  const seen = observe(null, record, 1000);
  assert.equal(mayTake(observe(seen, record, 15_999), 'b', 99, 15_999), false);
  assert.equal(mayTake(observe(seen, record, 16_000), 'b', 99, 16_000), true);
  const renewed = observe(seen, { ...record, renewTime: 'u' }, 15_999);
  assert.equal(mayTake(renewed, 'b', 99, 16_000), false);
});

test('when it is free is known beforehand, and one that is nobody’s or our own always is', () => {
  const seen = observe(null, record, 1000);
  assert.equal(freeAt(seen, 'b', 99), 16_000);
  assert.equal(freeAt(observe(null, { ...record, durationSeconds: null }, 1000), 'b', 20), 21_000);
  assert.equal(freeAt(seen, 'a', 99), -Infinity);
  assert.equal(freeAt(observe(null, { ...record, holder: '' }, 1000), 'b', 99), -Infinity);
});

test('what the clocks of others say decides nothing', () => {
  const times = fc.string();
  fc.assert(
    fc.property(times, times, fc.nat(), (acquireTime, renewTime, now) => {
      const seen = observe(null, { ...record, acquireTime, renewTime }, now);
      assert.equal(mayTake(seen, 'b', 15, now + 14_999), false);
      assert.equal(mayTake(seen, 'b', 15, now + 15_000), true);
    }),
  );
});

test('taking over counts a transition, renewing does not and keeps since when', () => {
  const claim = { identity: 'a', leaseSeconds: 15, date };
  const first = claimed({ strategy: 'kept' }, null, claim);
  assert.deepEqual(first, {
    strategy: 'kept',
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    renewTime: '2026-01-02T03:04:05.678000Z',
    acquireTime: '2026-01-02T03:04:05.678000Z',
    leaseTransitions: 0,
  });
  const later = { ...claim, date: new Date('2026-01-02T03:04:09Z') };
  const renewed = claimed(first, recordOf(lease(first)), later);
  assert.equal(renewed['acquireTime'], first['acquireTime']);
  assert.equal(renewed['leaseTransitions'], 0);
  const taken = claimed(renewed, recordOf(lease(renewed)), { ...later, identity: 'b' });
  assert.equal(taken['leaseTransitions'], 1);
  assert.equal(taken['acquireTime'], '2026-01-02T03:04:09.000000Z');
});

test('a released lease is free at once', () => {
  const spec = released(claimed({}, null, { identity: 'a', leaseSeconds: 15, date }), date);
  assert.equal(mayTake({ record: recordOf(lease(spec)), atMillis: 0 }, 'b', 15, 0), true);
});
