/** The pages can't go stale: they are made from the schema and the reasons. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { decodeUserObject } from '../../../api/decode-kinds.ts';
import { readDocuments } from '../../../api/documents.ts';
import { kinds } from '../../../api/kinds.ts';
import { reasons } from '../../../api/reasons.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { kindFields, pages, policyFields } from '../../../scripts/docs.ts';

const root = join(import.meta.dirname, '../../..');

for (const { path, text, wanted } of pages())
  test(`${path.slice(root.length + 1)} is what npm run docs writes`, () => assert.equal(text, wanted));

test('docs/reasons.md lists every reason', () => {
  const page = readFileSync(join(root, 'docs/reasons.md'), 'utf8');
  for (const reason of Object.keys(reasons)) assert.ok(page.includes(`| \`${reason}\` |`), reason);
});

test('Every field of the schema has a meaning and bounds', () => {
  for (const { path, meaning, type } of [...policyFields(), ...kinds.flatMap(kindFields)]) {
    assert.ok(meaning.length > 10, `${path} has no meaning`);
    assert.doesNotMatch(type, /undefined/, path);
  }
});

test('Every YAML block of docs/policy.md and every example is a good policy', () => {
  const page = readFileSync(join(root, 'docs/policy.md'), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => ['docs/policy.md', match[1]!] as const);
  const examples = globSync('examples/**/*.yaml', { cwd: root }).map(
    (file) => [file, readFileSync(join(root, file), 'utf8')] as const,
  );
  assert.ok(blocks.length >= 2 && examples.length >= 3);
  for (const [file, text] of [...blocks, ...examples]) {
    const { policies, errors } = /^examples\/[^/]*$/.test(file)
      ? readDocuments(text, file, windowMeaning, decodeUserObject)
      : readDocuments(text, file, windowMeaning);
    assert.deepEqual(errors, []);
    assert.ok(policies.length > 0, file);
  }
});

test('Every YAML block of docs/api.md is a good object', () => {
  const page = readFileSync(join(root, 'docs/api.md'), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);
  assert.ok(blocks.length >= 2);
  for (const block of blocks) {
    const { policies, errors } = readDocuments(block, 'docs/api.md', windowMeaning, decodeUserObject);
    assert.deepEqual(errors, []);
    assert.equal(policies.length, 1);
  }
});

test('No example but those of a demo acts', () => {
  for (const file of globSync('examples/**/*.yaml', { cwd: root }))
    assert.equal(
      /mode: Enforce/.test(readFileSync(join(root, file), 'utf8').replace(/^\s*#.*$/gm, '')),
      /(demo|quick-look)\.yaml$/.test(file),
      file,
    );
});
