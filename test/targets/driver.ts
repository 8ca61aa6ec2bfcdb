/** The commands of test/targets/target.c, typed, over any pair of streams (a child's pipes, a container's socket). */
import type { Readable, Writable } from 'node:stream';
import { Lines } from './lines.ts';

export interface Region {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

export interface OwnMemory {
  readonly rssAnonBytes: number;
  readonly swapBytes: number;
  readonly rssShmemBytes: number;
  readonly rssFileBytes: number;
  readonly lockedBytes: number;
  readonly pinnedBytes: number;
}

export interface Loop {
  readonly longestMicros: number;
  readonly rounds: number;
  readonly overLimit: number;
}

/** Which pages of a region: bytes from its start. All of it where absent. */
export interface Part {
  readonly offset: number;
  readonly length: number;
}

export class TargetError extends Error {
  readonly errno: number;
  constructor(command: string, errno: number, message: string) {
    super(`target: ${command}: ${message}`);
    this.name = 'TargetError';
    this.errno = errno;
  }
}

export class Driver {
  readonly #lines: Lines;
  readonly #commands: Writable;

  constructor(answers: Readable, commands: Writable) {
    this.#lines = new Lines(answers);
    this.#commands = commands;
    commands.on('error', () => undefined); // the end of the answers says it better
  }

  /** The PIDs that a target says first: as it sees itself, and as the /proc it runs under does. */
  async ready(): Promise<{ readonly innerPid: number; readonly outerPid: number }> {
    const [innerPid, outerPid] = numbers((await this.#lines.next('start')).split(' ').slice(1));
    return { innerPid: innerPid!, outerPid: outerPid! };
  }

  /** One command, and the words of its answer. */
  async ask(...words: readonly (string | number)[]): Promise<string[]> {
    const command = words.join(' ');
    this.#commands.write(`${command}\n`);
    const answer = await this.#lines.next(command);
    const [kind, ...rest] = answer.trim().split(' ');
    if (kind === 'error') throw new TargetError(command, Number(rest[0]), rest.slice(1).join(' '));
    return rest;
  }

  async #region(...words: readonly (string | number)[]): Promise<Region> {
    const [id, start, end] = await this.ask(...words);
    return { id: Number(id), start: Number.parseInt(start!, 16), end: Number.parseInt(end!, 16) };
  }

  anon(bytes: number, seed = 1): Promise<Region> {
    return this.#region('anon', bytes, seed);
  }
  shared(bytes: number, seed = 1): Promise<Region> {
    return this.#region('shared', bytes, seed);
  }
  memfd(bytes: number, mode: 'shared' | 'private', seed = 1): Promise<Region> {
    return this.#region('memfd', bytes, seed, mode);
  }
  file(bytes: number, path: string): Promise<Region> {
    return this.#region('file', bytes, 0, path);
  }
  hugetlb(bytes: number, seed = 1): Promise<Region> {
    return this.#region('hugetlb', bytes, seed);
  }
  thp(bytes: number, seed = 1): Promise<Region> {
    return this.#region('thp', bytes, seed);
  }
  /** PROT_NONE and never filled. */
  guard(bytes: number): Promise<Region> {
    return this.#region('guard', bytes);
  }
  /** `count` mappings of one page each. */
  vmas(count: number, seed = 1): Promise<Region> {
    return this.#region('vmas', count, seed);
  }

  async change(
    what:
      | 'dontfork'
      | 'mergeable'
      | 'nohuge'
      | 'lock'
      | 'unmap'
      | 'protnone'
      | 'protrw'
      | 'uffd'
      | 'dirty'
      | 'pin'
      | 'replace'
      | 'share',
    region: Region,
    part?: Part,
  ): Promise<void> {
    await this.ask(what, region.id, ...partWords(part));
  }

  /** Reads a word of each page; microseconds. */
  async touch(region: Region, part?: Part): Promise<number> {
    return Number((await this.ask('touch', region.id, ...partWords(part)))[0]);
  }

  /** How many pages do not hold what was written; 0: intact. */
  async brokenPages(region: Region, part?: Part): Promise<number> {
    return Number((await this.ask('verify', region.id, ...partWords(part)))[0]);
  }

  async checksum(region: Region, part?: Part): Promise<string> {
    return (await this.ask('checksum', region.id, ...partWords(part)))[0]!;
  }

  /** What the target's own page map says. */
  async pages(region: Region, part?: Part): Promise<{ presentBytes: number; swappedBytes: number }> {
    const [presentBytes, swappedBytes] = numbers(await this.ask('pages', region.id, ...partWords(part)));
    return { presentBytes: presentBytes!, swappedBytes: swappedBytes! };
  }

  async memory(): Promise<OwnMemory> {
    const [rssAnonBytes, swapBytes, rssShmemBytes, rssFileBytes, lockedBytes, pinnedBytes] = numbers(
      await this.ask('rss'),
    );
    return {
      rssAnonBytes: rssAnonBytes!,
      swapBytes: swapBytes!,
      rssShmemBytes: rssShmemBytes!,
      rssFileBytes: rssFileBytes!,
      lockedBytes: lockedBytes!,
      pinnedBytes: pinnedBytes!,
    };
  }

  /** Starts a thread that maps, faults and unmaps in a loop; stop it to learn its longest round. */
  async startMapper(limitMicros = 2000, intervalMicros = 100): Promise<void> {
    await this.ask('mapper', limitMicros, intervalMicros);
  }
  async startHeartbeat(region: Region, part: Part, millis: number): Promise<void> {
    await this.ask('heartbeat', region.id, part.offset, part.length, millis);
  }
  /** Maps and unmaps pages of the region all the time; their content is lost. */
  async startChurn(region: Region): Promise<void> {
    await this.ask('churn', region.id);
  }
  async startSpin(): Promise<void> {
    await this.ask('spin');
  }
  async stop(loop: 'mapper' | 'heartbeat' | 'churn' | 'spin'): Promise<Loop> {
    const [longestMicros, rounds, overLimit] = numbers(await this.ask(`${loop}-stop`));
    return { longestMicros: longestMicros!, rounds: rounds!, overLimit: overLimit! };
  }

  /** Children; PIDs as the target sees them: outerPid() gives ours. */
  async fork(count = 1): Promise<number[]> {
    return numbers(await this.ask('fork', count));
  }
  /** A child that has written the whole region, so that it shares nothing of it. */
  async forkDirty(region: Region): Promise<number> {
    return Number((await this.ask('fork-dirty', region.id))[0]);
  }
  async cloneVm(): Promise<number> {
    return Number((await this.ask('clonevm'))[0]);
  }
  async vfork(): Promise<number> {
    return Number((await this.ask('vfork'))[0]);
  }
  async zombie(): Promise<number> {
    return Number((await this.ask('zombie'))[0]);
  }

  /** Is the debugger of that process, as the target sees its PID, for as long as both live; it runs on. */
  async trace(pid: number): Promise<void> {
    await this.ask('trace', pid);
  }

  /** Becomes a new program; its regions are gone. */
  async exec(): Promise<void> {
    await this.ask('exec');
  }
  async leaderExit(): Promise<void> {
    await this.ask('leader-exit');
  }
  /** Hostile names welcome: any bytes, at most 15. */
  async setComm(name: string | Buffer): Promise<void> {
    await this.ask('comm', Buffer.from(name).toString('hex'));
  }
}

function partWords(part: Part | undefined): number[] {
  return part ? [part.offset, part.length] : [];
}

function numbers(words: readonly string[]): number[] {
  return words.map(Number);
}
