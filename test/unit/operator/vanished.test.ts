import assert from 'node:assert/strict';
import test from 'node:test';
import { maxFolded, policyStatus } from '../../../api/policy-status.ts';
import { noTotals } from '../../../operator/figures.ts';
import { fold, prune, reached, takeOver, totalsIn, vanishedIn, vanishedStatus } from '../../../operator/vanished.ts';
import { reportOf } from './reported.ts';

const uid = 'uid-p';
const report = (name: string, bytes: number) =>
  reportOf(
    name,
    {},
    { policies: [{ uid, reclaimedBytesTotal: bytes, refaultedBytesTotal: 1, netByteSeconds: '-5' }] },
    { uid: name },
  );
const none = vanishedIn(undefined);

test('a node’s object is counted in once, and then no longer beside it', () => {
  const once = fold(none, uid, [report('a', 7)]);
  assert.deepEqual(once.totals, { reclaimedBytes: 7n, refaultedBytes: 1n, netByteSeconds: -5n });
  assert.deepEqual(fold(once, uid, [report('a', 7)]), once);
  assert.deepEqual(reached(uid, once, [report('a', 9), report('b', 2)]).reclaimedBytes, 9n);
});

test('what is written is read again, beyond 2^53 too, and fits the schema', () => {
  const totals = { reclaimedBytes: 2n ** 70n, refaultedBytes: 3n, netByteSeconds: -(10n ** 20n) };
  const vanished = { totals, objects: new Set(['b', 'a']) };
  const written = vanishedStatus(vanished);
  policyStatus.parse({ vanished: written });
  assert.deepEqual(vanishedIn({ vanished: written }), { totals, objects: new Set(['a', 'b']) });
});

test('beyond 256 objects the next have to wait, and count beside it until then', () => {
  const many = Array.from({ length: maxFolded + 2 }, (_, index) => report(`n${index}`, 1));
  const full = fold(none, uid, many);
  assert.equal(full.objects.size, maxFolded);
  assert.equal(reached(uid, full, many).reclaimedBytes, BigInt(maxFolded + 2));
  const later = fold(
    prune(full, (name) => name === 'n0'),
    uid,
    many.slice(-2),
  );
  assert.equal(later.objects.size, 3);
  assert.equal(later.totals.reclaimedBytes, BigInt(maxFolded + 2));
});

test('what went while nobody looked is taken over, and what comes later adds to it', () => {
  const written = totalsIn({ reclaimedBytesTotal: '100', refaultedBytesTotal: '4', netByteSeconds: '50' });
  const here = reached(uid, none, [report('a', 30)]);
  const taken = takeOver(none, written, here);
  assert.deepEqual(taken.totals, { reclaimedBytes: 70n, refaultedBytes: 3n, netByteSeconds: 55n });
  assert.equal(reached(uid, taken, [report('a', 40)]).reclaimedBytes, 110n);
});

test('a net that fell by itself is not made up for', () => {
  const written = { reclaimedBytes: 30n, refaultedBytes: 1n, netByteSeconds: 50n };
  assert.deepEqual(takeOver(none, written, { ...written, netByteSeconds: 20n }).totals, noTotals);
});

test('garbage in the status counts as nothing', () => {
  assert.deepEqual(vanishedIn({ vanished: { reclaimedBytesTotal: 'x', objects: [1, 'a', null] } }), {
    totals: noTotals,
    objects: new Set(['a']),
  });
});
