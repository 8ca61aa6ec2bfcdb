/** What the pages for people point at is in the tree: relative links, and sources and tests named in passing. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';

const root = join(import.meta.dirname, '../../..');
const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })];

/** Of [text](target): the target without its anchor; addresses of the web are not looked at. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

/** Of `path` in a text: a file, said from the root; globs and folders yet to come are no such. */
const filesNamedIn = (page: string): string[] =>
  [
    ...readFileSync(join(root, page), 'utf8').matchAll(
      /`((?:api|kube|node-agent|native|cli|test|docs)\/[\w./-]+\.\w+)`/g,
    ),
  ]
    .map(([, path]) => path!)
    .filter((path) => !path.startsWith('native/build/'));

for (const page of pages)
  test(`every relative link in ${page} leads to a file of the tree`, () => {
    const broken = linksOf(page).filter((target) => !existsSync(join(root, dirname(page), target)));
    assert.deepEqual(broken, []);
  });

test('every file that a page names is in the tree', () => {
  const named = pages.flatMap((page) => filesNamedIn(page).map((path) => ({ page, path })));
  assert.ok(named.length > 40, `${named.length} files are named`);
  assert.deepEqual(
    named.filter(({ path }) => !existsSync(join(root, path))),
    [],
  );
});

test('what sources cite of the docs is there', () => {
  const cited = globSync('{api,kube,node-agent,native,cli,demo,scripts,test}/**/*.{ts,c,h}', { cwd: root })
    .filter((path) => !/(^|\/)build\//.test(path))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return [...text.matchAll(/\b(?:docs\/[\w/-]+|[A-Z]+)\.md\b/g)].map(([page]) => ({ path, page }));
    })
    .filter(({ page }) => !existsSync(join(root, page)));
  assert.deepEqual(cited, []);
});
