/**
 * Images of an OCI layout as archives, the same bytes for the same images: `ctr images import` takes them. One for each
 * architecture, and one with all of them.
 */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './run.ts';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const refName = 'org.opencontainers.image.ref.name';
const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;
const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** The digest of the image that the layout has under this tag. */
export function taggedImage(layout: string, tag: string): Descriptor {
  const { manifests } = readJson<{ manifests: Descriptor[] }>(join(layout, 'index.json'));
  const found = manifests.find(({ annotations }) => annotations?.[refName] === tag);
  if (found === undefined) throw new Error(`ebb: ${layout} has no image ${tag}`);
  return found;
}

const blobsOf = (layout: string, image: Descriptor): string[] => {
  const { config, layers } = readJson<Manifest>(join(layout, blobPath(image.digest)));
  return [image.digest, config.digest, ...layers.map((layer) => layer.digest)].map(blobPath);
};

/** What earlier builds left in a layout. */
export function removeUnused(layout: string): void {
  const { manifests } = readJson<{ manifests: Descriptor[] }>(join(layout, 'index.json'));
  const used = new Set(manifests.flatMap((image) => blobsOf(layout, image)));
  const unused = globSync('blobs/*/*', { cwd: layout }).filter((path) => !used.has(path));
  for (const path of unused) rmSync(join(layout, path));
}

const indexType = 'application/vnd.oci.image.index.v1+json';

/** An image, or one for each architecture, as an archive names it. */
interface Entry extends Descriptor {
  readonly platform?: { readonly architecture: string; readonly os: 'linux' };
}

export interface ForArchitecture {
  readonly arch: string;
  readonly image: Descriptor;
}

const entryOf = ({ arch, image: { mediaType, digest, size } }: ForArchitecture): Entry => ({
  ...{ mediaType, digest, size },
  platform: { architecture: arch, os: 'linux' },
});

const indexOf = (manifests: readonly Entry[], annotations?: Descriptor['annotations']): Buffer =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests, annotations }));

export function writeArchive(layout: string, one: ForArchitecture, name: string, file: string): void {
  pack({ layout, name, file, entry: entryOf(one), images: [one.image], own: [] });
}

/** All architectures under one name, which is what a registry gets. Its digest. */
export function writeIndexArchive(
  layout: string,
  images: readonly ForArchitecture[],
  { name, file, annotations }: { name: string; file: string; annotations: Readonly<Record<string, string>> },
): string {
  const index = indexOf(images.map(entryOf), annotations);
  const digest = `sha256:${createHash('sha256').update(index).digest('hex')}`;
  const entry = { mediaType: indexType, digest, size: index.length };
  pack({ layout, name, file, entry, images: images.map(({ image }) => image), own: [[blobPath(digest), index]] });
  return digest;
}

interface Packing {
  readonly layout: string;
  readonly name: string;
  readonly file: string;
  readonly entry: Entry;
  readonly images: readonly Descriptor[];
  /** Blobs that are not in the layout, by their paths. */
  readonly own: readonly (readonly [path: string, content: Buffer])[];
}

function pack({ layout, name, file, entry, images, own }: Packing): void {
  const annotations = { 'io.containerd.image.name': name, [refName]: name.split(':').at(-1)! };
  const head = mkdtempSync(join(tmpdir(), 'ebb-archive-'));
  try {
    const contents = [
      ['index.json', indexOf([{ ...entry, annotations }])],
      ['oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })],
      ...own,
    ] as const;
    for (const [path, content] of contents) {
      mkdirSync(dirname(join(head, path)), { recursive: true });
      writeFileSync(join(head, path), content);
    }
    mkdirSync(dirname(file), { recursive: true });
    const blobs = new Set(images.flatMap((image) => blobsOf(layout, image)).sort());
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rw,go=r', '--mtime=@0'];
    run('tar', [...owner, '-cf', file, '-C', head, ...contents.map(([path]) => path), '-C', layout, ...blobs]);
  } finally {
    rmSync(head, { recursive: true });
  }
}
