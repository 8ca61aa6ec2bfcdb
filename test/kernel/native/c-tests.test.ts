/**
 * The test programs of the C library (native/tests, built by `make -C native test-build`), here with swap switched on,
 * which many of them need. Exit code 77 means that this kernel lacks something: the last line says what.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { withSwap } from '../swap.ts';

const folder = join(import.meta.dirname, '../../../native/build/test');
const programs = readdirSync(folder).filter((name) => name.startsWith('test_'));

test('the C library passes its own tests with swap on', async (t) => {
  assert.ok(programs.length >= 10, `only ${programs.length} programs in ${folder}`);
  await withSwap({ kind: 'zram', bytes: 1 << 30 }, async () => {
    for (const name of programs)
      await t.test(name, (subtest) => {
        const run = spawnSync(join(folder, name), { encoding: 'utf8', timeout: 120_000 });
        if (run.status === 77) return subtest.skip(run.stdout.trim().split('\n').at(-1) ?? 'skipped');
        assert.equal(run.status, 0, `${run.signal ?? ''} ${run.stdout}${run.stderr}`);
      });
  });
});
