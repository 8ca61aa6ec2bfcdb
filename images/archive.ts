/** One image of an OCI layout as an archive of its own, the same bytes for the same image: `ctr images import` takes it. */
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

export function writeArchive(layout: string, image: Descriptor, name: string, arch: string, file: string): void {
  const { mediaType, digest, size } = image;
  const annotations = { 'io.containerd.image.name': name, [refName]: name.split(':').at(-1)! };
  const manifest = { mediaType, digest, size, annotations, platform: { architecture: arch, os: 'linux' } };
  const head = mkdtempSync(join(tmpdir(), 'ebb-archive-'));
  try {
    const mediaTypeOfIndex = 'application/vnd.oci.image.index.v1+json';
    writeFileSync(join(head, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    writeFileSync(
      join(head, 'index.json'),
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypeOfIndex, manifests: [manifest] }),
    );
    mkdirSync(dirname(file), { recursive: true });
    const blobs = new Set(blobsOf(layout, image).sort());
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rw,go=r', '--mtime=@0'];
    run('tar', [...owner, '-cf', file, '-C', head, 'index.json', 'oci-layout', '-C', layout, ...blobs]);
  } finally {
    rmSync(head, { recursive: true });
  }
}
