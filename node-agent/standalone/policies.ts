/**
 * Keeps the policies of a folder in force: loads them, loads them again when a file changes, and holds on to the last
 * good set of the whole folder while anything in it is wrong. Gives profiles to the tick.
 */
import { type FSWatcher, watch } from 'node:fs';
import type { FileContent, PolicyError } from '../../api/documents.ts';
import { folderSignature, loadFolder, selectingProfile } from './load.ts';
import type { SelectingProfile } from './match.ts';

export interface PolicySet {
  /** In force: those of the last load without an error. */
  readonly profiles: readonly SelectingProfile[];
  /** Of the latest load; not empty means that `profiles` are older than the files. */
  readonly errors: readonly PolicyError[];
  /** How many different sets have been in force; 0 before the first good one. */
  readonly generation: number;
}

export interface WatchOptions {
  /** Wait after a change until the writer is likely done. */
  readonly debounceMillis?: number;
  /** A look at the files' times, for file systems that tell nothing (network mounts). */
  readonly pollMillis?: number;
}

export interface PolicyWatch {
  readonly current: () => PolicySet;
  /** Looks now, and waits until what is found is in force. */
  readonly refresh: () => Promise<PolicySet>;
  readonly close: () => Promise<void>;
}

const attempts = 3;

/** Resolves when the folder has been read once; `onChange` is called for that too, and on each change after it. */
export async function watchPolicies(
  directory: string,
  onChange: (set: PolicySet) => void,
  { debounceMillis = 200, pollMillis = 5000 }: WatchOptions = {},
): Promise<PolicyWatch> {
  const folder = new Folder(directory, onChange);
  await folder.refresh();
  folder.watch(debounceMillis, pollMillis);
  return { current: () => folder.set, refresh: () => folder.refresh(), close: () => folder.close() };
}

class Folder {
  set: PolicySet = { profiles: [], errors: [], generation: 0 };
  readonly #directory: string;
  readonly #onChange: (set: PolicySet) => void;
  #signature: string | null = null;
  #shown = '';
  #inForce = '';
  /** Loads run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #watcher: FSWatcher | null = null;
  #poll: NodeJS.Timeout | null = null;
  #debounce: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(directory: string, onChange: (set: PolicySet) => void) {
    this.#directory = directory;
    this.#onChange = onChange;
  }

  refresh(): Promise<PolicySet> {
    const done = this.#last.then(() => this.#look());
    this.#last = done.catch(() => undefined);
    return done;
  }

  watch(debounceMillis: number, pollMillis: number): void {
    const look = (): void => void this.refresh();
    const soon = (): void => {
      if (this.#debounce) clearTimeout(this.#debounce);
      if (!this.#closed) this.#debounce = setTimeout(look, debounceMillis).unref();
    };
    this.#poll = setInterval(() => {
      this.#watcher ??= this.#listen(soon);
      soon();
    }, pollMillis).unref();
    this.#watcher = this.#listen(soon);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    if (this.#poll) clearInterval(this.#poll);
    if (this.#debounce) clearTimeout(this.#debounce);
    await this.#last;
  }

  /** null where the folder can't be watched, now or any more; the poll tries again. */
  #listen(soon: () => void): FSWatcher | null {
    try {
      const watcher = watch(this.#directory, { persistent: false }, soon);
      watcher.on('error', () => {
        watcher.close();
        this.#watcher = null;
      });
      return watcher;
    } catch {
      return null;
    }
  }

  async #look(): Promise<PolicySet> {
    const signature = await folderSignature(this.#directory);
    if (this.#closed || signature === this.#signature) return this.set;
    const { content, settled } = await this.#readSettled(signature);
    this.#signature = settled;
    return this.#closed ? this.set : this.#take(content);
  }

  /** A folder that changes while it is read may be half old, half new: read it again. */
  async #readSettled(before: string): Promise<{ content: FileContent; settled: string | null }> {
    let signature = before;
    for (let attempt = 1; ; attempt += 1) {
      const content = await loadFolder(this.#directory);
      const after = await folderSignature(this.#directory);
      if (after === signature) return { content, settled: after };
      if (attempt === attempts) return { content: unsettled(this.#directory), settled: null };
      signature = after;
    }
  }

  #take({ policies, errors }: FileContent): PolicySet {
    const text = JSON.stringify(policies.map(({ file, policy }) => [file, policy]));
    if (errors.length > 0) this.set = { ...this.set, errors };
    else if (text === this.#inForce) this.set = { ...this.set, errors };
    else {
      this.set = { profiles: policies.map(selectingProfile), errors, generation: this.set.generation + 1 };
      this.#inForce = text;
    }
    this.#tell();
    return this.set;
  }

  #tell(): void {
    const shown = JSON.stringify([this.set.generation, this.set.errors]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#onChange(this.set);
  }
}

function unsettled(file: string): FileContent {
  const error = {
    file,
    line: null,
    column: null,
    field: '(file)',
    value: 'changing',
    allowed: 'files that stay the same while they are read',
  };
  return { policies: [], errors: [error] };
}
