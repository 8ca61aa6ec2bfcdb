/**
 * The emulated guest of vm.sh: a kernel of its own, the tree on a disk of its own at /programs. What the guest writes there
 * is gone with it, so that several may have the same disk at the same time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cacheFolder } from '../../scripts/cache.ts';
import { type Command, tied } from '../controlplane/tied.ts';

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
  /** A card, whose gateway is this machine's loopback: with the address that a cluster's Service "kubernetes" has. */
  readonly network?: boolean;
}

export interface Ended {
  /** 124: out of time, 125: did not boot, twice. */
  readonly status: number | null;
  readonly output: string;
}

const kernels = (): string => cacheFolder('kernels');

const fetches = new Map<string, Promise<Ended>>();

/** Once for each kernel, whoever asks first. `shown` gets what it says as it goes. */
function fetchKernel(release: string, shown: (text: string) => void): Promise<Ended> {
  const known = fetches.get(release);
  if (known !== undefined) return known;
  const fetching = outputOf(bash('build.sh', [kernels(), release]), shown);
  fetches.set(release, fetching);
  return fetching;
}

/** Why there is no such kernel to boot, so that what needs one is not run; null: there is. */
export async function kernelObstacle(release: string, shown: (text: string) => void): Promise<string | null> {
  const { status, output } = await fetchKernel(release, shown);
  return status === 0 ? null : `Linux ${release} could not be fetched: ${output.trim().split('\n').at(-1)}`;
}

/** Its kernel has been fetched. The guest ends with this program. */
export function guestCommand({ release, share, disk, timeoutSeconds, script, network = false }: GuestOptions): Command {
  const words = ['-d', kernels(), '-k', release, '-s', share, '-p', disk, '-t', String(timeoutSeconds)];
  return bash('vm.sh', [...words, ...(network ? ['-n'] : []), `cd /programs\n${script}`]);
}

/** Output is kept until it ends, so that two guests don't mix theirs. `env`: of the emulator, beside ours. */
export function runGuest(options: GuestOptions, env: Readonly<Record<string, string>>): Promise<Ended> {
  return outputOf(guestCommand(options), () => {}, env);
}

const bash = (script: string, words: readonly string[]): Command => [
  'bash',
  [join(import.meta.dirname, script), ...words],
];

async function outputOf([program, words]: Command, shown: (text: string) => void, env = {}): Promise<Ended> {
  const [starter, all] = tied('KILL', program, words);
  const child = spawn(starter, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      shown(text);
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}
