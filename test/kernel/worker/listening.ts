/**
 * A worker that waits on a socket, in a folder like the one that its pod shares with the agent (an emptyDir with fsGroup):
 * what is made in there is the agent's group's. It has no right to give a file away.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerPath } from '../../../native/spawn.ts';

export interface ListeningWorker extends AsyncDisposable {
  readonly socket: string;
  readonly pid: number;
}

/** Ended with the test; it waits for agents of that user only. */
export async function startListening(user: number, program = workerPath): Promise<ListeningWorker> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-listen-'));
  chownSync(folder, 0, user);
  chmodSync(folder, 0o2770);
  const socket = join(folder, 'worker.sock');
  const child = spawn(program, ['--listen', socket, '--allow-uid', String(user)], { stdio: 'inherit' });
  const gone = once(child, 'exit');
  const end = async () => {
    child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let tries = 0; !existsSync(socket); tries++) {
      assert.ok(tries < 200 && child.exitCode === null, 'the worker does not listen');
      await sleep(25);
    }
    await sleep(50); // bound, and in a moment it listens
  } catch (error) {
    await end();
    throw error;
  }
  return { socket, pid: child.pid!, [Symbol.asyncDispose]: end };
}
