/**
 * Runs commands as tests: one that ends with 0 passed, 77 is a skip (the kernel or machine lacks what it needs). A command
 * whose last line is "N passed, N failed, N skipped" has counted by itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { nothing, type Outcome, root } from './level.ts';

export interface Step {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
  readonly timeoutSeconds: number;
}

export async function runStep(step: Step): Promise<Outcome> {
  const start = performance.now();
  const { status, last } = await execute(step);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`  ${status === 0 ? 'ok    ' : status === 77 ? 'skip  ' : 'FAILED'} ${step.title} (${seconds} s)`);
  const own = countsOf(last);
  if (own && (own.failed > 0 || status === 0)) return own;
  if (status === 77) return { ...nothing, skipped: 1 };
  return status === 0 ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 };
}

function countsOf(line: string): Outcome | null {
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? [];
  if (passed === undefined) return null;
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped), notRun: [] };
}

/** A signal (the time ran out) and a program that can't be started are failures too. */
async function execute({ command: [program, ...words], timeoutSeconds }: Step) {
  let last = '';
  const child = spawn(program, words, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: ownPath() },
    timeout: timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
    console.log(`         ${line}`);
  });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { status: code ?? 1, last };
  } catch (error) {
    console.log(`         ${(error as Error).message}`);
    return { status: 1, last };
  }
}

function ownPath(): string {
  return [join(root, 'node_modules/.bin'), process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(delimiter);
}
