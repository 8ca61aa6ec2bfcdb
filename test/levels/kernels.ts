/**
 * The kernels level: boots each kernel in the emulated guest of test/vm and runs there what makes sense there (inside.ts).
 * Right for correctness, never for timing. A guest keeps one CPU busy and touches nothing of the machine, so guests run beside
 * the levels that mostly wait.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../scripts/cache.ts';
import { makeDisk } from '../vm/disk.ts';
import { type Ended, kernelObstacle, runGuest } from '../vm/guest.ts';
import { unmarked } from './footprint.ts';
import { add, type Begun, failure, nothing, type Outcome } from './level.ts';
import { copyTree } from './pack.ts';
import { buildShipped } from './shipped.ts';

interface Job {
  readonly release: string;
  /** Which part of inside.ts's list. */
  readonly part: string;
}

/**
 * 6.1 lacks PAGEMAP_SCAN, PROCMAP_QUERY and PIDFD_GET_INFO, 6.12 the last of them, 7.3 nothing. What behaves alike on all is
 * run on the oldest and the newest; the one between them runs what asks for a feature that one of them has and the other
 * has not. What the agent makes of it all is the same everywhere: it runs on the newest. The worker's sessions and filter ask
 * for nothing newer than this machine's kernel, which level kernel runs them on: they run on the oldest.
 */
const releases = (process.env['EBB_KERNELS'] ?? '6.1 6.12 7.3').split(/[\s,]+/);
const between = (release: string): boolean => release === '6.12';
const guestSeconds = Number(process.env['EBB_GUEST_SECONDS'] ?? 1800);
/** Globs for the guest instead of its own list, to look into one test. */
const only = process.env['EBB_GUEST_TESTS'] ?? '';

/** One part of the list alone. */
const onlyPart = process.env['EBB_GUEST_PART'] ?? '';

/** The longer parts first: what is left for the end is short. */
function jobs(): Job[] {
  if (only !== '') return releases.map((release) => ({ release, part: 'chosen' }));
  const ends = releases.filter((release) => !between(release));
  const jobsOf = (part: string, on: readonly string[]): Job[] => on.map((release) => ({ release, part }));
  const all = [
    ...jobsOf('agent', ends.slice(-1)),
    ...jobsOf('identity', ends),
    ...jobsOf('worker', ends.slice(0, 1)),
    ...jobsOf('cgroup2', ends),
    ...jobsOf('features', releases.filter(between)),
  ];
  return all.filter(({ part }) => onlyPart === '' || part === onlyPart);
}

/** What each guest runs, for a person who asks before it takes minutes. */
export const guests = (): string[] => jobs().map(({ release, part }) => `Linux ${release}: ${only || part}`);

/** One guest at a time beside other levels, which leaves them a CPU; two when those are done. */
export async function beginKernels(others: Promise<void>): Promise<Begun> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-guest-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const disk = join(folder, 'tree');
  const built = await buildShipped();
  if (built.failed > 0) return { end: async () => built };
  makeDisk(disk, copyTree);
  const waiting = jobs();
  const say = held();
  const runJobs = async (): Promise<Outcome> => {
    let sum = nothing;
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift())
      sum = add(sum, await runJob(job, disk, mkdtempSync(join(folder, 'share-')), say.line));
    return sum;
  };
  const second = availableParallelism() > 1 ? others.then(runJobs) : nothing;
  const running = Promise.all([runJobs(), second]).finally(remove);
  running.catch(() => undefined); // said at the end
  return {
    end: async () => {
      say.release();
      return (await running).reduce(add, built);
    },
  };
}

type Say = (text: string) => void;

/** Lines that are kept until they may be said. */
function held(): { readonly line: Say; readonly release: () => void } {
  let kept: string[] | null = [];
  return {
    line: (text) => (kept === null ? console.log(text) : kept.push(text)),
    release: () => {
      for (const text of kept ?? []) console.log(text);
      kept = null;
    },
  };
}

async function runJob(job: Job, disk: string, share: string, say: Say): Promise<Outcome> {
  const { release, part } = job;
  const name = `Linux ${release}, ${part}`;
  say(`  ...    ${name}: booting, running; what it says comes when it is done`);
  const obstacle = await kernelObstacle(release, (text) => say(`         ${text.trimEnd()}`));
  if (obstacle !== null) return { ...nothing, skipped: 1, notRun: [`${part}: ${obstacle}`] };
  const start = performance.now();
  const compiled = cacheFolder('compiled');
  cpSync(compiled, join(share, 'compiled'), { recursive: true });
  const options = { release, share, disk, script: script(part), timeoutSeconds: guestSeconds };
  const guest = await runGuest(options, unmarked);
  cpSync(join(share, 'compiled'), compiled, { recursive: true });
  say(`  -- ${name} (${((performance.now() - start) / 1000).toFixed(0)} s)\n${guest.output.trimEnd()}`);
  return outcomeOf(guest, name, share, say);
}

/** What V8 compiled is kept for the next guest, also of another run: it takes half of a test's time. */
const script = (part: string): string =>
  [
    'echo "  booted after $(cut -d. -f1 /proc/uptime) s"',
    'cp -r /vm/share/compiled /run/',
    'export PATH=$PWD/node_modules/.bin:$PATH EBB_SCRATCH=/scratch EBB_PREBUILT=1 NODE_COMPILE_CACHE=/run/compiled',
    'export EBB_PATIENCE_SECONDS=180',
    `node --disable-warning=ExperimentalWarning test/levels/inside.ts /vm/share/outcome.json ${part} ${only}`,
    'status=$?; cp -r /run/compiled /vm/share/; exit $status',
  ].join('\n');

function outcomeOf({ status }: Ended, name: string, share: string, say: Say): Outcome {
  if (status === 0) {
    const outcome = JSON.parse(readFileSync(join(share, 'outcome.json'), 'utf8')) as Outcome;
    const named = (texts: readonly string[]) => texts.map((text) => `${name}: ${text}`);
    return { ...outcome, failures: named(outcome.failures), secondTry: named(outcome.secondTry) };
  }
  const why = { 124: `not done in ${guestSeconds} s`, 125: 'the guest did not boot, twice' }[status ?? 1];
  const text = `${name}: ${why ?? `the guest ended with ${status}`}`;
  say(`  FAILED ${text}`);
  return failure(text);
}
