/** What the pages show of Ebb's kinds, and every example, is read without a fault; the values and fields they name exist. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { decodeUserObject } from '../../../api/decode-kinds.ts';
import { readDocuments } from '../../../api/documents.ts';
import { kinds } from '../../../api/kinds.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { chartValues } from '../../../scripts/chart-values.ts';
import { kindFields, policyFields } from '../../../scripts/docs.ts';
import { filesShown } from '../../../scripts/included-files.ts';
import { objectBlocks, pages, pageText, root } from '../../docs/pages.ts';

const read = (text: string, file: string) => readDocuments(text, file, windowMeaning, decodeUserObject);

test('every YAML block of every page that is an object of Ebb is a good one', () => {
  const blocks = objectBlocks().filter(({ text }) => text.includes('apiVersion: ebb.dev/'));
  assert.ok(blocks.length >= 8, `${blocks.length} blocks`);
  for (const { page, line, text } of blocks) {
    const { policies, errors } = read(text, `${page}:${line}`);
    assert.deepEqual(errors, []);
    assert.ok(policies.length > 0, `${page}:${line}`);
  }
});

test('every example is good: those for a cluster by the decode of a cluster, the others by that of a node alone', () => {
  const files = globSync('examples/**/*.yaml', { cwd: root });
  assert.ok(files.length >= 14, `${files.length} files`);
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    const alone = file.startsWith('examples/standalone/');
    const { policies, errors } = alone ? readDocuments(text, file, windowMeaning) : read(text, file);
    assert.deepEqual(errors, []);
    assert.ok(policies.length > 0, file);
  }
});

test('no example but those of a demo acts', () => {
  for (const file of globSync('examples/**/*.yaml', { cwd: root }))
    assert.equal(
      /mode: Enforce/.test(readFileSync(join(root, file), 'utf8').replace(/^\s*#.*$/gm, '')),
      /(demo|quick-look)\.yaml$/.test(file),
      file,
    );
});

test('the cookbook shows every file of its folder, each once', () => {
  const files = globSync('examples/cookbook/*.yaml', { cwd: root });
  assert.deepEqual(filesShown(pageText('docs/cookbook.md')).sort(), files.sort());
});

/** `agent.podMetrics`, `agent.podMetrics=50`, `--set agent.podMetrics=50`; the JSON in cli.md and kubectl-ebb.md has an agent too. */
const withJson = ['docs/cli.md', 'docs/kubectl-ebb.md'];
const named = (text: string): string[] =>
  [
    ...text.matchAll(
      /(?:`|--set(?:-json|-string)?[ =]'?)((?:namespace|image|crds|operator|agent|access|networkPolicy|resourceQuota|monitoring)\.[a-zA-Z.]+)(?=[=`])/g,
    ),
  ]
    .map(([, path]) => path!)
    .filter((path) => !path.endsWith('.yaml'));

test('every value of the chart that a page names is one, or is a field of a kind', () => {
  const values = chartValues().map(({ path }) => path);
  const fields = [...policyFields(), ...kinds.flatMap(kindFields)].map(({ path }) =>
    path.replace(/^(spec|status)\./, ''),
  );
  const known = new Set([...values, ...fields]);
  const places = pages
    .filter((page) => !withJson.includes(page))
    .map((page) => ({ page, names: named(pageText(page)) }));
  assert.ok(places.flatMap(({ names }) => names).length > 60);
  const unknown = places.flatMap(({ page, names }) =>
    names
      .filter((name) => !known.has(name) && !values.some((value) => value.startsWith(`${name}.`)))
      .map((name) => `${page}: ${name}`),
  );
  assert.deepEqual(unknown, []);
});
