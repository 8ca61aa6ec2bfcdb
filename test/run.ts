/**
 * npm test: runs every level that this machine can run, or the levels named as arguments. Ends with what did not run
 * and why, and one line of counts. Exit code 1 when anything failed. `--list` says what it would run, and what is missing here.
 */
import { cacheFolder } from '../scripts/cache.ts';
import {
  add,
  type Background,
  type Begun,
  failure,
  inOrder,
  type Level,
  nothing,
  type Outcome,
} from './levels/level.ts';
import { levels } from './levels/levels.ts';
import { runStep, type Step } from './levels/steps.ts';
import { sweepOnSignals } from './levels/sweep.ts';

/** These need nothing that is built, so they run also where the build fails. */
const needNoBuild = ['lint', 'unit'];

/** The second: the library and worker with a hook between two steps, which races are provoked through. */
const builds: readonly Step[] = [
  { title: 'build', command: ['node', 'scripts/build.ts'], timeoutSeconds: 300 },
  { title: 'build for tests', command: ['make', '-s', '-C', 'native', 'test-build'], timeoutSeconds: 300 },
  { title: 'build of the targets', command: ['make', '-s', '-C', 'test/targets'], timeoutSeconds: 300 },
];

function chosen(names: readonly string[]): readonly Level[] {
  const unknown = names.filter((name) => !levels.some((level) => level.name === name));
  if (unknown.length > 0) {
    console.error(`no such level: ${unknown.join(', ')}; there are:`);
    for (const { name, about } of levels) console.error(`  ${name.padEnd(8)} ${about}`);
    process.exit(2);
  }
  return names.length === 0 ? levels : levels.filter((level) => names.includes(level.name));
}

function say({ name, about, obstacles, parts = () => [] }: Level): void {
  console.log(`${name}: ${about}`);
  for (const part of parts()) console.log(`  ${part}`);
  for (const obstacle of obstacles()) console.log(`  not here: ${obstacle}`);
}

async function runLevel(level: Level, run: () => Promise<Outcome>): Promise<Outcome> {
  console.log(`\n== ${level.name}: ${level.about}`);
  const obstacles = level.obstacles();
  if (obstacles.length > 0) {
    for (const obstacle of obstacles) console.log(`  not run: ${obstacle}`);
    return { ...nothing, skipped: 1, notRun: obstacles.map((obstacle) => `${level.name}: ${obstacle}`) };
  }
  const start = performance.now();
  const outcome = await run().catch(thrown);
  console.log(`  ${summary(outcome)} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  const named = (lines: readonly string[]) => lines.map((line) => `${level.name}: ${line}`);
  return {
    ...outcome,
    failures: named(outcome.failures),
    secondTry: named(outcome.secondTry),
    notRun: named(outcome.notRun),
  };
}

function thrown(error: Error): Outcome {
  console.log(`  FAILED ${error.stack}`);
  return failure(String(error.stack));
}

/** One that can't even begin says so at its end. */
async function beginning(level: Background, others: Promise<void>): Promise<Begun> {
  try {
    return await level.begin(others);
  } catch (error) {
    return {
      end: async () => {
        throw error;
      },
    };
  }
}

/** In order; one that runs in the background is awaited, and speaks, after the others. */
async function runLevels(list: readonly Level[]): Promise<Outcome> {
  const others = Promise.withResolvers<void>();
  const background: [Level, Begun | null][] = [];
  let sum = nothing;
  for (const level of list) {
    if ('run' in level) sum = add(sum, await runLevel(level, level.run));
    else background.push([level, level.obstacles().length > 0 ? null : await beginning(level, others.promise)]);
  }
  others.resolve();
  for (const [level, begun] of background)
    sum = add(sum, await runLevel(level, async () => (await begun?.end()) ?? nothing));
  return sum;
}

function unbuilt({ name }: Level): Outcome {
  return { ...nothing, skipped: 1, notRun: [`${name}: the build failed`] };
}

function summary({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const list = chosen(words.filter((word) => word !== '--list'));
  if (words.includes('--list')) {
    list.forEach(say);
    return 0;
  }
  let sum = list.every(({ name }) => needNoBuild.includes(name))
    ? nothing
    : { ...(await inOrder(builds, runStep)), passed: 0 };
  const built = sum.failed === 0;
  const runs = (level: Level) => built || needNoBuild.includes(level.name);
  sum = add(sum, await runLevels(list.filter(runs)));
  for (const level of list) if (!runs(level)) sum = add(sum, unbuilt(level));
  console.log('');
  for (const text of sum.secondTry) console.log(`!! PASSED ONLY WHEN RUN AGAIN   ${text}`);
  for (const text of sum.failures) console.log(`!! FAILED   ${text}`);
  for (const line of sum.notRun) console.log(`!! NOT RUN  ${line}`);
  console.log(summary(sum));
  return sum.failed > 0 ? 1 : 0;
}

// Go's programs collect garbage less often: a fifth less CPU for an API server that lives for seconds.
process.env['GOGC'] ??= '400';
// What V8 compiled of a file is kept: making it takes half of a short program's time.
process.env['NODE_COMPILE_CACHE'] ??= cacheFolder('compiled-here');
sweepOnSignals();
process.exitCode = await main();
