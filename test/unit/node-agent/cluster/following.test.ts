/** Which spec is followed through everything that an object can become, and what holds the agent back then. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Following, follow, nobody, ordersOf, type Situation } from '../../../../node-agent/cluster/following.ts';
import { noOrders } from '../../../../node-agent/source.ts';
import { goodSpec, nodeUID, object, objectUID } from './decoded.ts';

const good = follow(nobody, object(goodSpec(), 4), nodeUID);
const orders = (change: Partial<Situation>) =>
  ordersOf({ following: good, switchText: 'Run', silentMillis: 0, staleMillis: 60_000, ...change });

test('a good spec is followed, and the generation that it is of is known', () => {
  assert.equal(good.spec?.pods.length, 3);
  assert.equal(good.generation, 4);
  assert.equal(good.trouble, null);
  assert.deepEqual(orders({}), noOrders);
});

test('garbage keeps the last good spec and its generation, and names the field', () => {
  const garbage = follow(good, object({ ...goodSpec(), pods: 'all' }, 5), nodeUID);
  assert.equal(garbage.spec, good.spec);
  assert.equal(garbage.generation, 4);
  assert.equal(garbage.trouble?.reason, 'MalformedSpec');
  assert.match(garbage.trouble?.message ?? '', /^spec\.pods|^pods/);
  assert.deepEqual(orders({ following: garbage }), noOrders);
  const again = follow(garbage, object(goodSpec(), 6), nodeUID);
  assert.deepEqual([again.generation, again.trouble], [6, null]);
});

test('once we know that we are the node that a spec is for, it is followed, and not before', () => {
  const wrong = follow(nobody, object(goodSpec(), 4), 'until-registered-anew');
  assert.deepEqual([wrong.spec, wrong.trouble?.reason], [null, 'WrongNode']);
  assert.equal(orders({ following: wrong }).stop, 'WrongNode');
  assert.deepEqual(follow(wrong, object(goodSpec(), 4), nodeUID), good);
});

test('a pause is read even from garbage, and ends with the next spec', () => {
  const paused = follow(good, object({ profiles: 7, paused: { reasons: ['NodeDraining'] } }, 5), nodeUID);
  assert.equal(orders({ following: paused }).paused, 'NodeDraining');
  assert.equal(orders({ following: follow(paused, object(goodSpec(), 6), nodeUID) }).paused, null);
});

test('garbage that says nothing of a pause does not end the one that the last good spec had', () => {
  const paused = follow(good, object(goodSpec({ paused: { reasons: ['NodeDraining'] } }), 5), nodeUID);
  const garbage = follow(paused, object({ ...goodSpec(), pods: 'all' }, 6), nodeUID);
  assert.equal(garbage.trouble?.reason, 'MalformedSpec');
  assert.equal(orders({ following: garbage }).paused, 'NodeDraining');
  assert.equal(orders({ following: follow(garbage, object(goodSpec(), 7), nodeUID) }).paused, null);
  assert.equal(orders({ following: follow(garbage, object({}, 1, 'object-2'), nodeUID) }).paused, null);
});

test('a reason that this agent does not know pauses all the same', () => {
  const paused = follow(good, object(goodSpec({ paused: { reasons: ['FromTheFuture'] } })), nodeUID);
  assert.equal(orders({ following: paused }).paused, 'Paused');
});

const nothing: [what: string, following: Following, reason: string][] = [
  ['no object', nobody, 'NoSpec'],
  ['an object that is deleted', follow(good, undefined, nodeUID), 'NoSpec'],
  ['an object for another Node', follow(good, object(goodSpec({ nodeUID: 'another' })), nodeUID), 'WrongNode'],
  ['garbage in the first spec', follow(nobody, object({}), nodeUID), 'MalformedSpec'],
  ['garbage in a new object', follow(good, object({}, 1, 'object-2'), nodeUID), 'MalformedSpec'],
];
for (const [what, following, reason] of nothing) {
  test(`${what} stops everything: ${reason}`, () => {
    assert.equal(following.spec, null);
    assert.equal(orders({ following }).stop, reason);
  });
}

test('a spec is stale after the time given and not before, and fresh again with the first word', () => {
  assert.equal(orders({ silentMillis: 60_000 }).observe, null);
  assert.equal(orders({ silentMillis: 60_001 }).observe, 'SpecStale');
  assert.equal(orders({ silentMillis: 3 }).observe, null);
});

test('what the switch says holds while the API server is silent', () => {
  const silentMillis = 1e9;
  assert.equal(orders({ silentMillis, switchText: 'Stop' }).stop, 'SwitchStop');
  assert.equal(orders({ silentMillis, switchText: 'Restore' }).restore, 'SwitchRestore');
});

const anything = fc.oneof(fc.jsonValue(), fc.constant(goodSpec()), fc.constant(goodSpec({ nodeUID: 'x' })));

test('law: whatever comes, what is followed is a spec for this node of the object that is there', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anything, fc.constantFrom(objectUID, 'object-2'))), (specs) => {
      let following = nobody;
      for (const [spec, uid] of specs) {
        following = follow(following, object(spec, 1, uid), nodeUID);
        assert.equal(following.uid, uid);
        if (following.spec !== null) assert.equal(following.spec.nodeUID, nodeUID);
        else assert.notEqual(orders({ following }).stop, null);
      }
    }),
  );
});
