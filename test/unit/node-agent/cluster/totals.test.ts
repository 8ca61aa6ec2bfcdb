/** The sums of a policy outlive the agent, and end with the object. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { noSeed, seedOf } from '../../../../node-agent/cluster/seed.ts';
import { PolicyTotals } from '../../../../node-agent/cluster/totals.ts';

const since = '2026-01-01T00:00:01Z';
const advised = { lastAdvice: 'PageOut', lastAdviceTime: '2026-01-01T00:00:00Z' };
const status = {
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', reason: 'R', message: '' }],
  policies: [{ uid: 'a', reclaimedBytesTotal: 100, refaultedBytesTotal: 10, netByteSeconds: '123456789012345678901' }],
  containers: [
    { podUID: 'p', name: 'web', state: 'PagedOut', since, swapBytes: 9, peakResidentBytes: 12, ...advised },
    { podUID: 'p', name: 'db', state: 'Idle' },
  ],
};
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
  const before = { advice: 'PageOut', advisedAt, depth: 'PagedOut', since: advisedAt + 1000, ...figures };
  assert.deepEqual([...containers], [['p/web', before]]);
  assert.deepEqual(conditions, [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }]);
});

test('a container counts as out only where its state, its last advice and its swap agree', () => {
  const depth = (change: object): string | undefined => {
    const { containers } = seedOf({ containers: [{ ...status.containers[0], ...change }] });
    return containers.get('p/web')?.depth;
  };
  assert.equal(depth({}), 'PagedOut');
  assert.equal(depth({ state: 'Cold', lastAdvice: 'Cold', swapBytes: 0 }), 'Cold');
  for (const change of [
    { swapBytes: 0 },
    { state: 'Skipped' },
    { lastAdvice: 'WillNeed' },
    { wouldReclaimBytes: 5 },
    { state: 'Cold' },
  ])
    assert.equal(depth(change), 'None', JSON.stringify(change));
  for (const change of [{ lastAdviceTime: undefined }, { lastAdviceTime: 'lately' }, { lastAdvice: 'Collapse' }])
    assert.equal(depth(change), undefined, JSON.stringify(change));
});

test('a status that another version wrote, or nobody, counts as far as it can be read', () => {
  for (const odd of [undefined, null, 7, {}, { policies: 'x', containers: [null, 3], conditions: [{}] }])
    assert.deepEqual(seedOf(odd), noSeed);
  const odd = seedOf({ policies: [{ uid: 'a', reclaimedBytesTotal: -1, netByteSeconds: 'much' }, { uid: 7 }] });
  assert.deepEqual([...odd.totals], [['a', { reclaimedBytes: 0, refaultedBytes: 0, netByteSeconds: 0n }]]);
});
