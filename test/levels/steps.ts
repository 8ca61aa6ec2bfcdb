/**
 * Runs commands as tests: one that ends with 0 passed, 77 is a skip (the kernel or machine lacks what it needs). A command
 * whose last line is "N passed, N failed, N skipped" has counted by itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Counts, failure, nothing, type Outcome, root } from './level.ts';

export interface Step {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
  readonly timeoutSeconds: number;
}

export async function runStep(step: Step): Promise<Outcome> {
  const start = performance.now();
  const { status, last, said } = await execute(step);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`  ${status === 0 ? 'ok    ' : status === 77 ? 'skip  ' : 'FAILED'} ${step.title} (${seconds} s)`);
  if (status === 77) return { ...nothing, skipped: 1 };
  const own = countsOf(last);
  if (status === 0) return { ...nothing, ...(own ?? { passed: 1 }) };
  return { ...failure([step.title, ...said].join('\n         ')), ...(own && own.failed > 0 ? own : {}) };
}

function countsOf(line: string): Counts | null {
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? [];
  if (passed === undefined) return null;
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}

/** A signal (the time ran out) and a program that can't be started are failures too. */
async function execute({ command: [program, ...words], timeoutSeconds }: Step) {
  let last = '';
  /** Its last lines. */
  const said: string[] = [];
  const say = (line: string): void => {
    console.log(`         ${line}`);
    if (said.push(line) > 20) said.shift();
  };
  const child = spawn(program, words, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: ownPath() },
    timeout: timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
    say(line);
  });
  createInterface({ input: child.stderr }).on('line', say);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { status: code ?? 1, last, said };
  } catch (error) {
    say((error as Error).message);
    return { status: 1, last, said };
  }
}

function ownPath(): string {
  return [join(root, 'node_modules/.bin'), process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(delimiter);
}
