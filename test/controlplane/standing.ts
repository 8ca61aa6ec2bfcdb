/**
 * What `npm run controlplane -- up` or `npm run cluster -- up` leaves running: one of a kind in a cache folder, kept by a
 * process that is spoken to through a socket.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { cacheFolder } from '../../scripts/cache.ts';
import { lock } from '../kernel/lock.ts';

/** What the process that keeps it says once. */
export type Report = { readonly url: string } | { readonly error: string };

export class Standing {
  readonly #name: string;
  readonly #keeper: string;

  /** `name`: of the folder in the cache. `keeper`: path of the program that keeps it; it calls keepStanding(). */
  constructor(name: string, keeper: string) {
    this.#name = name;
    this.#keeper = keeper;
  }

  /** Keys, data and kubeconfig; there only while it runs. */
  get folder(): string {
    return join(cacheFolder(this.#name), 'up');
  }
  get kubeconfig(): string {
    return join(this.folder, 'admin.kubeconfig');
  }
  get kubectlCache(): string {
    return join(this.folder, 'home/cache');
  }
  get socket(): string {
    return join(this.folder, 'socket');
  }

  async isUp(): Promise<boolean> {
    const socket = await this.#connect();
    socket?.destroy();
    return socket !== null;
  }

  /** Its address, or null where one runs already. `words` are the keeper's. */
  up(words: readonly string[] = []): Promise<string | null> {
    return this.#alone(async () => {
      if (await this.isUp()) return null;
      rmSync(this.folder, { recursive: true, force: true }); // of a machine that stopped in the middle
      const child = spawn(process.execPath, [this.#keeper, ...words], {
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

  /** Whether one ran. Its keeper hangs up by ending, when all is gone. */
  down(): Promise<boolean> {
    return this.#alone(async () => {
      const socket = await this.#connect();
      if (socket === null) return false;
      const closed = once(socket.resume(), 'close');
      socket.write('down\n');
      await closed;
      if (existsSync(this.folder)) throw new Error(`${this.folder} is still there`);
      return true;
    });
  }

  /** A connection to the process that keeps it; null where none runs. No PID is kept, so none can be mistaken. */
  async #connect(): Promise<Socket | null> {
    const socket = connect(this.socket);
    try {
      await once(socket, 'connect');
      return socket;
    } catch {
      return null;
    }
  }

  /** One `up` or `down` at a time. */
  async #alone<T>(act: () => Promise<T>): Promise<T> {
    const held = await lock(join(cacheFolder(this.#name), 'up.lock'));
    try {
      return await act();
    } finally {
      await held.release();
    }
  }
}

async function reportOf(child: ChildProcess): Promise<Report> {
  const ended = once(child, 'exit').then(([code]): Report => ({ error: `ended with ${code} before it was ready` }));
  const said = once(child, 'message').then(([report]) => report as Report);
  return Promise.race([said, ended]);
}
