/** One server process of a test (etcd, the API server, a registry): started, watched, ended, its log kept in a file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tied } from './tied.ts';

export type StopSignal = 'SIGTERM' | 'SIGKILL';

/** For a server that was asked to end: open watches may hold an API server for a minute. */
const patienceMillis = 10_000;

export class Server {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #log: string;

  /** Out of our process group, so that Ctrl-C at a terminal leaves it to us to end it. */
  constructor(program: string, flags: readonly string[], log: string) {
    this.name = basename(log, '.log');
    this.#log = log;
    const output = openSync(log, 'a', 0o600);
    this.#child = spawn(...tied('KILL', program, flags), { detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    this.#child.unref();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** For messages: how it ended, if it did, and the last it said. */
  lastWords(): string {
    const lines = readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-8);
    const state = this.ended ? `ended with ${this.#child.exitCode ?? this.#child.signalCode}` : 'runs';
    return `${this.name} ${state}:\n${lines.join('\n')}`;
  }

  /** Waits until it is gone; SIGTERM becomes SIGKILL when it takes too long. */
  async stop(signal: StopSignal): Promise<void> {
    if (this.ended) return;
    this.#child.ref();
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    const late = new AbortController();
    const kill = sleep(patienceMillis, undefined, { signal: late.signal }).then(
      () => this.#child.kill('SIGKILL'),
      () => undefined,
    );
    await gone;
    late.abort();
    await kill;
  }

  /** Freezes it with its connections open (a hung server), or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }
}
