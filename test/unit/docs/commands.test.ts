/** How commands are found in the pages, and the list of those that test/e2e/docs leaves to others. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { commands, commandsIn, theCommand } from '../../docs/commands.ts';
import { elsewhere } from '../../docs/elsewhere.ts';
import { blocksOf, pages, root } from '../../docs/pages.ts';

test('lines that belong together are one command, comments are none', () => {
  const block = `# first
kubectl get nma    # all of them
kubectl get \\
  nodes
cat <<'E' | kubectl apply -f -
# no comment

a: 1
E
for each in a b; do
  echo "$each#1"
done
`;
  assert.deepEqual(commandsIn(block), [
    'kubectl get nma',
    'kubectl get \\\n  nodes',
    "cat <<'E' | kubectl apply -f -\n# no comment\n\na: 1\nE",
    'for each in a b; do\n  echo "$each#1"\ndone',
  ]);
});

test('no block holds commands without saying sh, or that it is text: nobody would find them', () => {
  const hidden = pages
    .flatMap((page) => blocksOf(page))
    .filter(({ language }) => language !== 'sh' && language !== 'text')
    .filter(({ text }) => /^(kubectl|helm|npm|npx|ebb) /m.test(text))
    .map(({ page, line }) => `${page}:${line}`);
  assert.deepEqual(hidden, []);
});

test('every command that is left to others is on a page, and a test runs it, or it says that none does', () => {
  const all = commands();
  assert.ok(all.length > 90, `${all.length} commands`);
  for (const entry of elsewhere) {
    const { command } = entry;
    assert.ok(
      all.some(({ text }) => command.test(text)),
      `no page has ${command}`,
    );
    if ('noTest' in entry) continue;
    for (const [path, words] of Object.entries(entry.by)) {
      assert.match(path, /^test\/.*\.test\.ts$|^\.ci\/run$|^test\/levels\/levels\.ts$/, String(command));
      assert.ok(readFileSync(join(root, path), 'utf8').includes(words), `${path} has ${words}, for ${command}`);
    }
  }
});

test('every script of npm that a page names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const named = commands().flatMap(({ text }) =>
    [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, name]) => name!),
  );
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((name) => !Object.hasOwn(scripts, name)),
    [],
  );
});

test('CI runs the README’s two commands', () => {
  const lines = readFileSync(join(root, '.ci/run'), 'utf8').split('\n');
  for (const line of theCommand('README.md', 'npm ci && npm test').split(' && ')) assert.ok(lines.includes(line), line);
});
