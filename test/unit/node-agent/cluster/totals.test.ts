/** The sums of a policy outlive the agent, and end with the object. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { noSeed, seedOf } from '../../../../node-agent/cluster/seed.ts';
import { PolicyTotals } from '../../../../node-agent/cluster/totals.ts';

const since = '2026-01-01T00:00:01Z';
const advised = { lastAdvice: 'PageOut', lastAdviceTime: '2026-01-01T00:00:00Z' };
const status = {
  reportTime: '2026-01-01T00:01:00Z',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', reason: 'R', message: '' }],
  policies: [{ uid: 'a', reclaimedBytesTotal: 100, refaultedBytesTotal: 10, netByteSeconds: '123456789012345678901' }],
  containers: [
    { podUID: 'p', name: 'web', state: 'PagedOut', since, swapBytes: 9, peakResidentBytes: 12, ...advised },
    { podUID: 'p', name: 'db', state: 'Idle' },
  ],
};
/** What is read of the first container, had it been reported with this. */
const beforeWith = (change: object) =>
  seedOf({ ...status, containers: [{ ...status.containers[0], ...change }] }).containers.get('p/web');
const growth = { reclaimedBytes: 5, cameBackBytes: 2, netByteSeconds: 9.6 };

test('sums go on from what the object says, once', () => {
  const totals = new PolicyTotals();
  totals.begin('object', seedOf(status));
  totals.add('a', growth);
  totals.begin('object', seedOf(status));
  assert.deepEqual(totals.of('a'), {
    reclaimedBytes: 105,
    refaultedBytes: 12,
    netByteSeconds: 123456789012345678911n,
  });
});

test('an object of another UID starts at 0', () => {
  const totals = new PolicyTotals();
  totals.begin('object', seedOf(status));
  totals.begin('another', noSeed);
  assert.equal(totals.of('a').reclaimedBytes, 0);
});

test('policies that are gone keep their sums, the newest of them, as long as there is room', () => {
  const totals = new PolicyTotals();
  totals.begin('object', noSeed);
  for (let index = 0; index < 100; index++) totals.add(`p${index}`, growth);
  const former = totals.formerly(new Set(['p99', 'q']));
  assert.equal(former.length, 62);
  assert.equal(former.at(-1), 'p98');
});

const heldNow = (totals: PolicyTotals, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `p${index}`).filter((uid) => totals.of(uid).reclaimedBytes > 0);

test('however many policies come and go, the sums of those that were here last are kept, and a bounded number of them', () => {
  const totals = new PolicyTotals();
  totals.begin('object', noSeed);
  totals.add('stays', growth);
  for (let index = 0; index < 2000; index++) {
    totals.add(`p${index}`, growth);
    totals.add('stays', growth);
  }
  assert.equal(totals.of('stays').reclaimedBytes, 2001 * growth.reclaimedBytes);
  const held = heldNow(totals, 2000);
  assert.deepEqual([held.length, held[0], held.at(-1)], [999, 'p1001', 'p1999']);
});

test('policies under which nothing was ever done take no room from those that have sums', () => {
  const totals = new PolicyTotals();
  totals.begin('object', noSeed);
  totals.add('a', growth);
  for (let index = 0; index < 2000; index++)
    totals.add(`dry${index}`, { reclaimedBytes: 0, cameBackBytes: 0, netByteSeconds: 0 });
  assert.deepEqual(totals.formerly(new Set()), ['a']);
});

test('what was done to containers, and since when conditions hold, is read', () => {
  const { containers, conditions } = seedOf(status);
  const advisedAt = Date.parse('2026-01-01T00:00:00Z');
  const figures = { swapBytes: 9, peakResidentBytes: 12 };
  const before = { advice: 'PageOut', advisedAt, out: true, since: advisedAt + 1000, ...figures };
  assert.deepEqual([...containers], [['p/web', before]]);
  assert.deepEqual(conditions, [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }]);
});

test('a container counts as out only where its state, its last advice and its swap agree', () => {
  const out = (change: object) => beforeWith(change)?.out;
  for (const change of [{}, { lastAdvice: 'Cold' }]) assert.equal(out(change), true, JSON.stringify(change));
  for (const change of [
    { swapBytes: 0 },
    { state: 'Skipped' },
    { lastAdvice: 'WillNeed' },
    { wouldReclaimBytes: 5 },
    { state: 'Cold', lastAdvice: 'Cold' },
    { lastAdviceTime: undefined },
  ])
    assert.equal(out(change), false, JSON.stringify(change));
});

test('a page-out whose time nobody wrote is known all the same: Restore has to bring it back', () => {
  const advisedAt = (change: object) => beforeWith({ lastAdviceTime: undefined, ...change })?.advisedAt;
  assert.equal(advisedAt({}), Date.parse(since));
  assert.equal(advisedAt({ lastAdviceTime: 'lately', since: 'then' }), Date.parse(status.reportTime));
  for (const lastAdvice of ['Cold', 'WillNeed']) assert.equal(advisedAt({ lastAdvice }), undefined, lastAdvice);
  assert.equal(beforeWith({ lastAdvice: 'Collapse' }), undefined);
});

test('containers are told on as they were reported, whatever was done to them', () => {
  assert.deepEqual(seedOf(status).rows, status.containers);
});

test('a status that another version wrote, or nobody, counts as far as it can be read', () => {
  for (const odd of [undefined, null, 7, {}, { policies: 'x', containers: [null, 3], conditions: [{}] }])
    assert.deepEqual(seedOf(odd), noSeed);
  const odd = seedOf({ policies: [{ uid: 'a', reclaimedBytesTotal: -1, netByteSeconds: 'much' }, { uid: 7 }] });
  assert.deepEqual([...odd.totals], [['a', { reclaimedBytes: 0, refaultedBytes: 0, netByteSeconds: 0n }]]);
});
