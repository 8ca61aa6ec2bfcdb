/**
 * The kernels level: boots each kernel in the emulated guest of test/vm and runs there what makes sense there (inside.ts).
 * Right for correctness, never for timing. A guest keeps one CPU busy, so two run at the same time; the tests of the oldest
 * and the newest kernel are shared between two guests, so that no CPU waits for the last one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../scripts/cache.ts';
import { programsDisk } from '../e2e/limited-swap/programs-disk.ts';
import { add, nothing, type Outcome, root } from './level.ts';
import { packTree } from './pack.ts';
import { buildShipped } from './shipped.ts';

interface Job {
  readonly release: string;
  /** Which part of inside.ts's list. */
  readonly part: string;
}

/**
 * 6.1 lacks PAGEMAP_SCAN, PROCMAP_QUERY and PIDFD_GET_INFO, 6.12 the last of them, 7.3 nothing. What behaves alike on all is
 * run on the oldest and the newest; the one between them runs what asks for a feature that one of them has and the other
 * has not.
 */
const releases = (process.env['EBB_KERNELS'] ?? '6.1 6.12 7.3').split(/[\s,]+/);
/** Runs a kubelet, which needs no more of a kernel than pure cgroup v2: on one is enough. Has not passed yet: only where asked for. */
const newest = '7.3';
const limitedSwap = 'limited-swap';
const between = (release: string): boolean => release === '6.12';
const guestSeconds = Number(process.env['EBB_GUEST_SECONDS'] ?? 900);
/** Globs for the guest instead of its own list, to look into one test. */
const only = process.env['EBB_GUEST_TESTS'] ?? '';

/** One part of the list alone. */
const onlyPart = process.env['EBB_GUEST_PART'] ?? '';

/** The longer parts first: what is left for the end is short. */
function jobs(): Job[] {
  if (only !== '') return releases.map((release) => ({ release, part: 'chosen' }));
  const ends = releases.filter((release) => !between(release));
  if (onlyPart === limitedSwap) return [{ release: newest, part: limitedSwap }];
  const all = [
    ...['identity', 'cgroup2'].flatMap((part) => ends.map((release) => ({ release, part }))),
    ...releases.filter(between).map((release) => ({ release, part: 'features' })),
  ];
  return all.filter(({ part }) => onlyPart === '' || part === onlyPart);
}

export async function runKernels(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-guest-'));
  try {
    const tree = join(folder, 'tree.tar');
    const built = await buildShipped();
    if (built.failed > 0) return built;
    packTree(tree);
    const waiting = jobs();
    const lanes = Math.min(2, availableParallelism());
    const sums = await Promise.all(Array.from({ length: lanes }, () => runLane(waiting, tree, folder)));
    return sums.reduce(add, built);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runLane(waiting: Job[], tree: string, folder: string): Promise<Outcome> {
  let sum = nothing;
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
    sum = add(sum, await runJob(job, tree, mkdtempSync(join(folder, 'share-'))));
  }
  return sum;
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Output is kept until it ends, so that two guests don't mix theirs; a download is shown as it goes. */
async function bash(script: string, words: readonly string[], shown = (_text: string) => {}): Promise<Ended> {
  const child = spawn('bash', [join(root, 'test/vm', script), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      shown(text);
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

const fetches = new Map<string, Promise<Ended>>();

/** Once for each kernel, whoever asks first. */
function fetched(kernels: string, release: string): Promise<Ended> {
  const known = fetches.get(release);
  if (known !== undefined) return known;
  const fetching = bash('build.sh', [kernels, release], (text) => process.stdout.write(`         ${text}`));
  fetches.set(release, fetching);
  return fetching;
}

async function runJob(job: Job, tree: string, share: string): Promise<Outcome> {
  const kernels = cacheFolder('kernels');
  const name = `Linux ${job.release}, ${job.part}`;
  console.log(`  ...    ${name}: booting, running; what it says comes when it is done`);
  const { status, output } = await fetched(kernels, job.release);
  if (status !== 0) {
    const why = output.trim().split('\n').at(-1);
    return { ...nothing, skipped: 1, notRun: [`${name} could not be fetched: ${why}`] };
  }
  const programs = job.part === limitedSwap ? programsDisk(share) : null;
  if (programs !== null && 'missing' in programs)
    return { ...nothing, skipped: 1, notRun: [`${name}: ${programs.missing}`] };
  const start = performance.now();
  const guest = await runGuest(kernels, job, tree, share, programs?.disk ?? null);
  console.log(`  -- ${name} (${((performance.now() - start) / 1000).toFixed(0)} s)\n${guest.output.trimEnd()}`);
  return outcomeOf(guest, name, share);
}

/** Unpacks the tree in the guest's memory first: running programs from the shared root is 45 times slower. */
function runGuest(
  kernels: string,
  { release, part }: Job,
  tree: string,
  share: string,
  disk: string | null,
): Promise<Ended> {
  linkSync(tree, join(share, 'tree.tar'));
  // An agent as in its pod has a /run of its own.
  const place = disk === null ? '/run/ebb' : '/tmp/ebb';
  const programs = disk === null ? [] : ['-p', disk];
  const command = [
    'echo "  booted after $(cut -d. -f1 /proc/uptime) s"',
    `mkdir ${place} && tar -xf /vm/share/tree.tar -C ${place} && cd ${place}`,
    'echo "  unpacked after $(cut -d. -f1 /proc/uptime) s"',
    'export PATH=$PWD/node_modules/.bin:$PATH EBB_SCRATCH=/scratch EBB_PREBUILT=1 NODE_COMPILE_CACHE=/run/compiled',
    disk === null ? 'export EBB_PATIENCE_SECONDS=90' : 'export EBB_PATIENCE_SECONDS=240 EBB_CACHE=/programs',
    `exec node --disable-warning=ExperimentalWarning test/levels/inside.ts /vm/share/outcome.json ${part} ${only}`,
  ].join('\n');
  return bash('vm.sh', ['-d', kernels, '-k', release, '-s', share, '-t', String(guestSeconds), ...programs, command]);
}

function outcomeOf({ status }: Ended, name: string, share: string): Outcome {
  if (status === 0) return JSON.parse(readFileSync(join(share, 'outcome.json'), 'utf8')) as Outcome;
  if (status === 124) console.log(`  FAILED ${name}: not done in ${guestSeconds} s`);
  if (status === 125) console.log(`  FAILED ${name}: the guest did not boot, twice`);
  return { ...nothing, failed: 1 };
}
