import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatQuantity, parseQuantity, quantityBytes, roundedQuantity } from '../../../api/quantity.ts';

const good: readonly (readonly [string | number, number])[] = [
  [0, 0],
  [1048576, 1048576],
  [1e6, 1_000_000],
  ['0', 0],
  ['1048576', 1048576],
  ['64Ki', 65_536],
  ['512Mi', 536_870_912],
  ['1.5Gi', 1_610_612_736],
  ['1.Ki', 1024],
  ['+1Ki', 1024],
  ['0.5k', 500],
  ['128M', 128_000_000],
  ['1e6', 1_000_000],
  ['1E6', 1_000_000],
  ['1000m', 1],
  ['128974848000m', 128_974_848],
  ['20e-1', 2],
  ['7Pi', 7 * 2 ** 50],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
];
const bad: readonly unknown[] = [
  '',
  ' ',
  '1 Ki',
  '1ki',
  '1KB',
  '1MB',
  'Mi',
  '-1',
  -1,
  1.5,
  '1.5',
  '0.3Ki',
  '1m',
  '8Pi',
  '1Ei',
  '9007199254740992',
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '1e999',
  '1e-999',
  '0x10',
  '1_000',
  '１Ki',
  `1${'0'.repeat(40)}`,
  '.5Ki',
  '1..2',
  null,
  undefined,
  true,
  [],
  {},
  10n,
  '1\n',
  '1e',
  '1Kii',
];

for (const [text, bytes] of good)
  test(`${JSON.stringify(text)} is ${bytes} bytes`, () => assert.deepEqual(parseQuantity(text), { bytes }));

for (const value of bad)
  test(`${typeof value} ${String(value)} is no whole number of bytes, and the answer says what is`, () => {
    const parsed = parseQuantity(value);
    assert.ok('problem' in parsed);
    assert.match(parsed.problem, /whole number of bytes below 2\^53/);
  });

test('What is formatted is parsed back to the same number', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.maxSafeNat(),
        fc.nat(8191).map((count) => count * 2 ** 40),
      ),
      (bytes) => {
        assert.equal(quantityBytes(formatQuantity(bytes)), bytes);
        assert.equal(quantityBytes(bytes), bytes);
      },
    ),
  );
});

test('A suffix multiplies', () => {
  const powers = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9, e3: 1e3, E6: 1e6 };
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom(...Object.entries(powers)), (count, [suffix, factor]) => {
      assert.equal(quantityBytes(`${count}${suffix}`), count * factor);
    }),
  );
});

test('Any text gives a number of whole bytes or a problem, and never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,9}[a-zA-Z0-9+-]{0,6}$/)), (text) => {
      const parsed = parseQuantity(text);
      assert.ok('problem' in parsed || (Number.isSafeInteger(parsed.bytes) && parsed.bytes >= 0));
    }),
  );
});

test('A quantity that the schema never accepted is a bug and throws', () => {
  assert.throws(() => quantityBytes('1KB'), /quantity "1KB"/);
});

for (const [bytes, text] of [
  [0n, '0'],
  [-5n, '0'],
  [1023n, '1023'],
  [1024n, '1Ki'],
  [188_255_148n, '179Mi'],
  [20_447_232n, '19.5Mi'],
  [1_395_864_371n, '1.29Gi'],
  [2n ** 20n - 1n, '1023Ki'],
  [1n << 83n, '8388608Ei'],
] as const)
  test(`${bytes} bytes are shown as ${text}`, () => assert.equal(roundedQuantity(bytes), text));

test('What is shown of bytes is never more than there are, and at most 1 % less', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 80n }), (bytes) => {
      const [, number, suffix] = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|Pi|Ei)?$/.exec(roundedQuantity(bytes))!;
      const unit = 2 ** (10 * ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].indexOf(suffix ?? ''));
      const shown = Number(number) * unit;
      assert.ok(shown <= Number(bytes) * (1 + 1e-12) && shown >= Number(bytes) * 0.99 - 1, `${number} ${suffix}`);
    }),
  );
});
