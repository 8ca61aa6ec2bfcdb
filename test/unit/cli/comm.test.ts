import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { commShown, commText } from '../../../cli/comm.ts';

test('Control characters of both tables and invalid UTF-8 are shown as bytes', () => {
  assert.equal(commShown('a\x1b[2J\x07'), 'a\\x1b[2J\\x07');
  assert.equal(commShown('\x9b31m'), '\\x9b31m');
  assert.equal(commShown('\xc3\x28'), '\\xc3(');
});

test('For programs a name that is UTF-8 is that text, and one that is not names its bytes', () => {
  assert.equal(commText('caf\xc3\xa9'), 'café');
  assert.equal(commText('x\xff'), 'x\\xff');
});

test('Whatever the bytes, a terminal gets printable ASCII', () => {
  const bytes = fc.uint8Array({ maxLength: 16 }).map((array) => Buffer.from(array).toString('latin1'));
  fc.assert(fc.property(bytes, (comm) => /^[\x20-\x7e]*$/.test(commShown(comm))));
});
