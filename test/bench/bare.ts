/** Builds and runs the bare C baseline. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Bare {
  readonly bytes: number;
  readonly ranges: number;
  readonly micros: number;
  readonly longestMicros: number;
}

let program: string | null = null;

function built(): string {
  if (program !== null) return program;
  const folder = mkdtempSync(join(tmpdir(), 'ebb-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'bare');
  const made = spawnSync('gcc', ['-O2', '-o', path, join(import.meta.dirname, 'bare.c')], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`the baseline did not build: ${made.stderr || made.error?.message}`);
  program = path;
  return path;
}

function run(...words: readonly (string | number)[]): Bare {
  const done = spawnSync(built(), words.map(String), { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`bare ${words.join(' ')}: ${done.stderr}`);
  return JSON.parse(done.stdout) as Bare;
}

/** One call per mapping; `chunkBytes` a call where given. */
export const barePageOut = (pid: number, chunkBytes?: number): Bare =>
  run('pageout', pid, ...(chunkBytes ? [chunkBytes] : []));
/** The fastest of `rounds`. */
export const barePlan = (pid: number, rounds: number): Bare => run('plan', pid, rounds);
