/**
 * What survives a restart of the agent: backoffs and cooldowns of containers that are still the same. Nothing in it is
 * needed to be correct; without it, or with a broken one, the agent begins anew. Hot ranges are learned again.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clocks } from './clocks.ts';
import type { LadderMemory } from './decide/ladder-memory.ts';
import { mostSwapWrites, type SwapWrite } from './decide/swap-writes.ts';
import type { Tracked } from './tracked.ts';

const maxBytes = 4 * 2 ** 20;
const maxEntries = 4096;

const entry = z.object({
  cgroup: z.string().max(4096),
  inode: z.int(),
  level: z.int().min(0).max(1000),
  backoffUntil: z.number().nullable(),
  pagedOutAt: z.number().nullable(),
  ranges: z.enum(['KeepHot', 'All']),
});
const swapWrite = z.object({ since: z.number(), at: z.number(), bytes: z.number().min(0) });
const journal = z.object({
  bootID: z.string(),
  containers: z.array(entry).max(maxEntries),
  swapWrites: z.array(swapWrite).max(mostSwapWrites).default([]),
});

type Entry = z.infer<typeof entry>;

export class Journal {
  readonly #path: string;
  readonly #bootID: string;
  readonly #entries = new Map<string, Entry>();
  #swapWrites: readonly SwapWrite[] = [];
  #written = '';

  /** `bootID`: cgroup inodes say nothing about another boot. */
  constructor(folder: string, bootID: string) {
    this.#path = join(folder, 'journal.json');
    this.#bootID = bootID;
  }

  /** Returns why what is there was left aside; null: read, or nothing there. */
  load(): string | null {
    const text = readOrNull(this.#path);
    if (text === null) return null;
    try {
      const { bootID, containers, swapWrites } = journal.parse(JSON.parse(text));
      // A disk that was written to is so after a reboot, too.
      this.#swapWrites = swapWrites;
      if (bootID !== this.#bootID) return null;
      for (const one of containers) this.#entries.set(`${one.inode} ${one.cgroup}`, one);
      return null;
    } catch (error) {
      return (error as Error).message.slice(0, 200);
    }
  }

  /** A container seen for the first time: what was known of it. */
  recall(ladder: LadderMemory, key: string, clocks: Clocks): LadderMemory {
    const found = this.#entries.get(key);
    if (found === undefined) return ladder;
    const monotonic = monotonicOf(clocks);
    const until = found.backoffUntil === null ? null : clocks.monotonic + (found.backoffUntil - clocks.wall);
    return {
      ...ladder,
      backoff: { level: found.level, until, blocker: null },
      lastPageOut:
        found.pagedOutAt === null
          ? null
          : { at: monotonic(found.pagedOutAt), ranges: found.ranges, anonBytesAfter: null },
    };
  }

  recallWrites(clocks: Clocks): readonly SwapWrite[] {
    const monotonic = monotonicOf(clocks);
    return this.#swapWrites.map(({ since, at, bytes }) => ({ since: monotonic(since), at: monotonic(at), bytes }));
  }

  /** Writes what changed, as a whole: a reader sees the old one or the new one. */
  save(tracked: ReadonlyMap<string, Tracked>, writes: readonly SwapWrite[], clocks: Clocks): void {
    const wall = (monotonic: number): number => Math.round(clocks.wall + (monotonic - clocks.monotonic));
    const containers = [...tracked.values()]
      .filter(worthKeeping)
      .slice(0, maxEntries)
      .map((one) => entryOf(one, wall));
    const swapWrites = writes.map(({ since, at, bytes }) => ({ since: wall(since), at: wall(at), bytes }));
    const text = JSON.stringify({ bootID: this.#bootID, containers, swapWrites });
    if (text === this.#written) return;
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    this.#written = text;
  }
}

/** What lies ahead of a clock that was set back counts as now. */
const monotonicOf =
  (clocks: Clocks) =>
  (wall: number): number =>
    clocks.monotonic + Math.min(wall - clocks.wall, 0);

const worthKeeping = ({ ladder }: Tracked): boolean =>
  ladder.lastPageOut !== null || ladder.backoff.level > 0 || ladder.backoff.until !== null;

const entryOf = ({ container, ladder }: Tracked, wall: (monotonic: number) => number): Entry => ({
  cgroup: container.cgroup,
  inode: container.cgroupInode,
  level: Math.min(1000, ladder.backoff.level),
  backoffUntil: ladder.backoff.until === null ? null : wall(ladder.backoff.until),
  pagedOutAt: ladder.lastPageOut === null ? null : wall(ladder.lastPageOut.at),
  ranges: ladder.lastPageOut?.ranges ?? 'KeepHot',
});

function readOrNull(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8');
    return text.length > maxBytes ? null : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
