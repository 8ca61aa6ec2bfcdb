/** Runs a program for the build of the images; its words are in the error when it fails. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

/** What it wrote to its standard output. */
export function run(program: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const ran = spawnSync(program, words, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env: { ...process.env, ...env },
  });
  if (ran.status === 0) return ran.stdout;
  const why =
    ran.error?.message ?? (ran.stderr.trim() || ran.stdout.trim() || `ended with ${ran.status ?? ran.signal}`);
  throw new Error(`ebb: ${program} ${words.join(' ')}: ${why}`);
}
