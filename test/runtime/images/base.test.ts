/** The packages of the images' base, asked of Debian's mirrors: the version that is pinned, and the newest where it is gone. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { ownArchitecture } from '../../../images/architecture.ts';

const script = join(import.meta.dirname, '../../../scripts/debian-packages.sh');

/** Of versions that this machine's apt knows, newest first. */
function versionsOf(name: string): string[] {
  const lines = execFileSync('apt-cache', ['madison', name], { encoding: 'utf8' }).trim().split('\n');
  return [...new Set(lines.filter(Boolean).map((line) => line.split('|')[1]!.trim()))];
}

const skip = versionsOf('libc6').length > 0 ? false : 'apt knows no packages: apt-get update';

test('a version that is asked for is fetched, and one that is gone is named, and the newest in its place', {
  skip,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-packages-'));
  try {
    const [newest] = versionsOf('base-files');
    const oldest = versionsOf('libc6').at(-1)!;
    const words = [script, ownArchitecture.name, folder, `libc6=${oldest}`, 'base-files=0.0.1'];
    const { status, stderr } = spawnSync('bash', words, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /base-files=0\.0\.1 is no longer there for \w+: the newest in its place/);
    assert.doesNotMatch(stderr, /libc6/);
    const found = readdirSync(folder).map((name) => name.split('_').slice(0, 2).map(decodeURIComponent));
    assert.deepEqual(Object.fromEntries(found), { 'base-files': newest, libc6: oldest });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
