/** What strace saw of one run of the worker: the calls that met its filter, by process. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { numbers } from './tools.ts';

export interface Called {
  readonly number: number;
  readonly arguments: readonly bigint[];
}

export interface Recorded {
  /** Of the supervisor and of its sessions: both live under the filter of the worker. */
  readonly worker: readonly Called[];
  readonly reclaimer: readonly Called[];
}

/** A program to be started in the worker's place, which writes what it does to `trace`. */
export function tracedWorker(folder: string, worker: string): { readonly path: string; readonly trace: string } {
  const path = join(folder, 'traced-worker');
  const trace = join(folder, 'trace');
  const strace = `strace --follow-forks -qq --syscall-number --raw=all --output=${trace} -- ${worker}`;
  writeFileSync(path, `#!/bin/sh\nexec ${strace} "$@"\n`);
  chmodSync(path, 0o755);
  return { path, trace };
}

/** "1234 [ 257] openat(0xffffff9c, 0x55d0, 0, 0) = 0x3", or the first half of it: then it ends with "<unfinished ...>". */
const begun = /^(\d+) +\[ *(\d+)\] \w+\(([^)<]*)/;
/** The other half. */
const resumed = /^(\d+) +\[ *\d+\] <\.\.\. /;

interface CallOf extends Called {
  readonly pid: string;
}

/** In the order of time. Without those that have no end: strace reads nonsense of who is killed on its way into a call. */
function* callsIn(text: string): Generator<CallOf> {
  const unfinished = new Map<string, CallOf>();
  for (const line of text.split('\n')) {
    const ended = unfinished.get(resumed.exec(line)?.[1] ?? '');
    if (ended !== undefined && unfinished.delete(ended.pid)) yield ended;
    const [, pid, number, words] = begun.exec(line) ?? [];
    if (pid === undefined) continue;
    const call = { pid, number: Number(number), arguments: argumentsOf(words!) };
    if (line.endsWith('<unfinished ...>')) unfinished.set(pid, call);
    else yield call;
  }
}

/** What a process does before it has installed its filter meets none. */
export function readTrace(trace: string): Recorded {
  const worker: Called[] = [];
  const reclaimer: Called[] = [];
  const filtered = new Map<string, Called[]>();
  let supervisor: string | undefined;
  for (const call of callsIn(readFileSync(trace, 'latin1'))) {
    const { pid, number } = call;
    supervisor ??= pid;
    if (number === numbers.get('seccomp')) {
      filtered.set(pid, pid === supervisor ? worker : reclaimer);
      continue;
    }
    if (!filtered.has(pid) && filtered.has(supervisor)) filtered.set(pid, worker); // a session, forked since
    filtered.get(pid)?.push(call);
  }
  return { worker, reclaimer };
}

const argumentsOf = (words: string): readonly bigint[] =>
  words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => /^(0x[0-9a-f]+|\d+)$/.test(word))
    .map((word) => BigInt(word));
