/** The command of docs/releasing.md that gives a release its version, in a copy of the two files that it changes. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { theCommand } from '../../../docs/commands.ts';
import { root } from '../../../docs/pages.ts';
import { runAll } from '../../../e2e/docs/run.ts';

test('npm gives the version to package.json and to its lock', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-version-'));
  try {
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(root, name), join(folder, name));
    const command = theCommand('docs/releasing.md', 'npm version VERSION').replace('VERSION', '9.8.7');
    await runAll([command], process.env, { cwd: folder });
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
    assert.equal(read('package.json').version, '9.8.7');
    assert.equal(read('package-lock.json').packages[''].version, '9.8.7');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
