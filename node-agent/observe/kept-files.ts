/**
 * Cgroup files kept open between ticks: opening one costs six times as much as reading it. A kept file of a cgroup that
 * was removed answers ENODEV, also when a new one has the same name, and is opened anew.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Hierarchies } from './container.ts';
import type { ReadFiles } from './files.ts';

export interface KeptFiles {
  readonly readFiles: ReadFiles;
  readonly open: number;
  close(): void;
}

export interface KeepOptions {
  /** Each holds about 5 KiB in the kernel; what doesn't fit is read through `others`. */
  readonly maxFiles?: number;
  /** Files that nobody read for so long are closed. */
  readonly idleMillis?: number;
  readonly now?: () => number;
}

interface Kept {
  readonly fd: number;
  lastRead: number;
}

/** v1 answers a second read of cgroup.procs from a list that is up to a second old. */
const neverKept = /\/(cgroup\.procs|tasks)$/;
const bufferBytes = 1 << 16;

/** `others` reads everything that is no cgroup file. */
export function keepFiles(others: ReadFiles, hierarchies: Hierarchies, options: KeepOptions = {}): KeptFiles {
  return new Keeper(others, hierarchies, options);
}

class Keeper implements KeptFiles {
  readonly #others: ReadFiles;
  readonly #mounts: readonly string[];
  readonly #maxFiles: number;
  readonly #idleMillis: number;
  readonly #now: () => number;
  readonly #files = new Map<string, Kept>();
  readonly #buffer = Buffer.alloc(bufferBytes);
  #lastSweep: number;

  constructor(others: ReadFiles, hierarchies: Hierarchies, options: KeepOptions) {
    const { layout: _layout, memoryVersion: _version, ...mounts } = hierarchies;
    this.#others = others;
    this.#mounts = [...new Set(Object.values(mounts))].flatMap((mount) => (mount === null ? [] : `${mount}/`));
    this.#maxFiles = options.maxFiles ?? 2048;
    this.#idleMillis = options.idleMillis ?? 60_000;
    this.#now = options.now ?? (() => performance.now());
    this.#lastSweep = this.#now();
  }

  get open(): number {
    return this.#files.size;
  }

  readonly readFiles: ReadFiles = (paths) => {
    const now = this.#now();
    const texts = paths.map((path) => this.#read(path, now));
    const left = texts.flatMap((text, at) => (text === undefined ? at : []));
    const rest = this.#others(left.map((at) => paths[at]!));
    left.forEach((at, index) => {
      texts[at] = rest[index] ?? null;
    });
    this.#closeUnused(now);
    return texts as (string | null)[];
  };

  close(): void {
    for (const path of this.#files.keys()) this.#drop(path);
  }

  /** undefined: not for keeping. */
  #read(path: string, now: number): string | null | undefined {
    const kept = this.#files.get(path);
    if (kept !== undefined) {
      kept.lastRead = now;
      const text = this.#text(kept.fd);
      if (text !== null) return text;
      this.#drop(path);
    }
    if (!this.#mayKeep(path)) return undefined;
    const fd = opened(path);
    if (fd === null) return null;
    this.#files.set(path, { fd, lastRead: now });
    return this.#text(fd);
  }

  #mayKeep(path: string): boolean {
    const fits = this.#files.size < this.#maxFiles;
    return fits && this.#mounts.some((mount) => path.startsWith(mount)) && !neverKept.test(path);
  }

  /** One read is the whole file: cgroup files but the lists of processes are written in one piece. */
  #text(fd: number): string | null {
    try {
      const length = readSync(fd, this.#buffer, 0, bufferBytes, 0);
      return length === bufferBytes ? null : this.#buffer.toString('latin1', 0, length);
    } catch {
      return null;
    }
  }

  #closeUnused(now: number): void {
    if (now - this.#lastSweep < this.#idleMillis) return;
    this.#lastSweep = now;
    for (const [path, kept] of this.#files) if (now - kept.lastRead >= this.#idleMillis) this.#drop(path);
  }

  #drop(path: string): void {
    const kept = this.#files.get(path);
    this.#files.delete(path);
    if (kept !== undefined) closeSync(kept.fd);
  }
}

/** null: absent, or no descriptor is free. */
function opened(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}
