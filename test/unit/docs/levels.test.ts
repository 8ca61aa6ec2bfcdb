/** The levels that pages name are there: each command that runs some of them says which, in place of running them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { commands } from '../../docs/commands.ts';
import { root } from '../../docs/pages.ts';
import { runAll } from '../../e2e/docs/run.ts';
import { levels } from '../../levels/levels.ts';

const texts = new Set(
  commands()
    .map(({ text }) => text)
    .filter((text) => /^npm test -- |npm run test:\w+$/.test(text)),
);

for (const text of texts)
  test(`${text} runs the levels that it names`, async () => {
    const [, named] = /(?:test:| -- )(.*)$/.exec(text)!;
    const said = await runAll([`${text}${text.includes(' -- ') ? '' : ' --'} --list`], process.env);
    const listed = levels.filter(({ name, about }) => said.includes(`\n${name}: ${about}\n`));
    assert.deepEqual(listed.map(({ name }) => name).join(' '), named);
    const [, release, file] = /^EBB_KERNELS=(\S+) EBB_GUEST_TESTS='(\S+)' /.exec(text) ?? [];
    if (file === undefined) return;
    assert.ok(existsSync(join(root, file)), file);
    assert.ok(said.includes(`\n  Linux ${release}: ${file}\n`), said);
  });
