/** The control plane that `npm run controlplane -- up` leaves running: one a cache folder, spoken to through a socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { lock } from '../kernel/lock.ts';
import { cacheFolder } from '../levels/cache.ts';

/** Keys, data and kubeconfig; there only while one runs. */
export const standingFolder = (): string => join(cacheFolder('controlplane'), 'up');
export const kubeconfigPath = (): string => join(standingFolder(), 'admin.kubeconfig');
export const kubectlCache = (): string => join(standingFolder(), 'home/cache');
export const socketPath = (): string => join(standingFolder(), 'socket');

/** What keep.ts says once. */
export type Report = { readonly url: string } | { readonly error: string };

/** A connection to the process that keeps it; null where none runs. No PID is kept, so none can be mistaken. */
async function keeper(): Promise<Socket | null> {
  const socket = connect(socketPath());
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return null;
  }
}

export async function isUp(): Promise<boolean> {
  const socket = await keeper();
  socket?.destroy();
  return socket !== null;
}

/** One `up` or `down` at a time. */
async function alone<T>(act: () => Promise<T>): Promise<T> {
  const held = await lock(join(cacheFolder('controlplane'), 'up.lock'));
  try {
    return await act();
  } finally {
    await held.release();
  }
}

/** Its address, or null where one runs already. */
export function up(): Promise<string | null> {
  return alone(async () => {
    if (await isUp()) return null;
    rmSync(standingFolder(), { recursive: true, force: true }); // of a machine that stopped in the middle
    const child = spawn(process.execPath, [join(import.meta.dirname, 'keep.ts')], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const report = await reportOf(child);
    if ('error' in report) throw new Error(report.error);
    child.unref();
    return report.url;
  });
}

async function reportOf(child: ChildProcess): Promise<Report> {
  const ended = once(child, 'exit').then(([code]): Report => ({ error: `ended with ${code} before it was ready` }));
  const said = once(child, 'message').then(([report]) => report as Report);
  return Promise.race([said, ended]);
}

/** Whether one ran. Its keeper hangs up by ending, when all is gone. */
export function down(): Promise<boolean> {
  return alone(async () => {
    const socket = await keeper();
    if (socket === null) return false;
    const closed = once(socket.resume(), 'close');
    socket.write('down\n');
    await closed;
    if (existsSync(standingFolder())) throw new Error(`${standingFolder()} is still there`);
    return true;
  });
}
