/** Runs files of node:test, one process a file, prints a line a file and every failure in full, and counts. */
import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import { add, type Counts, nothing, type Outcome, root } from './level.ts';

type Data<T extends TestEvent['type']> = Extract<TestEvent, { type: T }>['data'];

export interface NodeTests {
  /** Globs from the root of the tree. */
  readonly files: readonly string[];
  /** Files that these globs match and that are not meant. */
  readonly without?: readonly string[];
  /** Files at the same time; tests of kernel state run one after the other. */
  readonly concurrency: number;
  readonly timeoutSeconds: number;
}

interface Ran {
  /** Of each file that could say. */
  readonly counts: ReadonlyMap<string, Counts>;
  /** Of each file that failed. */
  readonly failures: ReadonlyMap<string, readonly string[]>;
}

/** What must not happen even once: a file that fails is not run again. */
const onceIsTooOften = /^test\/(unit|kernel\/(act|identity|native|worker))\//;

/** A file that fails waits for real programs on a machine that others use, too: it is run once more, when its list is done. */
export async function runNodeTests(tests: NodeTests): Promise<Outcome> {
  const files = tests.files.flatMap((glob) => globSync(glob, { cwd: root, exclude: tests.without ?? [] }).sort());
  if (files.length === 0) return { ...nothing, notRun: [`no test matches ${tests.files.join(' ')}`] };
  const first = await runFiles(files, tests);
  const again = [...first.failures.keys()].filter((file) => !onceIsTooOften.test(file));
  if (again.length === 0) return outcomeOf(first);
  console.log(`  once more, one after the other: ${again.join(' ')}`);
  const second = await runFiles(again, { ...tests, concurrency: 1 });
  const mended = again.filter((file) => !second.failures.has(file));
  const outcome = outcomeOf({
    counts: new Map([...first.counts, ...second.counts]),
    failures: new Map([...first.failures].filter(([file]) => !mended.includes(file))),
  });
  return { ...outcome, secondTry: mended.flatMap((file) => first.failures.get(file)!) };
}

function outcomeOf({ counts, failures }: Ran): Outcome {
  const sum = [...counts.values()].map((one) => ({ ...nothing, ...one })).reduce(add, nothing);
  // One that ended in the middle has no counts.
  const silent = [...failures.keys()].filter((file) => !counts.has(file)).length;
  return { ...sum, failed: sum.failed + silent, failures: [...failures.values()].flat() };
}

async function runFiles(files: readonly string[], { concurrency, timeoutSeconds }: NodeTests): Promise<Ran> {
  const counts = new Map<string, Counts>();
  const failures = new Map<string, string[]>();
  const paths = files.map((file) => `${root}/${file}`);
  for await (const event of run({ files: paths, concurrency, timeout: timeoutSeconds * 1000, cwd: root })) {
    report(event);
    if (event.type === 'test:fail' && says(event.data)) {
      const file = relative(root, event.data.file ?? root);
      failures.set(file, [...(failures.get(file) ?? []), textOf(event.data)]);
    }
    if (event.type === 'test:summary' && event.data.file !== undefined)
      counts.set(relative(root, event.data.file), countsOf(event.data));
  }
  return { counts, failures };
}

function countsOf(summary: Data<'test:summary'>): Counts {
  const { tests, passed, skipped, todo } = summary.counts;
  return { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo };
}

function report(event: TestEvent): void {
  if (event.type === 'test:fail' && says(event.data)) console.log(`\n  FAIL   ${textOf(event.data)}\n`);
  if (event.type === 'test:pass' && event.data.skip !== undefined) printSkip(event.data);
  if (event.type === 'test:stderr' || event.type === 'test:stdout') process.stdout.write(indent(event.data.message));
  if (event.type === 'test:summary' && event.data.file !== undefined) printFile(event.data.file, event.data);
}

function printFile(file: string, { counts, duration_ms, success }: Data<'test:summary'>): void {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  const seconds = (duration_ms / 1000).toFixed(1);
  console.log(
    `  ${success ? 'ok    ' : 'FAILED'} ${relative(root, file)}: ${counts.passed} of ${counts.tests}${skipped} (${seconds} s)`,
  );
}

function printSkip(data: Data<'test:pass'>): void {
  console.log(`  skip   ${data.name}: ${data.skip === true ? 'no reason given' : data.skip}`);
}

/** A suite that fails because of a test in it says nothing new. */
const says = ({ details: { error } }: Data<'test:fail'>): boolean =>
  (error as { failureType?: string }).failureType !== 'subtestsFailed';

function textOf({ name, file, line, details: { error } }: Data<'test:fail'>): string {
  const cause = error.cause ?? error;
  const why = cause instanceof Error ? (cause.stack ?? inspect(cause)) : inspect(cause);
  return `${name}  (${file ? relative(root, file) : ''}:${line ?? ''})\n${indent(why)}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '         ');
}
