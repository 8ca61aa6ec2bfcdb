/** What a level of the tests is, and the numbers it gives to test/run.ts. */
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Outcome extends Counts {
  /** Each a test and why, to be said once more at the end: what came between is long. */
  readonly failures: readonly string[];
  /** Failures of files that passed when they were run once more. */
  readonly secondTry: readonly string[];
  /** What did not run and why, to be said loudly at the end. */
  readonly notRun: readonly string[];
}

interface Named {
  readonly name: string;
  readonly about: string;
  /** Why this machine can't run it; empty: it can. Each says what to do. */
  readonly obstacles: () => readonly string[];
  /** What it has to say beside that where it is only listed. */
  readonly parts?: () => readonly string[];
}

export interface Foreground extends Named {
  readonly run: () => Promise<Outcome>;
}

/** Takes CPU and nothing else of the machine, so it runs beside the levels after it. */
export interface Background extends Named {
  /** Resolves when it needs nothing more of the tree. `others` settles when no other level runs. */
  readonly begin: (others: Promise<void>) => Promise<Begun>;
}

export interface Begun {
  /** From here on it may print, what it held back first. */
  readonly end: () => Promise<Outcome>;
}

export type Level = Foreground | Background;

export const nothing: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [], secondTry: [], notRun: [] };

export const failure = (text: string): Outcome => ({ ...nothing, failed: 1, failures: [text] });

export function add(a: Outcome, b: Outcome): Outcome {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
    secondTry: [...a.secondTry, ...b.secondTry],
    notRun: [...a.notRun, ...b.notRun],
  };
}

export async function inOrder<T>(items: readonly T[], run: (item: T) => Promise<Outcome>): Promise<Outcome> {
  let sum = nothing;
  for (const item of items) sum = add(sum, await run(item));
  return sum;
}
