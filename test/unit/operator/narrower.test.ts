/** What a policy selects before and after an edit, against what selectors answer for every label there is. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { LabelSelector } from '../../../api/selector.ts';
import { type Selection, selectedByBoth, selectsNoMore } from '../../../operator/narrower.ts';
import { selectorMatches } from '../../../operator/selectors.ts';
import type { TextMap } from '../../../operator/snapshot.ts';
import { selector } from './generated.ts';
import { clusterPolicy } from './small-cluster.ts';

type Fields = Readonly<Record<string, unknown>>;

const selection = (fields: Fields): Selection => clusterPolicy('p', fields).spec;
const In = (...values: string[]) => ({ matchExpressions: [{ key: 'tier', operator: 'In', values }] });
const NotIn = (...values: string[]) => ({ matchExpressions: [{ key: 'tier', operator: 'NotIn', values }] });
const exists = { matchExpressions: [{ key: 'tier', operator: 'Exists' }] };
const missing = { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] };
const web = { matchLabels: { tier: 'web' } };

/** The narrower first. */
const narrower: readonly (readonly [Fields, Fields])[] = [
  [{ podSelector: web }, { podSelector: {} }],
  [{ podSelector: { matchLabels: { tier: 'web', zone: 'a' } } }, { podSelector: web }],
  [{ podSelector: web }, { podSelector: In('web', 'api') }],
  [{ podSelector: In('web') }, { podSelector: In('api', 'web') }],
  [{ podSelector: In('web') }, { podSelector: exists }],
  [{ podSelector: In('web') }, { podSelector: NotIn('api') }],
  [{ podSelector: NotIn('web', 'api') }, { podSelector: NotIn('api') }],
  [{ podSelector: missing }, { podSelector: NotIn('web') }],
  [{ namespaceSelector: web }, {}],
  [{ nodeSelector: web }, { nodeSelector: {} }],
  [{ qosClasses: ['BestEffort'] }, {}],
  [{ criticalPods: 'Exclude' }, { criticalPods: 'Include' }],
  [{ containers: { exclude: ['proxy'] } }, {}],
  [{ containers: { exclude: ['proxy', 'app'] } }, { containers: { exclude: ['proxy'] } }],
  [{ containers: { include: ['app'] } }, {}],
  [{ containers: { include: ['app'] } }, { containers: { include: ['app', 'proxy'] } }],
  [{ containers: { include: ['app'] } }, { containers: { exclude: ['proxy'] } }],
];
for (const [one, other] of narrower)
  test(`${JSON.stringify(one)} selects no more than ${JSON.stringify(other)}, and that selects more`, () => {
    assert.ok(selectsNoMore(selection(one), selection(other)));
    assert.ok(!selectsNoMore(selection(other), selection(one)));
    assert.ok(selectsNoMore(selection(one), selection(one)));
  });

const apart: readonly (readonly [Fields, Fields])[] = [
  [{ podSelector: In('web') }, { podSelector: NotIn('web') }],
  [{ podSelector: exists }, { podSelector: missing }],
  [{ podSelector: { matchLabels: { zone: 'a' } } }, { podSelector: web }],
  [{ containers: { exclude: ['app'] } }, { containers: { include: ['app'] } }],
];
for (const [one, other] of apart)
  test(`neither of ${JSON.stringify(one)} and ${JSON.stringify(other)} counts as the narrower`, () => {
    assert.ok(!selectsNoMore(selection(one), selection(other)));
    assert.ok(!selectsNoMore(selection(other), selection(one)));
  });

const values = [undefined, 'a', 'b', 'c'];
const everyLabels: readonly TextMap[] = values.flatMap((tier) =>
  values.map((zone) => ({ ...(tier !== undefined && { tier }), ...(zone !== undefined && { zone }) })),
);

test('law: what selects no more takes no label that the other does not, and both take what each does', () => {
  const seen = { narrower: 0 };
  const takes = (one: LabelSelector | undefined, labels: TextMap) => selectorMatches(one)(labels);
  fc.assert(
    fc.property(selector, selector, (one, other) => {
      const [a, b] = [selection({ podSelector: one }), selection({ podSelector: other })];
      const both = selectedByBoth(a, b).podSelector;
      const isNarrower = selectsNoMore(a, b);
      seen.narrower += Number(isNarrower);
      for (const labels of everyLabels) {
        const [inA, inB] = [takes(a.podSelector, labels), takes(b.podSelector, labels)];
        assert.equal(takes(both, labels), inA && inB);
        if (isNarrower && inA) assert.ok(inB);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(seen.narrower > 200, `${seen.narrower} are narrower`);
});

test('an absent selector of the old spec or the new one leaves the other', () => {
  const both = selectedByBoth(selection({ nodeSelector: web }), selection({ namespaceSelector: web }));
  assert.deepEqual([both.nodeSelector, both.namespaceSelector], [web, web]);
});
