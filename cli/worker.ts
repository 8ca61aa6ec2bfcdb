/** A worker of the command's own: started, asked, and gone with the command. Every way to fail has a next step. */

import type { SpawnedWorker, SpawnOptions } from '../native/spawn.ts';
import { spawnWorker, workerPath } from '../native/spawn.ts';
import { WorkerError } from '../native/worker.ts';
import { Failed, Refused } from './exit.ts';

const build =
  'build it with: npm run build (needs gcc and make: apt-get install --no-install-recommends gcc make libc6-dev)';

export async function withWorker<T>(options: SpawnOptions, use: (spawned: SpawnedWorker) => Promise<T>): Promise<T> {
  const spawned = await start(options);
  try {
    return await use(spawned);
  } finally {
    spawned.worker.close();
  }
}

async function start(options: SpawnOptions): Promise<SpawnedWorker> {
  try {
    return await spawnWorker(options);
  } catch (error) {
    throw startFailure(error, options.path ?? workerPath);
  }
}

function startFailure(error: unknown, path: string): Error {
  const message = (error as Error).message;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES') return new Failed(`the worker ${path} may not be run: ${message}`);
  if (error instanceof WorkerError) return new Failed(`the worker did not start (${error.code}: ${message}); ${build}`);
  return new Failed(`the worker did not start (${message}); ${build}`);
}

/** Advice needs both: KERNEL: process_madvise asks for ptrace-read access and CAP_SYS_NICE (Linux 5.12). */
export function refuseWithoutRights({ worker }: SpawnedWorker): void {
  const held = worker.hello.capabilities;
  const missing = (['SYS_PTRACE', 'SYS_NICE'] as const).filter((name) => !held.includes(name));
  if (missing.length === 0) return;
  const names = missing.map((name) => `CAP_${name}`).join(' and ');
  const reason = missing[0] === 'SYS_PTRACE' ? 'MissingSysPtrace' : 'MissingSysNice';
  const user =
    process.getuid?.() === 0 ? 'give this process (container, service) that capability' : 'run it as root: sudo ebb …';
  throw new Refused(reason, `advice to other processes needs ${names}; ${user}`);
}
