import assert from 'node:assert/strict';
import test from 'node:test';
import { plan } from '../../../operator/plan.ts';
import { keyOf } from '../../../operator/precedence.ts';
import type { Pod, Policy } from '../../../operator/snapshot.ts';
import { standingOf } from '../../../operator/standing.ts';
import { cluster, clusterPolicy, pod, policy, settings } from './small-cluster.ts';

const later = { createdAt: '2026-02-01T00:00:00Z' };
const web = { podSelector: { matchLabels: { tier: 'web' } } };

function standings(policies: readonly Policy[], pods: readonly Pod[] = [pod('a'), pod('b')]) {
  const tallies = plan(cluster({ policies, pods }), settings).policies;
  const byKey = new Map(policies.map((one) => [keyOf(one), one]));
  return policies.map((one) => {
    const { overridden, message } = standingOf(one, tallies.get(keyOf(one))!, byKey);
    return [overridden, message];
  });
}

test('a policy alone has all of its pods', () => {
  assert.deepEqual(standings([policy('p')]), [[false, 'all of its pods follow it']]);
});

test('a policy that matches nothing is not overridden', () => {
  assert.deepEqual(standings([policy('p', web), policy('q')])[0], [false, 'matches no pod']);
});

test('of two policies equal in everything the oldest wins, and both say so', () => {
  assert.deepEqual(standings([policy('old'), policy('new', {}, later)]), [
    [false, 'comes before shop/new (both of priority 100: the older wins)'],
    [true, '2 of 2 pods follow shop/old (both of priority 100: the older wins)'],
  ]);
});

test('of two policies equally old the name decides, and both say so', () => {
  assert.deepEqual(standings([policy('a'), policy('b')]), [
    [false, 'comes before shop/b (both of priority 100 and equally old: by name)'],
    [true, '2 of 2 pods follow shop/a (both of priority 100 and equally old: by name)'],
  ]);
});

test('a policy that has some of its pods is not overridden', () => {
  const pods = [pod('a'), pod('b', { labels: { tier: 'web' } })];
  assert.deepEqual(standings([policy('web', { ...web, priority: 5 }), policy('all')], pods), [
    [false, 'comes before shop/all (priority 5 before 100)'],
    [false, '1 of 2 pods follow shop/web (priority 5 before 100)'],
  ]);
});

test('a cluster policy is told that namespaces come first', () => {
  assert.deepEqual(standings([clusterPolicy('c', { priority: 0 }), policy('p')])[0], [
    true,
    '2 of 2 pods follow shop/p (policies of a namespace come before cluster policies)',
  ]);
});

test('of many others some are named and the rest is counted', () => {
  const many = Array.from({ length: 9 }, (_, index) => policy(`p-${index}`));
  assert.match(String(standings(many)[0]?.[1]), /^comes before (shop\/p-\d \([^)]*\)(, )?){5} and 3 more$/);
});
