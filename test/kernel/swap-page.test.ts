/**
 * What docs/swap.md says to type for a swap file, and for zram for good, done here as far as a machine of others allows: in a
 * folder of the test, and without systemd, what its units say. zram by hand: test/kernels/guest.test.ts.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { ownArchitecture } from '../../images/architecture.ts';
import { cacheFolder } from '../../scripts/cache.ts';
import { theCommand } from '../docs/commands.ts';
import { runAll } from '../e2e/docs/run.ts';
import { probeShape } from '../unit/cli/shapes.ts';
import { ebb } from './cli/ebb.ts';
import { swapAreas, withSwapOfOthers } from './swap.ts';

const said = (beginning: string): string => theCommand('docs/swap.md', beginning);
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };

/** Of each area: where it is and what ebb probe takes it for. */
async function seenByEbb(): Promise<string[][]> {
  const { code, out, err } = await ebb(['probe', '--json']);
  assert.equal(code, 0, err);
  return probeShape.parse(JSON.parse(out)).swap.areas.map(({ path, kind }) => [path, kind]);
}

test('a swap file made as the page says is swap', async () => {
  await withSwapOfOthers(async (folder) => {
    const path = join(folder, 'swapfile');
    const texts = [said('fallocate '), said('mkswap /swapfile ')];
    await runAll(
      texts.map((text) => text.replaceAll('/swapfile', path).replace('8G', '64M')),
      env,
    );
    assert.deepEqual(await seenByEbb(), [[path, 'file']]);
  });
});

const aptKnows = (name: string): boolean =>
  execFileSync('apt-cache', ['madison', name], { encoding: 'utf8' }).trim() !== '';

/** A package of Debian, fetched once, in a folder in place of being installed. */
function unpack(name: string, folder: string): void {
  const cache = cacheFolder(name);
  const script = join(import.meta.dirname, '../../scripts/debian-packages.sh');
  const found = () => globSync(join(cache, '*.deb'));
  if (found().length === 0) execFileSync('bash', [script, ownArchitecture.name, cache, name], { stdio: 'pipe' });
  execFileSync('dpkg-deb', ['-x', found()[0]!, folder]);
}

/** Of a unit: the last value of a key. */
const valueIn = (unit: string, key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)![1]!;

const generator = said('apt-get install ').split(' ').at(-1)!;
const skip = !existsSync('/lib/systemd/systemd-makefs')
  ? 'no systemd on this machine'
  : !aptKnows(generator) && 'apt knows no packages: apt-get update';

test('zram as Debian’s generator makes it of the page’s file is swap as large as memory', { skip }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'ebb-zram-'));
  const inPackage = (path: string) => join(root, globSync(`{,usr/}lib/systemd/${path}`, { cwd: root })[0]!);
  try {
    unpack(generator, root);
    await runAll([said('printf ').replace(' /etc/', ` ${root}/etc/`)], env);
    mkdirSync(join(root, 'proc'));
    for (const name of ['proc/meminfo', 'proc/cmdline']) writeFileSync(join(root, name), readFileSync(join('/', name)));
    const inRoot = { ...env, ZRAM_GENERATOR_ROOT: root };
    // What daemon-reload runs.
    await runAll([`${inPackage('system-generators/zram-generator')} ${root}/run`], inRoot);
    const [, unit, device] = /^systemctl start (\S+@)(\w+)\.service$/.exec(said('systemctl start '))!;
    const service = readFileSync(inPackage(`system/${unit}.service`), 'utf8');
    const swap = readFileSync(join(root, 'run', `dev-${device}.swap`), 'utf8');
    const starts = join(root, valueIn(service, 'ExecStart').replaceAll('%i', device!));
    const switchesOn = `swapon --priority ${valueIn(swap, 'Priority')} ${valueIn(swap, 'What')}`;
    await withSwapOfOthers(async () => {
      await runAll([starts, switchesOn], inRoot);
      assert.deepEqual(await seenByEbb(), [['/dev/zram0', 'zram']]);
      const memory = Number(/^MemTotal: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))![1]) * 1024;
      const size = Number(readFileSync('/sys/block/zram0/disksize', 'utf8'));
      assert.ok(Math.abs(size - memory) < 2 ** 20, `${size} bytes of zram, ${memory} of memory`);
      assert.deepEqual(swapAreas(), ['/dev/zram0']);
    });
  } finally {
    rmSync(root, { recursive: true });
  }
});
