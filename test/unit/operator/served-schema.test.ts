import assert from 'node:assert/strict';
import test from 'node:test';
import { covers } from '../../../operator/schema-covers.ts';
import { checkOf, type ServedSchema } from '../../../operator/served-schema.ts';

const object = (properties: Record<string, ServedSchema>, more: ServedSchema = {}): ServedSchema => ({
  type: 'object',
  properties,
  ...more,
});
const text: ServedSchema = { type: 'string' };

const cases: [string, ServedSchema, unknown, [path: string, allowed: string | null] | null][] = [
  ['a text', text, 'a', null],
  ['no text', text, 1, ['', 'of type string']],
  ['null', text, null, ['', 'of type string']],
  ['null where it may be', { ...text, nullable: true }, null, null],
  ['an integer', { type: 'integer' }, 3, null],
  ['a fraction', { type: 'integer' }, 3.5, ['', 'of type integer']],
  ['a number', { type: 'number' }, 3.5, null],
  ['a quantity of either type', { 'x-kubernetes-int-or-string': true }, '1Gi', null],
  ['a quantity that is neither', { 'x-kubernetes-int-or-string': true }, 1.5, ['', 'an integer or a string']],
  ['no type at all', {}, { any: 'thing' }, null],
  ['a word', { ...text, enum: ['A', 'B'] }, 'B', null],
  ['another word', { ...text, enum: ['A', 'B'] }, 'C', ['', 'one of A, B']],
  ['both bounds', { type: 'integer', minimum: 1, maximum: 3 }, 3, null],
  ['too little', { type: 'integer', minimum: 1 }, 0, ['', 'at least 1']],
  ['too much', { type: 'integer', maximum: 3 }, 4, ['', 'at most 3']],
  ['characters, not UTF-16 units', { ...text, maxLength: 2 }, '😀😀', null],
  ['too long', { ...text, maxLength: 2 }, 'abc', ['', 'at most 2 characters']],
  ['too short', { ...text, minLength: 2 }, 'a', ['', 'at least 2 characters']],
  ['a pattern', { ...text, pattern: '^a' }, 'ba', ['', 'matching ^a']],
  ['a pattern of RE2 alone', { ...text, pattern: '(?P<a>b' }, 'x', null],
  ['a list', { type: 'array', items: text }, ['a'], null],
  ['no list', { type: 'array', items: text }, {}, ['', 'of type array']],
  ['an item', { type: 'array', items: text }, ['a', 1], ['1', 'of type string']],
  ['too many items', { type: 'array', items: text, maxItems: 1 }, ['a', 'b'], ['', 'at most 1 items']],
  ['too few items', { type: 'array', items: text, minItems: 1 }, [], ['', 'at least 1 items']],
  ['a known field', object({ a: text }), { a: 'x' }, null],
  ['a field that JSON leaves out', object({ a: text }), { b: undefined }, null],
  ['an unknown field', object({ a: text }), { b: 'x' }, ['b', null]],
  ['an unknown field that is kept', object({}, { 'x-kubernetes-preserve-unknown-fields': true }), { b: 1 }, null],
  ['a field below', object({ a: object({ b: text }) }), { a: { b: 1 } }, ['a.b', 'of type string']],
  ['a missing field', object({ a: text }, { required: ['a'] }), {}, ['a', 'something: it is required']],
  ['a missing field with a default', object({ a: { ...text, default: 'x' } }, { required: ['a'] }), {}, null],
  ['an entry', { type: 'object', additionalProperties: text }, { any: 'x' }, null],
  ['a wrong entry', { type: 'object', additionalProperties: text }, { any: 1 }, ['any', 'of type string']],
  ['any entry', { type: 'object', additionalProperties: true }, { any: 1 }, null],
  [
    'too many entries',
    { type: 'object', additionalProperties: text, maxProperties: 1 },
    { a: '', b: '' },
    ['', 'at most 1 entries'],
  ],
  ['a name of the prototype', object({}), JSON.parse('{"constructor": 1}'), ['constructor', null]],
];

for (const [title, schema, value, expected] of cases)
  test(`${title} is ${expected ? 'refused' : 'taken'}`, () => {
    const fault = checkOf(schema)(value);
    assert.deepEqual(fault && [fault.path.join('.'), fault.allowed], expected);
  });

const own = object(
  {
    a: { type: 'integer', minimum: 0, maximum: 9 },
    b: { type: 'array', items: { ...text, enum: ['A'] }, maxItems: 4 },
  },
  { required: ['a'] },
);

test('a schema covers itself, one with narrower bounds, fewer words and fields', () => {
  const narrower = object({ a: { type: 'integer', minimum: 1, maximum: 2 } }, { required: ['a'] });
  for (const each of [own, narrower]) assert.equal(covers(own, each), true);
});

test('it does not cover what it would refuse, or may', () => {
  const { a, b } = own.properties!;
  const wider: ServedSchema[] = [
    object({ a: { ...a, maximum: 10 } }, { required: ['a'] }),
    object({ a: { ...a, minimum: -1 } }, { required: ['a'] }),
    object({ a: { type: 'integer' } }, { required: ['a'] }),
    object({ a: { type: 'string' } }, { required: ['a'] }),
    object({ a: a! }),
    object({ a: a!, c: text }, { required: ['a'] }),
    object({ a: a!, b: { ...b, maxItems: 5 } }, { required: ['a'] }),
    object({ a: a!, b: { ...b, items: text } }, { required: ['a'] }),
    object({ a: a!, b: { ...b, items: { ...text, enum: ['A', 'B'] } } }, { required: ['a'] }),
    object({ a: a! }, { required: ['a'], additionalProperties: text }),
  ];
  for (const each of wider) assert.equal(covers(own, each), false, JSON.stringify(each));
  assert.equal(covers({ ...text, pattern: '^a' }, { ...text, pattern: '^a$' }), false);
});
