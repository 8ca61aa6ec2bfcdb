/** A program of test/targets that answers lines, as a child of ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { Lines } from '../../targets/lines.ts';
import { targetProgram } from '../../targets/target.ts';

export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: Lines;

  constructor(name: string, ...words: readonly string[]) {
    const path = join(dirname(targetProgram()), name);
    this.#child = spawn(path, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = new Lines(this.#child.stdout!);
    this.#child.stdin!.on('error', () => undefined); // the end of the answers says it better
  }

  get pid(): number {
    return this.#child.pid!;
  }

  tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  next(asked: string): Promise<string> {
    return this.#lines.next(asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.destroy();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
