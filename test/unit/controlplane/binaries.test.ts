/** Where the control plane's programs come from, and what is said where they can't be had. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { binariesFolder, binaryObstacles } from '../../controlplane/binaries.ts';
import { isNewEnough, newestOf } from '../../controlplane/go.ts';

const original = { ...process.env };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-unit-'));
  process.env['EBB_CACHE'] = join(folder, 'cache');
  process.env['PATH'] = folder;
  delete process.env['KUBEBUILDER_ASSETS'];
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  process.env = { ...original };
});

function program(name: string, script = ''): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

test('without Go and without programs it says what to install or to set', () => {
  assert.match(
    binaryObstacles().join(),
    /^no Go: install 1\.26\.0 or newer .*, or set KUBEBUILDER_ASSETS to a folder with/,
  );
});

test('a Go that is too old is named', () => {
  program('go', 'echo go1.19.8');
  assert.match(binaryObstacles().join(), /^Go is go1\.19\.8: install 1\.26\.0 or newer/);
});

test('with a new Go nothing stands in the way, but the programs have to be built', () => {
  program('go', 'echo go1.26.0');
  assert.deepEqual(binaryObstacles(), []);
  assert.throws(binariesFolder, /^Error: no kube-apiserver, etcd, kubectl in .*: npm run controlplane -- build$/);
});

test('KUBEBUILDER_ASSETS stands for the programs and needs no Go', () => {
  process.env['KUBEBUILDER_ASSETS'] = folder;
  program('etcd');
  assert.deepEqual(binaryObstacles(), [`KUBEBUILDER_ASSETS=${folder} has no kube-apiserver, kubectl: add or unset it`]);
  program('kubectl');
  program('kube-apiserver');
  assert.deepEqual(binaryObstacles(), []);
  assert.equal(binariesFolder(), folder);
});

for (const [version, needed, enough] of [
  ['go1.26.0', '1.26.0', true],
  ['go1.26rc1', '1.26.0', true],
  ['go1.26', '1.26', true],
  ['go1.27', '1.26.6', true],
  ['go2.0', '1.26.6', true],
  ['devel go1.27-abc', '1.26.0', true],
  ['go1.26.5', '1.26.6', false],
  ['go1.26.10', '1.26.6', true],
  ['go1.25.9', '1.26.0', false],
  ['go1.9', '1.26.0', false],
  ['gccgo', '1.26.0', false],
] as const) {
  test(`${version} is ${enough ? '' : 'not '}new enough for ${needed}`, () => {
    assert.equal(isNewEnough(version, needed), enough);
  });
}

test('of several modules, the one that needs the newest Go decides', () => {
  assert.equal(newestOf(['1.26.0', '1.26.10', '1.26.6']), '1.26.10');
});
