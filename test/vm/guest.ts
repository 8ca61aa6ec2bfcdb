/**
 * The emulated guest of vm.sh: a kernel of its own, the tree on a disk of its own at /programs. What the guest writes there
 * is gone with it, so that several may have the same disk at the same time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cacheFolder } from '../../scripts/cache.ts';
import { tied } from '../controlplane/tied.ts';

export interface GuestOptions {
  /** Of the kernel: "7.3". */
  readonly release: string;
  /** Folder that is /vm/share there. */
  readonly share: string;
  /** makeDisk() has made it. */
  readonly disk: string;
  /** For bash, in /programs. */
  readonly script: string;
  readonly timeoutSeconds: number;
  /** Its card's gateway 10.0.2.2 is this machine's loopback. */
  readonly network?: boolean;
  /** Of the emulator, beside ours. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  /** 124: out of time, 125: did not boot, twice. */
  readonly status: number | null;
  readonly output: string;
}

const kernels = (): string => cacheFolder('kernels');

const fetches = new Map<string, Promise<Ended>>();

/** Once for each kernel, whoever asks first. `shown` gets what it says as it goes. */
export function fetchKernel(release: string, shown: (text: string) => void): Promise<Ended> {
  const known = fetches.get(release);
  if (known !== undefined) return known;
  const fetching = outputOf(bash('build.sh', [kernels(), release]), shown);
  fetches.set(release, fetching);
  return fetching;
}

/** Its kernel has been fetched. The guest ends with the child, and with us at the latest. */
export function startGuest(options: GuestOptions): ChildProcess {
  const { release, share, disk, timeoutSeconds, network = false, env = {} } = options;
  const words = ['-d', kernels(), '-k', release, '-s', share, '-p', disk, '-t', String(timeoutSeconds)];
  return bash('vm.sh', [...words, ...(network ? ['-n'] : []), `cd /programs\n${options.script}`], env);
}

/** Output is kept until it ends, so that two guests don't mix theirs. */
export function runGuest(options: GuestOptions): Promise<Ended> {
  return outputOf(startGuest(options), () => {});
}

function bash(script: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const [program, all] = tied('KILL', 'bash', [join(import.meta.dirname, script), ...words]);
  return spawn(program, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
}

async function outputOf(child: ChildProcess, shown: (text: string) => void): Promise<Ended> {
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      shown(text);
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}
