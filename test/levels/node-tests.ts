/** Runs files of node:test, one process a file, prints a line a file and every failure in full, and counts. */
import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import { nothing, type Outcome, root } from './level.ts';

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

export async function runNodeTests(tests: NodeTests): Promise<Outcome> {
  const files = tests.files.flatMap((glob) => globSync(glob, { cwd: root, exclude: tests.without ?? [] }).sort());
  if (files.length === 0) return { ...nothing, notRun: [`no test matches ${tests.files.join(' ')}`] };
  const stream = run({
    files: files.map((file) => `${root}/${file}`),
    concurrency: tests.concurrency,
    timeout: tests.timeoutSeconds * 1000,
    cwd: root,
  });
  let outcome = nothing;
  for await (const event of stream) {
    report(event);
    if (event.type === 'test:summary' && event.data.file === undefined) outcome = countsOf(event.data);
  }
  return outcome;
}

function countsOf(summary: Data<'test:summary'>): Outcome {
  const { tests, passed, skipped, todo } = summary.counts;
  return { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo, notRun: [] };
}

function report(event: TestEvent): void {
  if (event.type === 'test:fail') printFailure(event.data);
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
function printFailure(data: Data<'test:fail'>): void {
  const { error } = data.details;
  const cause = error.cause ?? error;
  if ((error as { failureType?: string }).failureType === 'subtestsFailed') return;
  console.log(`\n  FAIL   ${data.name}  (${data.file ? relative(root, data.file) : ''}:${data.line ?? ''})`);
  console.log(`${indent(cause instanceof Error ? (cause.stack ?? inspect(cause)) : inspect(cause))}\n`);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '         ');
}
