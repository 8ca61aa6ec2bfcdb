/** Operator and agent as processes, each under its own role; their logs are files, and the end of each is known at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ebb = join(import.meta.dirname, '../../bin/ebb');
/** A worker that hangs must not keep the demo from ending. */
const endMillis = 6000;

export class Program {
  readonly name: string;
  readonly log: string;
  readonly #child: ChildProcess;

  constructor(name: string, folder: string, words: readonly string[]) {
    this.name = name;
    this.log = join(folder, `${name}.log`);
    const output = openSync(this.log, 'a');
    this.#child = spawn(ebb, [...words], { stdio: ['ignore', output, output] });
  }

  /** Throws where it has ended by itself. */
  check(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) return;
    throw new Error(`the ${this.name} ended (${exitCode ?? signalCode}):\n${this.lastLines()}`);
  }

  lastLines(): string {
    return readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), endMillis);
    await gone;
    clearTimeout(late);
  }
}
