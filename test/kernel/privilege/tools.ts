/** The small programs of these tests, built where they run, and the numbers of the system calls of this architecture. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** System call → its number; without those that this architecture does not have. */
export const numbers: ReadonlyMap<string, number> = readNumbers();

function readNumbers(): ReadonlyMap<string, number> {
  const words = ['-dM', '-E', '-include', 'sys/syscall.h', '-x', 'c', '/dev/null'];
  const text = execFileSync('gcc', words, { encoding: 'utf8' });
  return new Map([...text.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map(([, name, number]) => [name!, Number(number)]));
}

const names = new Map([...numbers].map(([name, number]) => [number, name]));
export const callName = (number: number): string => names.get(number) ?? `call ${number}`;

/** `use` gets a folder that is gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-privilege-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds NAME.c of this folder. */
export function program(folder: string, name: 'call-in' | 'filter-of'): string {
  const file = join(folder, name);
  const source = join(import.meta.dirname, `${name}.c`);
  execFileSync('gcc', ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-static', '-o', file, source]);
  return file;
}

export interface Call {
  readonly name: string;
  readonly call: string;
  /** A number, a text that is put into the process's memory, or `scratch`: the address of some bytes there, all 0. */
  readonly arguments: readonly (number | string)[];
}

export const scratch = '@';

/** name → what the kernel answered, -errno where it failed; calls that this architecture lacks are left out. */
export async function callIn(pid: number | null, calls: readonly Call[]): Promise<ReadonlyMap<string, number>> {
  return inFolder(async (folder) => {
    const there = calls.filter(({ call }) => numbers.has(call));
    const lines = there.map(({ name, call, arguments: words }) =>
      [name, numbers.get(call), ...words.map(word)].join(' '),
    );
    const input = `${lines.join('\n')}\n`;
    const said = execFileSync(program(folder, 'call-in'), [String(pid ?? '-')], { input, encoding: 'utf8' });
    const answers = said
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]);
    if (answers.length !== there.length) throw new Error(`${answers.length} answers to ${there.length} calls: ${said}`);
    return new Map(answers.map(([name, answer]) => [name, Number(answer)]));
  });
}

const word = (argument: number | string): string =>
  typeof argument === 'number' || argument === scratch ? String(argument) : `'${argument}`;

export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
