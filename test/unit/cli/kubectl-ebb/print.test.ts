/** JSON and YAML say the same, and neither can move a cursor. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { yamlText } from '../../../../cli/kubectl-ebb/print.ts';
import { jsonText } from '../../../../cli/output.ts';

test('whatever texts there are, YAML and JSON give them back and hold printable ASCII only', () => {
  const texts = fc.dictionary(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  fc.assert(
    fc.property(texts, (value) => {
      for (const text of [yamlText(value), jsonText(value)]) assert.match(text, /^[\x20-\x7e\n]*$/);
      assert.deepEqual(parse(yamlText(value)), JSON.parse(jsonText(value)));
    }),
  );
});

test('long texts stay on one line', () => {
  const long = 'word '.repeat(100).trim();
  assert.equal(yamlText({ long }), `long: ${long}\n`);
});
