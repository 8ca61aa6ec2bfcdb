/** The ledger claims nothing that was not seen: laws over any order of looks and passes. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { booked, dropped, type Ledger, observed, openLedger } from '../../../../node-agent/report/ledger.ts';

const mib = 2 ** 20;
const pass = (freedBytes: number | null, swapBytes: number) => ({
  advisedBytes: 100 * mib,
  unmappedBytes: 90 * mib,
  freedBytes,
  awaitingReclaimBytes: 0,
  stallMicros: 10,
  longestCallMicros: 4,
  swapBytes,
});

test('net savings are what was freed, for as long as it stayed out', () => {
  let ledger = booked(openLedger(0, 0), pass(50 * mib, 90 * mib));
  ledger = observed(ledger, 90 * mib, 10_000);
  assert.equal(ledger.netByteSeconds, 500 * mib);
  ledger = observed(ledger, 45 * mib, 20_000);
  assert.equal(ledger.cameBackBytes, 45 * mib);
  assert.equal(ledger.outBytes, 25 * mib);
  assert.equal(ledger.netByteSeconds, 750 * mib);
  ledger = observed(ledger, 0, 30_000);
  assert.equal(ledger.outBytes, 0);
  assert.equal(observed(ledger, 0, 90_000).netByteSeconds, 750 * mib);
});

test('what can’t be told is not claimed, and the swap cache counts once it is dropped', () => {
  const ledger = booked(openLedger(0, 0), { ...pass(null, 90 * mib), awaitingReclaimBytes: 80 * mib });
  assert.equal(ledger.freedBytes, 0);
  assert.equal(observed(ledger, 90 * mib, 10_000).netByteSeconds, 0);
  const after = dropped(ledger, 80 * mib);
  assert.deepEqual([after.freedBytes, after.outBytes, after.awaitingReclaimBytes], [80 * mib, 80 * mib, 0]);
});

test('time in calls adds up, the longest call stays the longest', () => {
  let ledger = booked(openLedger(0, 0), { ...pass(0, 0), stallMicros: 900, longestCallMicros: 700 });
  ledger = booked(ledger, { ...pass(0, 0), stallMicros: 500, longestCallMicros: 300 });
  assert.deepEqual([ledger.stallMicros, ledger.longestCallMicros], [1400, 700]);
});

test('swap that was there before Ebb did anything came back on nobody’s account', () => {
  assert.equal(observed(openLedger(0, 50 * mib), 0, 1000).cameBackBytes, 0);
});

test('totals never fall, and what is out is never more than what was freed', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('look' as const), swap: fc.nat(1000), seconds: fc.nat(100) }),
    fc.record({ kind: fc.constant('pass' as const), freed: fc.option(fc.nat(1000)), swap: fc.nat(1000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let ledger: Ledger = openLedger(0, 0);
      for (const one of steps) {
        const next =
          one.kind === 'look'
            ? observed(ledger, one.swap, ledger.at + one.seconds * 1000)
            : booked(ledger, pass(one.freed, one.swap));
        assert.ok(next.netByteSeconds >= ledger.netByteSeconds);
        assert.ok(next.cameBackBytes >= ledger.cameBackBytes);
        assert.ok(next.outBytes >= 0 && next.outBytes <= next.freedBytes);
        ledger = next;
      }
    }),
  );
});
