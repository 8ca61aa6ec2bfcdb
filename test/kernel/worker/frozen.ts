/** A file on an ext4 of its own, which can be frozen: who writes to it then hangs until it thaws. fsfreeze(8). */
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (program: string, ...words: string[]) =>
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });

export class FreezableFile implements Disposable {
  readonly path: string;
  readonly #folder: string;
  readonly #mount: string;
  #isFrozen = false;
  /** A test that ran out of time never gets to its clean-up. */
  readonly #atExit = () => this[Symbol.dispose]();

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'ebb-frozen-'));
    this.#mount = join(this.#folder, 'mount');
    this.path = join(this.#mount, 'file');
    const image = join(this.#folder, 'image');
    closeSync(openSync(image, 'w'));
    truncateSync(image, 16 << 20);
    run('mkfs.ext4', '-q', '-F', image);
    mkdirSync(this.#mount);
    run('mount', '-o', 'loop', image, this.#mount);
    process.on('exit', this.#atExit);
    writeFileSync(this.path, Buffer.alloc(1 << 16));
    for (const path of [this.#folder, this.#mount]) chmodSync(path, 0o755);
    chmodSync(this.path, 0o666);
    run('sync', '-f', this.path);
  }

  freeze(): void {
    run('fsfreeze', '--freeze', this.#mount);
    this.#isFrozen = true;
  }

  thaw(): void {
    if (this.#isFrozen) run('fsfreeze', '--unfreeze', this.#mount);
    this.#isFrozen = false;
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#atExit);
    this.thaw();
    run('umount', '--lazy', this.#mount);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
