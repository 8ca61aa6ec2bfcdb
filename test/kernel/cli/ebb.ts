/** Runs the real command line, as a user would, and gives what it said and how it ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface EbbOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Words in front: ["setpriv", "--bounding-set", …]. */
  readonly through?: readonly string[];
  /** Called with the child once it runs. */
  readonly during?: (pid: number) => void | Promise<void>;
}

export const mainPath = join(import.meta.dirname, '../../../cli/main.ts');

export async function ebb(words: readonly (string | number)[], options: EbbOptions = {}): Promise<Ended> {
  const all = [...(options.through ?? []), process.execPath, mainPath, ...words.map(String)];
  const env = { ...process.env, ...options.env };
  const child = spawn(all[0]!, all.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = once(child, 'exit');
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    await options.during?.(child.pid!);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  const [[code], [out, err]] = await Promise.all([ended, said]);
  return { code, out, err };
}

/** For what must not write to a terminal anything it could obey. */
export const printable = (said: Ended): boolean => /^[\x20-\x7e\n…’]*$/.test(said.out + said.err);
