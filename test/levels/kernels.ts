/**
 * The kernels level: boots each kernel in the emulated guest of test/vm and runs there what makes sense there (inside.ts).
 * Right for correctness, never for timing. A guest keeps one CPU busy, so two run at the same time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { add, nothing, type Outcome, root } from './level.ts';
import { packTree } from './pack.ts';

/** 6.1 lacks PAGEMAP_SCAN, PROCMAP_QUERY and PIDFD_GET_INFO, 6.12 the last of them, 7.3 nothing. */
const releases = (process.env['EBB_KERNELS'] ?? '6.1 6.12 7.3').split(/[\s,]+/);
const guestSeconds = Number(process.env['EBB_GUEST_SECONDS'] ?? 900);
/** Globs for the guest instead of its own list, to look into one test. */
const only = process.env['EBB_GUEST_TESTS'] ?? '';

export async function runKernels(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-guest-'));
  try {
    const tree = join(folder, 'tree.tar');
    packTree(tree);
    const waiting = [...releases];
    const lanes = Math.min(2, availableParallelism());
    const sums = await Promise.all(Array.from({ length: lanes }, () => runLane(waiting, tree, folder)));
    return sums.reduce(add, nothing);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runLane(waiting: string[], tree: string, folder: string): Promise<Outcome> {
  let sum = nothing;
  for (let release = waiting.shift(); release !== undefined; release = waiting.shift()) {
    sum = add(sum, await runKernel(release, tree, mkdtempSync(join(folder, 'share-'))));
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

async function runKernel(release: string, tree: string, share: string): Promise<Outcome> {
  const kernels = cacheFolder('kernels');
  console.log(`  ...    Linux ${release}: booting, running; what it says comes when it is done`);
  const fetched = await bash('build.sh', [kernels, release], (text) => process.stdout.write(`         ${text}`));
  if (fetched.status !== 0) {
    const why = fetched.output.trim().split('\n').at(-1);
    return { ...nothing, skipped: 1, notRun: [`Linux ${release} could not be fetched: ${why}`] };
  }
  const start = performance.now();
  const guest = await runGuest(kernels, release, tree, share);
  console.log(
    `  -- Linux ${release} (${((performance.now() - start) / 1000).toFixed(0)} s)\n${guest.output.trimEnd()}`,
  );
  return outcomeOf(guest, release, share);
}

/** Unpacks the tree in the guest's memory first: running programs from the shared root is 45 times slower. */
function runGuest(kernels: string, release: string, tree: string, share: string): Promise<Ended> {
  linkSync(tree, join(share, 'tree.tar'));
  const command = [
    'echo "  booted after $(cut -d. -f1 /proc/uptime) s"',
    `mkdir /run/ebb && tar -xf /vm/share/tree.tar -C /run/ebb && cd /run/ebb`,
    'echo "  unpacked after $(cut -d. -f1 /proc/uptime) s"',
    'export PATH=/run/ebb/node_modules/.bin:$PATH EBB_SCRATCH=/scratch EBB_PREBUILT=1 NODE_COMPILE_CACHE=/run/compiled',
    'export EBB_PATIENCE_SECONDS=90',
    `exec node --disable-warning=ExperimentalWarning test/levels/inside.ts /vm/share/outcome.json ${only}`,
  ].join('\n');
  return bash('vm.sh', ['-d', kernels, '-k', release, '-s', share, '-t', String(guestSeconds), command]);
}

function outcomeOf({ status }: Ended, release: string, share: string): Outcome {
  if (status === 0) return JSON.parse(readFileSync(join(share, 'outcome.json'), 'utf8')) as Outcome;
  if (status === 124) console.log(`  FAILED Linux ${release}: not done in ${guestSeconds} s`);
  if (status === 125) console.log(`  FAILED Linux ${release}: the guest did not boot, twice`);
  return { ...nothing, failed: 1 };
}
