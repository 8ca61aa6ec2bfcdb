/** An OCI image made by hand, with one layer of a few static programs: no registry is needed. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface Blob {
  readonly digest: string;
  readonly size: number;
}

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** Writes `folder`/image.tar for `ctr images import`. The first program is what a container runs by default. */
export function makeImage(folder: string, name: string, programs: readonly string[]): string {
  const layout = join(folder, 'layout');
  const blobs = join(layout, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (content: Buffer): Blob => {
    const hex = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(blobs, hex), content);
    return { digest: `sha256:${hex}`, size: content.length };
  };
  const document = (value: unknown) => put(Buffer.from(JSON.stringify(value)));
  const layer = put(makeLayer(folder, programs));
  const config = document({
    architecture,
    os: 'linux',
    config: { Entrypoint: [`/${basename(programs[0]!)}`], Env: ['PATH=/'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const manifest = document({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  });
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index(name, manifest)));
  const image = join(folder, 'image.tar');
  execFileSync('tar', ['-C', layout, '-cf', image, 'oci-layout', 'index.json', 'blobs']);
  return image;
}

function index(name: string, manifest: Blob) {
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        ...manifest,
        annotations: { 'io.containerd.image.name': name },
        platform: { architecture, os: 'linux' },
      },
    ],
  };
}

function makeLayer(folder: string, programs: readonly string[]): Buffer {
  const rootfs = join(folder, 'rootfs');
  mkdirSync(join(rootfs, 'tmp'), { recursive: true });
  for (const program of programs) copyFileSync(program, join(rootfs, basename(program)));
  const layer = join(folder, 'layer.tar');
  execFileSync('tar', ['-C', rootfs, '--owner=0', '--group=0', '--mtime=@0', '--sort=name', '-cf', layer, '.']);
  return readFileSync(layer);
}
