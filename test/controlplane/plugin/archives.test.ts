/** The archives of the plugin: krew installs one and kubectl runs it, with no Node on the machine; the other needs one. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { ownArchitecture } from '../../../images/architecture.ts';
import { root, run } from '../../../images/run.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { buildPlugin } from '../../../scripts/plugin/build.ts';
import { binariesFolder } from '../binaries.ts';
import { krewPlace } from '../krew.ts';
import { type Ended, runKubectl } from '../kubectl.ts';

const scratch = mkdtempSync(join(tmpdir(), 'ebb-plugin-test-'));
const archives = join(scratch, 'archives');
const own = `linux-${ownArchitecture.name}`;
const { version } = packageJson;

before(() => buildPlugin({ folder: archives, only: [own, 'darwin'] }));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** A PATH with what the launchers need, and with no Node. */
function tools(): string {
  const folder = join(scratch, 'tools');
  mkdirSync(folder, { recursive: true });
  for (const name of ['sh', 'dirname', 'readlink']) {
    const path = run('sh', ['-c', `command -v ${name}`]).trim();
    rmSync(join(folder, name), { force: true });
    symlinkSync(path, join(folder, name));
  }
  return folder;
}

const from = (name: string) => join(archives, `kubectl-ebb-${name}.tar.gz`);
const nobodyListens = join(scratch, 'kubeconfig');
const clusters = [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }];
const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }];
const users = [{ name: 'u', user: { token: 't' } }];
writeFileSync(
  nobodyListens,
  JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters, contexts, users, 'current-context': 'x' }),
);

test('krew takes manifest and archive, and kubectl runs what it installed without any Node on the PATH', async () => {
  const place = krewPlace(join(scratch, 'place'));
  const installing = { ...process.env, ...place, PATH: `${place['PATH']}:${binariesFolder()}:${process.env['PATH']}` };
  const words = ['krew', 'install', `--manifest=${join(archives, 'ebb.yaml')}`, `--archive=${from(own)}`];
  const installed = await runKubectl('kubectl', words, installing, '');
  assert.deepEqual([installed.code, installed.out], [0, ''], installed.err);
  assert.match(installed.err, /Installed plugin: ebb/);
  const env = { HOME: scratch, KUBECONFIG: nobodyListens, PATH: `${place['PATH']}:${binariesFolder()}:${tools()}` };
  const ebb = (...typed: string[]): Promise<Ended> => runKubectl('kubectl', ['ebb', ...typed], env, '');
  assert.deepEqual(await ebb('--version'), { code: 0, out: `${version}\n`, err: '' });
  const { code, out, err } = await ebb('status');
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /^kubectl ebb: the API server does not answer: .*ECONNREFUSED/);
});

function unpacked(name: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder, { recursive: true });
  run('tar', ['-xzf', from(name), '-C', folder]);
  return folder;
}

test('every archive holds the programs, their terms, and no file that only its owner may read', () => {
  for (const [name, node] of [
    [own, ['LICENSE-node', 'node']],
    ['darwin', []],
  ] as const) {
    const listed = run('tar', ['-tvzf', from(name)])
      .trim()
      .split('\n');
    const top = new Set(listed.map((line) => line.split(' ').at(-1)!.split('/')[0]!));
    const wanted = ['LICENSE', 'kubectl-ebb', 'kubectl_complete-ebb', 'lib', 'third-party.txt', ...node];
    assert.deepEqual([...top].sort(), wanted.sort());
    for (const line of listed) assert.match(line, /^[-d]rw[-x]r-[-x]r-[-x] 0\/0 .* 1970-01-01 /);
  }
});

test('the Node in an archive is the one of its npm package, byte for byte', () => {
  const path = join(root, 'node_modules', `node-linux-${ownArchitecture.node}`, 'bin/node');
  assert.ok(readFileSync(join(unpacked(own), 'node')).equals(readFileSync(path)));
});

test('an archive without Node runs on that of the machine, and names what is wrong with an old one or none', async () => {
  const launcher = join(unpacked('darwin'), 'kubectl-ebb');
  const on = (path: string) => runKubectl(launcher, ['--version'], { PATH: `${path}:${tools()}` }, '');
  const current = join(scratch, 'current');
  mkdirSync(current);
  symlinkSync(process.execPath, join(current, 'node'));
  assert.deepEqual(await on(current), { code: 0, out: `${version}\n`, err: '' });
  const old = join(scratch, 'old');
  mkdirSync(old);
  writeFileSync(join(old, 'node'), '#!/bin/sh\necho v22.11.0\n');
  chmodSync(join(old, 'node'), 0o755);
  assert.match((await on(old)).err, /old\/node is Node v22\.11\.0: allowed: 24 or newer/);
  assert.match((await on('/nowhere')).err, /no Node on the PATH/);
});

test('the same tree gives the same archive', async () => {
  const again = await buildPlugin({ folder: join(scratch, 'again'), only: ['darwin'] });
  assert.ok(readFileSync(join(archives, 'SHA256SUMS'), 'utf8').includes(`${again[0]!.sha256}  ${again[0]!.file}\n`));
});
