/** What the pages for people point at is in the tree: relative links and their anchors, and files named in passing. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import test from 'node:test';
import { pages, pageText, proseOf, root } from '../../docs/pages.ts';

interface Link {
  readonly file: string;
  readonly anchor: string;
}

/** Of [text](target#anchor "title"); addresses of the web are not looked at. */
const linksOf = (page: string): Link[] =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      return { file: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading!));

/** Of `path` in a text: a file, said from the root; globs and folders yet to come are no such. */
const filesNamedIn = (page: string): string[] =>
  [
    ...pageText(page).matchAll(
      /`((?:api|kube|node-agent|native|operator|cli|test|docs|charts|examples|scripts|images|demo)\/[\w./-]+\.\w+)`/g,
    ),
  ]
    .map(([, path]) => path!)
    .filter((path) => !path.startsWith('native/build/'));

for (const page of pages)
  test(`every relative link in ${page} leads to a file of the tree, and to a heading in it`, () => {
    const broken = linksOf(page).filter(
      ({ file, anchor }) =>
        !existsSync(join(root, file)) || (anchor !== '' && file.endsWith('.md') && !anchorsOf(file).includes(anchor)),
    );
    assert.deepEqual(broken, []);
  });

test('docs/README.md has a link to every page of the docs', () => {
  const linked = new Set(linksOf('docs/README.md').map(({ file }) => file));
  const wanted = pages.filter((page) => /^docs\/[^/]+$/.test(page) && page !== 'docs/README.md');
  assert.deepEqual(
    wanted.filter((page) => !linked.has(page)),
    [],
  );
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
