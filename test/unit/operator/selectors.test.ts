import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { LabelSelector } from '../../../api/selector.ts';
import { selectorMatches } from '../../../operator/selectors.ts';

const labels = { tier: 'web', empty: '', toString: 'own' };

const cases: readonly (readonly [string, LabelSelector | undefined, boolean])[] = [
  ['no selector matches everything', undefined, true],
  ['an empty selector matches everything', {}, true],
  ['empty parts match everything', { matchLabels: {}, matchExpressions: [] }, true],
  ['a label must have exactly the value', { matchLabels: { tier: 'web' } }, true],
  ['another value does not match', { matchLabels: { tier: 'we' } }, false],
  ['every label must match', { matchLabels: { tier: 'web', app: 'x' } }, false],
  ['an empty value is not a missing label', { matchLabels: { missing: '' } }, false],
  ['an empty value matches an empty value', { matchLabels: { empty: '' } }, true],
  ['In takes any of its values', { matchExpressions: [{ key: 'tier', operator: 'In', values: ['db', 'web'] }] }, true],
  ['In needs the label', { matchExpressions: [{ key: 'app', operator: 'In', values: ['x'] }] }, false],
  ['NotIn refuses its values', { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] }, false],
  ['NotIn takes a missing label', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['x'] }] }, true],
  ['Exists takes an empty value', { matchExpressions: [{ key: 'empty', operator: 'Exists' }] }, true],
  ['Exists needs the label', { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, false],
  ['what every object inherits is no label', { matchExpressions: [{ key: 'valueOf', operator: 'Exists' }] }, false],
  ['a label may be called like it', { matchExpressions: [{ key: 'toString', operator: 'Exists' }] }, true],
  ['DoesNotExist refuses an empty value', { matchExpressions: [{ key: 'empty', operator: 'DoesNotExist' }] }, false],
  ['DoesNotExist takes a missing label', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, true],
  [
    'labels and expressions must both match',
    { matchLabels: { tier: 'web' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] },
    false,
  ],
];

for (const [name, selector, expected] of cases)
  test(name, () => assert.equal(selectorMatches(selector)(labels), expected));

const key = fc.constantFrom('tier', 'app', 'zone');
const value = fc.constantFrom('a', 'b', '');
const values = fc.array(value, { minLength: 1, maxLength: 3 });
const someLabels = fc.dictionary(key, value);
const expression = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', name: string, list: string[]) =>
  selectorMatches({ matchExpressions: [{ key: name, operator, ...(list.length > 0 && { values: list }) }] });

test('law: NotIn is the opposite of In, and DoesNotExist of Exists', () => {
  fc.assert(
    fc.property(someLabels, key, values, (own, name, list) => {
      assert.notEqual(expression('In', name, list)(own), expression('NotIn', name, list)(own));
      assert.notEqual(expression('Exists', name, [])(own), expression('DoesNotExist', name, [])(own));
    }),
  );
});

test('law: a label that matches is In a list of its value alone', () => {
  fc.assert(
    fc.property(someLabels, key, value, (own, name, one) => {
      assert.equal(selectorMatches({ matchLabels: { [name]: one } })(own), expression('In', name, [one])(own));
    }),
  );
});

test('law: one condition more never matches more', () => {
  fc.assert(
    fc.property(someLabels, fc.dictionary(key, value), key, values, (own, wanted, name, list) => {
      const wide = selectorMatches({ matchLabels: wanted });
      const matchExpressions = [{ key: name, operator: 'In' as const, values: list }];
      const narrow = selectorMatches({ matchLabels: wanted, matchExpressions });
      assert.ok(wide(own) || !narrow(own));
    }),
  );
});
