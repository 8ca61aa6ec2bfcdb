/** The threat model claims nothing without a test: each row of a table of claims names one, and it is there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import test from 'node:test';
import { root } from '../../docs/pages.ts';

interface Claim {
  readonly text: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** Rows below "| claim | test |", to the end of each table. */
function claims(): Claim[] {
  const found: Claim[] = [];
  let inside = false;
  for (const line of readFileSync(join(root, 'docs/security.md'), 'utf8').split('\n')) {
    if (line === '| claim | test |') inside = true;
    else if (!line.startsWith('|')) inside = false;
    else if (inside && !/^\|[-|]+\|$/.test(line)) found.push(claimOf(line));
  }
  return found;
}

function claimOf(line: string): Claim {
  const [text = '', named = ''] = line.slice(1, -1).split(/ \| /);
  const links = [...named.matchAll(/\]\(([^)\s]+) "([^"]+)"\)/g)];
  assert.equal(links.length, named.split('](').length - 1, `a link without a title: ${named}`);
  return {
    text: text.trim(),
    tests: links.map(([, target, title]) => ({ file: normalize(join('docs', target!)), title: title! })),
  };
}

/** Whether a test of this file, or a case of its table of tests, is called so, or in part. */
function hasTest(source: string, title: string): boolean {
  const names = source.matchAll(/(?:\b(?:test|it)\(|\bname:)\s*(['`])(.+?)\1,/g);
  return [...names].some(([, , name]) => name!.includes(title));
}

test('each claim of docs/security.md names tests, by file and title, which are in the tree', () => {
  assert.ok(claims().length > 35, `${claims().length} claims`);
  for (const { text, tests } of claims()) {
    assert.ok(tests.length > 0, text);
    for (const { file, title } of tests) {
      assert.match(file, /^test\/.*\.test\.ts$/, text);
      assert.ok(existsSync(join(root, file)), `${file}: ${text}`);
      assert.ok(hasTest(readFileSync(join(root, file), 'utf8'), title), `${file} has no test called "${title}"`);
    }
  }
});

test('each part that the page names has claims of its own', () => {
  const text = readFileSync(join(root, 'docs/security.md'), 'utf8');
  for (const part of text.split(/^## /m).slice(1)) {
    const [heading] = part.split('\n');
    if (['The parts', 'What is left'].includes(heading!)) continue;
    assert.match(part, /^\| claim \| test \|$/m, heading);
  }
});
