/** The step before the agent (`ebb-worker --share-folder`): it gives away the agent's folder, and no folder of anybody else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

const program = join(import.meta.dirname, '../../../native/build/ebb-worker');
const group = 60_932;

/** As the chart runs it: root, without a capability, in the group. */
function share(folder: string): { readonly code: number | null; readonly said: string } {
  const rights = ['--bounding-set=-all', '--inh-caps=-all', `--groups=${group}`];
  const words = [...rights, program, '--share-folder', folder, `--group=${group}`];
  const { status, stderr } = spawnSync('setpriv', words, { encoding: 'utf8' });
  return { code: status, said: stderr };
}

/** As the kubelet leaves one that it makes. */
function withFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-share-'));
  chmodSync(folder, 0o755);
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rightsOf = (folder: string) => {
  const { uid, gid, mode } = statSync(folder);
  return { uid, gid, mode: (mode & 0o7777).toString(8) };
};
const given = { uid: 0, gid: group, mode: '770' };
const untouched = { uid: 0, gid: 0, mode: '755' };

test('an empty folder is given to the group, and again with what the agent left in it', () =>
  withFolder((folder) => {
    assert.deepEqual(share(folder), { code: 0, said: '' });
    assert.deepEqual(rightsOf(folder), given);
    for (const name of ['state', 'agent', 'lost+found']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'journal.json'), '{}');
    }
    for (const name of ['lock', 'agent.lock']) writeFileSync(join(folder, name), '');
    assert.deepEqual(share(folder), { code: 0, said: '' });
    assert.deepEqual(rightsOf(folder), given);
  }));

for (const name of ['passwd', 'lock.d', '.hidden', 'a\x1b[2Jb'])
  test(`a folder that holds ${JSON.stringify(name)} is left alone, and the name is said`, () =>
    withFolder((folder) => {
      writeFileSync(join(folder, 'lock'), '');
      writeFileSync(join(folder, name), '');
      const { code, said } = share(folder);
      assert.equal(code, 1);
      assert.equal(
        said.split('\n')[0],
        `ebb-worker: ${folder} holds ${name.replace('\x1b', '?')}, which is not the agent's: give it a folder of its own (agent.stateFolder)`,
      );
      assert.deepEqual(rightsOf(folder), untouched);
    }));

test('what is not a folder is refused, a link to one too', () =>
  withFolder((folder) => {
    mkdirSync(join(folder, 'empty'));
    symlinkSync('empty', join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    for (const name of ['link', 'file']) assert.match(share(join(folder, name)).said, /Not a directory\n$/);
    assert.match(share(join(folder, 'none')).said, /No such file or directory\n$/);
  }));
