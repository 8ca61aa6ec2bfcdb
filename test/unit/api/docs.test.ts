/** The pages can't go stale: they are made from the schema and the reasons. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { kinds } from '../../../api/kinds.ts';
import { reasons } from '../../../api/reasons.ts';
import { kindFields, pages, policyFields } from '../../../scripts/docs.ts';

const root = join(import.meta.dirname, '../../..');

for (const { path, text, wanted } of pages())
  test(`${path.slice(root.length + 1)} is what npm run docs writes`, () => assert.equal(text, wanted));

test('docs/reasons.md lists every reason', () => {
  const page = readFileSync(join(root, 'docs/reasons.md'), 'utf8');
  for (const reason of Object.keys(reasons)) assert.ok(page.includes(`| \`${reason}\` |`), reason);
});

test('docs/troubleshooting.md has every reason once, with its meaning and with what to do', () => {
  const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.*?) \| (.+) \|$/gm)].map(([, reason, meaning]) => [reason, meaning]);
  assert.deepEqual(rows.sort(), Object.entries<string>(reasons).sort());
});

test('Every field of the schema has a meaning and bounds', () => {
  for (const { path, meaning, type } of [...policyFields(), ...kinds.flatMap(kindFields)]) {
    assert.ok(meaning.length > 10, `${path} has no meaning`);
    assert.doesNotMatch(type, /undefined/, path);
  }
});
