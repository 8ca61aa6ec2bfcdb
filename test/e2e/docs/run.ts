/** Runs commands as a reader types them: those of a page in one shell, and any that fails is named. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = join(import.meta.dirname, '../../..');

export interface RunOptions {
  /** The root of the tree where absent. */
  readonly cwd?: string;
  /** Two minutes where absent. */
  readonly timeoutMillis?: number;
}

/** Rejects with the first command that failed and what it said. */
export async function runAll(
  texts: readonly string[],
  env: NodeJS.ProcessEnv,
  { cwd = root, timeoutMillis: timeout = 120_000 }: RunOptions = {},
): Promise<string> {
  const script = ['set -euo pipefail', `trap 'echo "FAILED: $BASH_COMMAND" >&2' ERR`, ...texts].join('\n');
  const child = spawn('bash', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text));
  const [code] = (await once(child, 'close')) as [number | null];
  const all = said.join('');
  assert.equal(code, 0, `${texts.join('\n')}\n\n${all.slice(-3000)}`);
  return all;
}

/** A command that runs until it is stopped. */
export class Running implements AsyncDisposable {
  readonly #text: string;
  readonly #child: ChildProcess;
  #said = '';

  constructor(text: string, env: NodeJS.ProcessEnv) {
    this.#text = text;
    this.#child = spawn('bash', ['-c', `exec ${text}`], { cwd: root, env, detached: true });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding('utf8').on('data', (said: string) => {
        this.#said = `${this.#said}${said}`.slice(-3000);
      });
  }

  /** Whether it has not ended by itself. */
  assertRuns(): void {
    assert.equal(this.#child.exitCode, null, `${this.#text}\n${this.#said}`);
  }

  async saying(what: RegExp): Promise<void> {
    for (let left = 300; left > 0 && !what.test(this.#said); left--) {
      this.assertRuns();
      await sleep(100);
    }
    assert.match(this.#said, what, this.#text);
  }

  /** npx starts others: all of its group is told. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'close');
    process.kill(-this.#child.pid!, 'SIGTERM');
    await ended;
  }
}
