/**
 * Builds Ebb's images into dist/images/, an OCI archive for each program (operator.tar) and for each of its architectures
 * (operator-amd64.tar), without a registry, a daemon or rights on one: npm run images. `-- --pin` takes what
 * Debian has now for the base, and writes it down.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { cacheFolder } from '../scripts/cache.ts';
import { lock } from '../test/kernel/lock.ts';
import { type Architecture, architectures } from './architecture.ts';
import { type ForArchitecture, removeUnused, taggedImage, writeArchive, writeIndexArchive } from './archive.ts';
import { type Base, buildBase, differsFromPin, writePin } from './base.ts';
import { Buildah } from './buildah.ts';
import { layOutContext } from './context.ts';
import { root, run } from './run.ts';

export const programs = ['operator', 'node-agent', 'worker'] as const;
export type Program = (typeof programs)[number];

export interface Image {
  readonly program: Program;
  readonly arch: Architecture['name'];
  /** As it is imported: localhost/ebb/operator:0.1.0. */
  readonly name: string;
  readonly archive: string;
  /** Of the manifest. */
  readonly digest: string;
}

export interface ImageOptions {
  /** Where archives go; default dist/images. */
  readonly folder?: string;
  /** Where buildah keeps what it may use again; default in the cache. */
  readonly storage?: string;
  readonly architectures?: readonly Architecture[];
  readonly pin?: boolean;
}

interface Facts {
  readonly epoch: number;
  readonly revision: string;
}

/** Every date in the images is that of the commit. */
function sourceFacts(): Facts {
  const [revision, committed] = run('git', ['log', '-1', '--format=%H %ct']).trim().split(' ');
  const changed = run('git', ['status', '--porcelain']).trim() !== '';
  const epoch = Number(process.env['SOURCE_DATE_EPOCH'] ?? committed);
  return { epoch, revision: changed ? `${revision}-dirty` : revision! };
}

/** A second build in the same storage waits for the first: it would use what that one removes. */
export async function buildImages(options: ImageOptions = {}): Promise<Image[]> {
  const buildah = new Buildah(options.storage ?? cacheFolder('images'));
  const held = await lock(join(buildah.folder, 'lock'));
  try {
    return await buildWith(buildah, options);
  } finally {
    await held.release();
  }
}

async function buildWith(buildah: Buildah, options: ImageOptions): Promise<Image[]> {
  const folder = options.folder ?? join(root, 'dist/images');
  const wanted = options.architectures ?? architectures;
  const context = join(folder, 'context');
  await layOutContext(context, wanted);
  const baseOf = (architecture: Architecture) => buildBase(buildah, folder, architecture, options.pin);
  const bases = new Map(wanted.map((architecture) => [architecture.name, baseOf(architecture)]));
  if (options.pin) writePin(bases);
  for (const architecture of wanted) say(differsFromPin(bases.get(architecture.name)!, architecture));
  const setting = { buildah, folder, facts: sourceFacts() };
  const images = wanted.flatMap(({ name }) => buildFor(setting, name, bases.get(name)!));
  if (wanted.length === architectures.length) for (const program of programs) writeIndex(setting, program);
  rmSync(context, { recursive: true });
  removeUnused(join(folder, 'layout'));
  return images;
}

function say(difference: string | null): void {
  if (difference !== null)
    console.error(`ebb: the base is not the pinned one; npm run images -- --pin pins it. ${difference}`);
}

interface Setting {
  readonly buildah: Buildah;
  readonly folder: string;
  readonly facts: Facts;
}

function buildFor({ buildah, folder, facts }: Setting, arch: Architecture['name'], base: Base): Image[] {
  const common = { file: 'images/Dockerfile', context: join(folder, 'context'), arch };
  const given = { BASE: base.reference, VERSION: packageJson.version, REVISION: facts.revision };
  const kept = { epoch: 0, target: 'runtime', args: given, tag: `localhost/ebb/runtime:${arch}` };
  const runtime = buildah.build({ ...common, ...kept });
  const args = { ...given, RUNTIME: `localhost/ebb/runtime@${runtime.digest}` };
  return programs.map((target) => {
    const { id } = buildah.build({ ...common, epoch: facts.epoch, target, args, annotations: originOf(target, base) });
    buildah.moveTo(id, join(folder, 'layout'), `${target}-${arch}`);
    return archiveOf(folder, target, arch);
  });
}

const originOf = (program: Program, base: Base): Record<string, string> =>
  program === 'worker' ? {} : { 'org.opencontainers.image.base.digest': base.digest };

const nameOf = (program: Program): string => `localhost/ebb/${program}:${packageJson.version}`;

const inLayout = (folder: string, program: Program, arch: Architecture['name']): ForArchitecture => ({
  arch,
  image: taggedImage(join(folder, 'layout'), `${program}-${arch}`),
});

function archiveOf(folder: string, program: Program, arch: Architecture['name']): Image {
  const one = inLayout(folder, program, arch);
  const archive = join(folder, `${program}-${arch}.tar`);
  writeArchive(join(folder, 'layout'), one, nameOf(program), archive);
  return { program, arch, name: nameOf(program), archive, digest: one.image.digest };
}

/** Never with one architecture only, which would look like all. */
function writeIndex({ folder, facts }: Setting, program: Program): void {
  const images = architectures.map(({ name }) => inLayout(folder, program, name));
  const annotations = {
    'org.opencontainers.image.title': `ebb ${program.replace('-', ' ')}`,
    'org.opencontainers.image.version': packageJson.version,
    'org.opencontainers.image.revision': facts.revision,
    'org.opencontainers.image.licenses': packageJson.license,
  };
  const to = { name: nameOf(program), file: join(folder, `${program}.tar`), annotations };
  writeIndexArchive(join(folder, 'layout'), images, to);
}

if (import.meta.main) {
  const images = await buildImages({ pin: process.argv.includes('--pin') });
  for (const { name, arch, archive, digest } of images) console.log(`${name} ${arch} ${digest} ${archive}`);
}
