/**
 * Makes a release in dist/release/: npm run release. `-- --check` makes it a second time, its images in a storage of their own, and
 * compares the sums; `-- --url URL` says where the files will be, for krew. Refuses a tree that is not its commit, and versions
 * that differ. docs/releasing.md.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImages } from '../images/build.ts';
import { root, run } from '../images/run.ts';
import packageJson from '../package.json' with { type: 'json' };
import { buildHelm } from '../test/controlplane/helm.ts';
import { composeRelease } from './release/compose.ts';
import { readImages } from './release/images.ts';
import { namedVersions } from './release/named-versions.ts';
import { disagreements } from './release/versions.ts';

const folder = join(root, 'dist/release');
const sums = (of: string): string => readFileSync(join(of, 'SHA256SUMS'), 'utf8');

function refuseChanges(): void {
  const changes = run('git', ['status', '--porcelain']).trim();
  if (changes !== '') throw new Error(`the tree is not its commit:\n${changes}`);
}

function refuseVersions(): void {
  const named = namedVersions(readImages(join(root, 'dist/images')));
  const found = disagreements(packageJson.version, named, readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
  if (found.length > 0) throw new Error(found.join('\n'));
}

async function release(url: object): Promise<void> {
  refuseChanges();
  await buildHelm(console.log);
  await buildImages();
  refuseVersions();
  await composeRelease({ images: join(root, 'dist/images'), folder, ...url });
  console.log(`${sums(folder)}dist/release`);
}

/** Nothing of the first is used again but what was fetched. */
async function again(url: object): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'ebb-again-'));
  try {
    const images = join(work, 'images');
    await buildImages({ folder: images, storage: join(work, 'storage') });
    await composeRelease({ images, folder: join(work, 'release'), ...url });
    const first = new Set(sums(folder).split('\n'));
    const other = sums(join(work, 'release'))
      .split('\n')
      .filter((line) => !first.has(line));
    if (other.length > 0) throw new Error(`made again, these differ:\n${other.join('\n')}`);
    console.log('made again: the same sums');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  const { values } = parseArgs({ options: { url: { type: 'string' }, check: { type: 'boolean' } } });
  const url = values.url === undefined ? {} : { url: values.url };
  await release(url);
  if (values.check) await again(url);
} catch (error) {
  console.error(`ebb: ${(error as Error).message}`);
  process.exitCode = 1;
}
