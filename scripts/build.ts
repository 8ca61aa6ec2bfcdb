/**
 * Builds what `npm ci` promises: the native library and worker (make -C native) and the command lines (dist/ebb.js,
 * dist/kubectl-ebb.js). Run by npm's prepare script, so that `npx ebb` works right after it.
 */
import { spawnSync } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundling } from './bundle.ts';
import { missingPrograms } from './programs.ts';

const root = join(import.meta.dirname, '..');

function fail(message: string): never {
  console.error(`ebb: ${message}`);
  process.exit(1);
}

function checkNode(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 24)
    fail(`Node ${process.versions.node} is too old: run this through npm (npm run build), which uses Node 24`);
}

function checkCompiler(): void {
  const missing = missingPrograms(['gcc', 'make']);
  if (missing.length > 0)
    fail(`no ${missing.join(' and no ')}: apt-get install --no-install-recommends gcc make libc6-dev`);
}

function makeNative(): void {
  const made = spawnSync('make', ['-C', join(root, 'native'), '--no-print-directory', '-s'], { stdio: 'inherit' });
  if (made.status !== 0) fail('the native library did not build; the compiler says why above');
}

/** koffi loads its own binary and stays a package. */
async function bundle(): Promise<void> {
  removeOldBundle();
  const bundled = build({
    ...bundling,
    entryPoints: { ebb: 'cli/main.ts', 'kubectl-ebb': 'cli/kubectl-ebb/main.ts' },
    outdir: 'dist',
    external: ['koffi'],
    sourcemap: 'linked',
  });
  await bundled.catch(() => fail('the command lines did not bundle; esbuild says why above'));
}

/** Images that were built stay. */
function removeOldBundle(): void {
  const old = globSync('*.{js,js.map}', { cwd: join(root, 'dist') });
  for (const name of old) rmSync(join(root, 'dist', name));
}

async function step(what: string, make: () => void | Promise<void>): Promise<void> {
  const start = performance.now();
  await make();
  console.log(`ebb: built ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

checkNode();
checkCompiler();
await step('the native library and worker', makeNative);
await step('the command lines', bundle);
