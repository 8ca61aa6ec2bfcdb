/** npm run controlplane, as a person uses it. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { binariesFolder } from './binaries.ts';

const cache = mkdtempSync(join(tmpdir(), 'ebb-up-'));
/** Its own cache, so that one which the developer has up is left alone. */
const env = { ...process.env, EBB_CACHE: cache, KUBEBUILDER_ASSETS: binariesFolder() };

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function execute(program: string, ...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, words, { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

const command = (...words: readonly string[]) =>
  execute(process.execPath, join(import.meta.dirname, 'command.ts'), ...words);

before(async () => {
  const { code, err } = await command('up');
  assert.equal(code, 0, err);
});
after(async () => {
  await command('down');
  rmSync(cache, { recursive: true, force: true });
});

test('a second up says that one runs already, and prints what to export', async () => {
  const { code, out, err } = await command('up');
  assert.equal(code, 0);
  assert.match(err, /^a control plane runs already$/m);
  assert.match(out, /^export KUBECONFIG='.*admin\.kubeconfig' PATH='.*':"\$PATH"\n$/);
  const got = await execute('sh', '-c', `${out}\nkubectl get --raw /readyz`);
  assert.equal(got.out, 'ok', got.err);
});

test('run has kubectl, and ends as its command does', async () => {
  const got = await command('run', 'kubectl', 'get', 'namespace', 'default', '-o', 'name');
  assert.equal(got.out, 'namespace/default\n', got.err);
  assert.equal((await command('run', 'sh', '-c', 'exit 7')).code, 7);
  assert.equal((await command('run', 'no-such-program')).code, 1);
});

test('kubeconfig prints a path that kubectl takes', async () => {
  const { out } = await command('kubeconfig');
  const got = await execute(join(binariesFolder(), 'kubectl'), '--kubeconfig', out.trim(), 'auth', 'whoami');
  assert.match(got.out, /Username +admin/, got.err);
});

test('what it does not know gets the usage', async () => {
  for (const words of [[], ['sideways'], ['down', 'now'], ['run']]) {
    const { code, err } = await command(...words);
    assert.equal(code, 2);
    assert.match(err, /^npm run controlplane -- COMMAND$/m);
  }
});

test('after down nothing of it stays, and down, run and kubeconfig say that none runs', async () => {
  assert.match((await command('down')).err, /^the control plane is gone$/m);
  assert.deepEqual(readdirSync(join(cache, 'controlplane')), ['up.lock']);
  assert.match((await command('down')).err, /^no control plane runs$/m);
  for (const words of [['kubeconfig'], ['run', 'true']]) {
    const { code, err } = await command(...words);
    assert.equal(code, 1);
    assert.match(err, /npm run controlplane -- up/);
  }
});

test('up that is killed before the server is ready leaves nothing', async () => {
  const folder = join(cache, 'controlplane/up');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'command.ts'), 'up'], { env, stdio: 'ignore' });
  const gone = once(child, 'exit');
  while (!existsSync(join(folder, 'log/kube-apiserver.log'))) await sleep(20);
  child.kill('SIGKILL');
  await gone;
  for (let tries = 0; tries < 100 && existsSync(folder); tries++) await sleep(50);
  assert.equal(existsSync(folder), false);
  assert.match((await command('down')).err, /^no control plane runs$/m);
});
