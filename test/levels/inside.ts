/**
 * Runs in the guest: the C tests, what of the kernel level doesn't depend on time, and test/kernels. Writes its outcome for
 * the host. Left out is what would only be slow there: the agent's and the command line's other tests.
 */
import { globSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { withSwap } from '../kernel/swap.ts';
import { add, nothing } from './level.ts';
import { runNodeTests } from './node-tests.ts';
import { withShippedWorker } from './shipped.ts';
import { runStep } from './steps.ts';

const parts: Readonly<Record<string, readonly string[]>> = {
  agent: ['test/kernels/guards.test.ts'],
  cgroup2: ['test/kernels/!(guards).test.ts', 'test/kernel/observe/**/*.test.ts'],
  features: [
    'test/kernels/{features,guest,pressure,protection,swap-max}.test.ts',
    'test/kernel/identity/{containers,kinds,worker}.test.ts',
    'test/kernel/observe/signals.test.ts',
  ],
  identity: ['test/kernel/identity/**/*.test.ts'],
  worker: ['test/kernel/worker/**/*.test.ts', 'test/kernel/privilege/calls.test.ts'],
};

const [file, part, ...only] = process.argv.slice(2);
const files = parts[part!] ?? only;
console.log(`  ${release()}`);
/** Compares times, which mean nothing here. */
const timed = /many_mappings/;
const programs = globSync('native/build/test/test_*').filter((path) => !timed.test(path));
const title = 'C tests of the library';
const command = ['sh', 'native/tests/run.sh', ...programs] as const;
const native = () =>
  withSwap({ kind: 'zram', bytes: 512 << 20 }, () => runStep({ title, command, timeoutSeconds: 180 }));
const first = part === 'cgroup2' || part === 'features' ? await native() : nothing;
const outcome = await withShippedWorker(() => runNodeTests({ files, concurrency: 1, timeoutSeconds: 600 }));
writeFileSync(file!, JSON.stringify(add(first, outcome)));
process.exit(0); // a test that left something running must not hold the guest
