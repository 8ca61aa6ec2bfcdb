/** An image archive as `npm run images` writes it, unpacked and read: its index, and of each image configuration and files. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../../dist/images');

export const programs = ['operator', 'node-agent', 'worker'] as const;
export type Program = (typeof programs)[number];

/** With both architectures. */
export function archiveOf(program: Program): string {
  const file = join(folder, `${program}.tar`);
  if (!existsSync(file)) throw new Error(`no ${file}: npm run images`);
  return file;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture: string; readonly os: string };
}

interface Index {
  readonly manifests: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Config {
  readonly created: string;
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
}

export interface File {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly bytes: number;
}

export interface Layer {
  readonly digest: string;
  readonly packedBytes: number;
  readonly files: readonly File[];
}

export class Image {
  readonly arch: string;
  readonly config: Config;
  readonly layers: readonly Layer[];
  readonly #archive: ImageArchive;

  constructor(archive: ImageArchive, { digest, platform }: Descriptor) {
    const { config, layers } = archive.json<{ config: Descriptor; layers: readonly Descriptor[] }>(digest);
    this.#archive = archive;
    this.arch = platform!.architecture;
    this.config = archive.json(config.digest);
    this.layers = layers.map((layer) => ({
      digest: layer.digest,
      packedBytes: layer.size,
      files: filesOf(archive.blob(layer.digest), layer.digest),
    }));
  }

  get files(): readonly File[] {
    return this.layers.flatMap(({ files }) => files);
  }

  /** What readelf says of a program in it. */
  elf(path: string): string {
    return execFileSync('readelf', ['-hlSdW', this.unpacked(path)], { encoding: 'utf8' });
  }

  /** A file of it, unpacked until the next one is. */
  unpacked(path: string): string {
    const layer = this.layers.findLast(({ files }) => files.some((file) => file.path === path));
    if (layer === undefined) throw new Error(`${this.arch} has no ${path}`);
    const file = join(this.#archive.folder, `${this.arch}-unpacked`);
    execFileSync('sh', ['-c', 'tar -xzOf "$0" "$1" > "$2"', this.#archive.blob(layer.digest), path, file]);
    return file;
  }
}

/** Node's layer is in two images, and large. */
const listed = new Map<string, readonly File[]>();

function filesOf(layer: string, digest: string): readonly File[] {
  const known = listed.get(digest) ?? list(layer);
  listed.set(digest, known);
  return known;
}

function list(layer: string): File[] {
  const lines = execFileSync('tar', ['-tvzf', layer, '--numeric-owner'], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [mode, owner, bytes, , , path] = line.split(/\s+/);
    return { mode: mode!, owner: owner!, bytes: Number(bytes), path: path!.replace(/\/$/, '') };
  });
}

export class ImageArchive implements Disposable {
  readonly folder: string;
  /** Under which the image is imported. */
  readonly name: string;
  readonly index: Index;

  constructor(file: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'ebb-image-'));
    execFileSync('tar', ['-xf', file, '-C', this.folder]);
    const { manifests } = JSON.parse(readFileSync(join(this.folder, 'index.json'), 'utf8')) as Index;
    if (manifests.length !== 1) throw new Error(`${file} has ${manifests.length} images`);
    this.name = manifests[0]!.annotations!['io.containerd.image.name']!;
    this.index = this.json(manifests[0]!.digest);
  }

  get images(): Image[] {
    return this.index.manifests.map((one) => new Image(this, one));
  }

  blob = (digest: string): string => join(this.folder, 'blobs', digest.replace(':', '/'));

  json<T>(digest: string): T {
    return JSON.parse(readFileSync(this.blob(digest), 'utf8')) as T;
  }

  /** Blobs that are not what their names say. */
  damaged(): string[] {
    return globSync('blobs/sha256/*', { cwd: this.folder }).filter((path) => {
      const found = createHash('sha256')
        .update(readFileSync(join(this.folder, path)))
        .digest('hex');
      return path !== `blobs/sha256/${found}`;
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
