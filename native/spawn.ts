/** Ways to a worker: a child of one's own, or the socket of the worker's container. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WorkerError } from './error.ts';
import { connectWorker, type Worker } from './worker.ts';

/** The same from native/ and from the bundle in dist/. EBB_WORKER names another program in its place. */
export const workerPath = process.env['EBB_WORKER'] ?? join(import.meta.dirname, '..', 'native', 'build', 'ebb-worker');

export interface SpawnOptions {
  readonly path?: string;
  /** Keep CAP_DAC_READ_SEARCH: page maps of other users' processes. */
  readonly dacReadSearch?: boolean;
  /** The opt-in right to write memory.reclaim. */
  readonly reclaim?: boolean;
}

export interface SpawnedWorker {
  readonly worker: Worker;
  readonly pid: number;
  /** Settles with how it ended: code or signal. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

function exitOf(child: ChildProcess): SpawnedWorker['exited'] {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
}

/** A terminal's Ctrl-C is for the agent alone (hence detached): the worker leaves when the socket closes. */
export async function spawnWorker(options: SpawnOptions = {}): Promise<SpawnedWorker> {
  const path = options.path ?? workerPath;
  if (!existsSync(path)) throw new WorkerError('WorkerGone', `ebb: ${path} is missing: run npm run build`);
  const flags = ['--fd', '3'];
  if (options.dacReadSearch) flags.push('--dac-read-search');
  if (options.reclaim) flags.push('--reclaim');
  const child = spawn(path, flags, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'], detached: true });
  const exited = exitOf(child);
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  const worker = await connectWorker(child.stdio[3] as unknown as Duplex);
  return { worker, pid: child.pid!, exited };
}

/** The worker of another container, waiting with --listen. */
export async function connectSocket(path: string): Promise<Worker> {
  const socket: Socket = connect(path);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return connectWorker(socket);
}
