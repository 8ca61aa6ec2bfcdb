import assert from 'node:assert/strict';
import test from 'node:test';
import { bytesText, microsText, secondsText } from '../../../cli/units.ts';

test('Bytes are shown with three digits at most and binary units', () => {
  const shown: [number | null, string][] = [
    [null, '-'],
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1048576 - 1, '1 MiB'],
    [10.75 * 1048576, '10.8 MiB'],
    [536870912, '512 MiB'],
    [-5000000, '-4.77 MiB'],
    [2 ** 50 * 3, '3 PiB'],
  ];
  for (const [bytes, text] of shown) assert.equal(bytesText(bytes), text);
});

test('Times are shown in the unit that fits', () => {
  assert.equal(microsText(999), '999 us');
  assert.equal(microsText(2100), '2.1 ms');
  assert.equal(microsText(3_400_000), '3.4 s');
  assert.equal(secondsText(42), '42 s');
  assert.equal(secondsText(95), '1 min 35 s');
  assert.equal(secondsText(7260), '2 h 1 min');
});
