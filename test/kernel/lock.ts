/** A lock between processes for what a machine has only once (swap, the storage of images): flock(2) held by a child of ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Lock {
  release(): Promise<void>;
}

/** Waits its turn. The kernel frees the lock with the child, and the child ends when our end of its stdin closes. */
export async function lock(path: string): Promise<Lock> {
  const holder = spawn('flock', [path, 'sh', '-c', 'echo held; read _'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await held(holder, path);
  return {
    async release() {
      const gone = once(holder, 'exit');
      holder.stdin.end();
      await gone;
    },
  };
}

async function held(holder: ChildProcess, path: string): Promise<void> {
  const failed = once(holder, 'exit').then(([code]) => {
    throw new Error(`flock ${path} ended with ${code} before it held the lock`);
  });
  failed.catch(() => undefined);
  await Promise.race([once(holder.stdout!, 'data'), failed]);
}
