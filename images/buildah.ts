/** buildah without a daemon, a registry or anything to run inside: its images lie in a storage of ours. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

export interface ImageBuild {
  readonly file: string;
  readonly context: string;
  readonly arch: string;
  /** Every date in the image, in seconds. */
  readonly epoch: number;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Kept under this name, and used again where nothing changed; without it, what is built is one layer on its base. */
  readonly tag?: string;
}

export interface BuiltImage {
  readonly id: string;
  /** Of its manifest, as this storage knows it. */
  readonly digest: string;
}

export class Buildah {
  /** Storage, and whatever is laid out for a build. */
  readonly folder: string;
  #storage: readonly string[];

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#storage = this.#with('overlay');
    // Where the file system can't be layered (the root of a container), every layer is a copy.
    if (!this.#works()) this.#storage = this.#with('vfs');
  }

  #with(driver: string): string[] {
    const storage = join(this.folder, driver);
    return ['--root', storage, '--runroot', `${storage}-run`, '--storage-driver', driver];
  }

  #works(): boolean {
    try {
      this.#run(['info']);
      return true;
    } catch {
      return false;
    }
  }

  build({ file, context, arch, epoch, target, args = {}, annotations = {}, tag }: ImageBuild): BuiltImage {
    const work = mkdtempSync(join(this.folder, 'build-'));
    const idFile = join(work, 'id');
    const words = ['--isolation', 'chroot', '--pull=never', '--identity-label=false', '--format', 'oci', '--quiet'];
    const what = ['--file', file, '--platform', `linux/${arch}`, '--timestamp', `${epoch}`, '--iidfile', idFile];
    const kept = tag === undefined ? [] : ['--layers', '--tag', tag];
    const named = target === undefined ? [] : ['--target', target];
    const given = [...pairs('--build-arg', args), ...pairs('--annotation', annotations)];
    try {
      this.#run(['build', ...words, ...what, ...kept, ...named, ...given, context]);
      const id = readFileSync(idFile, 'utf8').trim();
      const digest = this.#run(['inspect', '--type', 'image', '--format', '{{.FromImageDigest}}', id]).trim();
      return { id, digest };
    } finally {
      rmSync(work, { recursive: true });
    }
  }

  /** Out of the storage into an OCI layout, where layers that are there already are not packed again. */
  moveTo(id: string, layout: string, tag: string): void {
    this.#run(['push', '--quiet', id, `oci:${layout}:${tag}`]);
    this.#run(['rmi', id]);
  }

  #run(words: readonly string[]): string {
    return run('buildah', [...this.#storage, ...words]);
  }
}

const pairs = (flag: string, values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
