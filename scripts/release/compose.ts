/**
 * Puts a release together, from images that are built: archives of images, chart, manifests for kubectl, kubectl plugin, bill
 * of materials, notes, and the sums of all. The same commit gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { root, run } from '../../images/run.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { buildPlugin } from '../plugin/build.ts';
import { packageChart, renderInstall, renderKinds } from './chart.ts';
import { type ReleaseImage, readImages } from './images.ts';
import { releaseNotes } from './notes.ts';
import { billOfMaterials } from './sbom.ts';

export interface ReleaseOptions {
  /** Of the archives that images/build.ts wrote. */
  readonly images: string;
  /** Where the release goes; what is there is removed. */
  readonly folder: string;
  /** Where its files will be, for krew. */
  readonly url?: string;
  /** Names of the plugin's archives; all where absent. */
  readonly plugins?: readonly string[];
}

const { version } = packageJson;
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

export async function composeRelease(options: ReleaseOptions): Promise<void> {
  const { folder } = options;
  const images = readImages(options.images);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'ebb-release-'));
  try {
    for (const { program, archive } of images) copyFileSync(archive, join(folder, `ebb-${program}-${version}.tar`));
    await addChart(folder, work);
    await addPlugin(options, work);
    addTexts(folder, images);
    writeFileSync(join(folder, 'SHA256SUMS'), sumsOf(folder));
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function addChart(folder: string, work: string): Promise<void> {
  const chart = await packageChart(version, commit().epoch, work, folder);
  writeFileSync(join(folder, 'install.yaml'), await renderInstall(chart, work));
  writeFileSync(join(folder, 'crds.yaml'), await renderKinds(chart, work));
}

async function addPlugin({ folder, url, plugins }: ReleaseOptions, work: string): Promise<void> {
  const built = join(work, 'plugin');
  await buildPlugin({ folder: built, ...(url && { url }), ...(plugins && { only: plugins }) });
  const names = readdirSync(built).filter((name) => name !== 'SHA256SUMS');
  for (const name of names) copyFileSync(join(built, name), join(folder, name === 'ebb.yaml' ? 'krew.yaml' : name));
}

const valueNames = { operator: 'operator', 'node-agent': 'nodeAgent', worker: 'worker' } as const;

function addTexts(folder: string, images: readonly ReleaseImage[]): void {
  const { revision, epoch } = commit();
  const digests = Object.fromEntries(images.map(({ program, digest }) => [valueNames[program], digest]));
  const named = images.map(({ program, digest }) => ({ name: `ebb/${program}:${version}`, digest }));
  writeFileSync(join(folder, 'digests.yaml'), stringify({ image: { digests } }));
  writeFileSync(join(folder, 'sbom.cdx.json'), billOfMaterials(revision, epoch));
  writeFileSync(join(folder, 'notes.md'), releaseNotes(version, text('CHANGELOG.md'), named));
}

function commit(): { readonly revision: string; readonly epoch: number } {
  const [revision, seconds] = run('git', ['log', '-1', '--format=%H %ct']).trim().split(' ');
  return { revision: revision!, epoch: Number(seconds) };
}

/** As sha256sum writes them. */
const sumsOf = (folder: string): string =>
  readdirSync(folder)
    .sort()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}  ${name}\n`,
    )
    .join('');
