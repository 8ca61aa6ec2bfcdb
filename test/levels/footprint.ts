/** What a level could leave behind on the machine: read before and after, it must be the same. */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, nothing, type Outcome } from './level.ts';

type Footprint = ReadonlySet<string>;

function lines(kind: string, path: string): string[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => `${kind} ${line}`);
}

function loopDevices(): string[] {
  return globSync('/sys/block/loop*/loop/backing_file').map(
    (path) => `loop ${path} ${readFileSync(path, 'utf8').trim()}`,
  );
}

/** In the environment of everything that this run starts, so that others' processes are not taken for ours. */
const mark = `EBB_TEST_RUN=${process.pid}`;
process.env['EBB_TEST_RUN'] = String(process.pid);

/** Laid over the environment of what runs beside the levels, and is none's. */
export const unmarked = { EBB_TEST_RUN: '' } as const;

/** What a test started must not outlive it. */
function processes(): string[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return numbers.flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)) return [];
      return [`process ${pid} ${JSON.stringify(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))}`];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

export function footprint(): Footprint {
  return new Set([
    ...lines('swap', '/proc/swaps').map((line) => line.split(/\s+/).slice(0, 2).join(' ')),
    ...lines('mount', '/proc/self/mounts'),
    ...globSync('/sys/block/zram*').map((path) => `zram ${path}`),
    ...globSync('/sys/fs/cgroup/{ebb*,*/ebb*,kubepods*,*/kubepods*}').map((path) => `cgroup ${path}`),
    ...loopDevices(),
    ...processes(),
  ]);
}

/** One test: nothing is there that was not before. Things that go away by themselves get 5 s. */
export async function sameAs(before: Footprint): Promise<Outcome> {
  for (let tries = 0; ; tries++) {
    const now = footprint();
    const changes = [
      ...[...now].filter((line) => !before.has(line)).map((line) => `left: ${line}`),
      ...[...before]
        .filter((line) => !now.has(line) && !/^(process|cgroup) /.test(line))
        .map((line) => `gone: ${line}`),
    ];
    if (changes.length === 0) {
      console.log('  ok     the machine is as it was before');
      return { ...nothing, passed: 1 };
    }
    if (tries === 50) {
      const text = `the machine is as it was before\n         ${changes.join('\n         ')}`;
      console.log(`  FAILED ${text}`);
      return failure(text);
    }
    await sleep(100);
  }
}
