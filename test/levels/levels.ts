/** The levels, in the order in which they run. CONTRIBUTING.md, Tests. */

import { cacheFolder } from '../../scripts/cache.ts';
import { binaryObstacles } from '../controlplane/binaries.ts';
import { helmObstacles } from '../controlplane/helm.ts';
import { krewObstacles } from '../controlplane/krew.ts';
import { programObstacles } from '../e2e/cluster/programs.ts';
import { imageObstacles } from '../e2e/images.ts';
import { karpenterObstacles } from '../e2e/karpenter/programs.ts';
import { guestRelease } from '../e2e/limited-swap/node.ts';
import { withSwap } from '../kernel/swap.ts';
import { kernelObstacle } from '../vm/guest.ts';
import { footprint, sameAs } from './footprint.ts';
import { beginKernels, guests } from './kernels.ts';
import { add, inOrder, type Level, nothing, type Outcome } from './level.ts';
import { missingPackages, missingRights } from './machine.ts';
import { type NodeTests, runNodeTests } from './node-tests.ts';
import { withShippedWorker } from './shipped.ts';
import { runStep, type Step } from './steps.ts';

/** For each fuzzer. */
const fuzzSeconds = process.env['EBB_FUZZ_SECONDS'] ?? '5';

const lint: readonly Step[] = [
  { title: 'biome check', command: ['biome', 'check', '--error-on-warnings', '.'], timeoutSeconds: 120 },
  { title: 'tsc --noEmit', command: ['tsc', '--noEmit'], timeoutSeconds: 120 },
];

function make(title: string, ...words: string[]): Step {
  return { title, command: ['make', '-s', '--no-print-directory', '-C', 'native', ...words], timeoutSeconds: 600 };
}

/** Debian has no cross package of musl: its files for arm64 are unpacked into the cache. */
async function crossMusl(): Promise<Outcome> {
  const folder = cacheFolder('musl-arm64');
  const command = ['bash', 'scripts/musl-arm64.sh', folder] as const;
  const fetched = await runStep({ title: 'musl for aarch64 fetched', command, timeoutSeconds: 300 });
  if (fetched.passed === 0) return { ...nothing, skipped: 1, notRun: ['musl-dev of arm64 could not be fetched'] };
  return runStep(make('build for aarch64 and musl', 'TARGET=aarch64-linux-gnu', 'LIBC=musl', `MUSL_SYSROOT=${folder}`));
}

const native: readonly Step[] = [
  make('C tests', 'test'),
  make('C tests under ASan and UBSan', 'asan'),
  make('build for musl', 'LIBC=musl'),
  make('build for aarch64', 'TARGET=aarch64-linux-gnu'),
];

/** With swap where we may make some: a few C tests need it. */
async function runNative(): Promise<Outcome> {
  const steps = () => inOrder(native, runStep);
  const swappable = [...missingRights(), ...missingPackages(['flock', 'mkswap', 'swapon'])].length === 0;
  const tested = swappable ? await withSwap({ kind: 'zram', bytes: 512 << 20 }, steps) : await steps();
  return add(tested, await crossMusl());
}

/** Tests that change the machine, which must be the same afterwards. Lists run side by side. */
async function onMachine(...lists: readonly NodeTests[]): Promise<Outcome> {
  const before = footprint();
  const outcomes = await Promise.all(lists.map(runNodeTests));
  return add(outcomes.reduce(add), await sameAs(before));
}

const onKernel: NodeTests = { files: ['test/kernel/**/*.test.ts'], concurrency: 1, timeoutSeconds: 300 };

const controlPlane: Step = {
  title: 'kube-apiserver, etcd, kubectl, helm and krew are there',
  command: ['node', 'test/controlplane/command.ts', 'build'],
  timeoutSeconds: 2400,
};

/** Each has a control plane of its own. */
const onServers: NodeTests = {
  files: ['test/controlplane/*.test.ts', 'test/controlplane/{access,chart,kube,operator,plugin,skew}/**/*.test.ts'],
  without: ['test/controlplane/demo.test.ts'],
  concurrency: 2,
  timeoutSeconds: 300,
};

/** With containers and swap of this machine: these mostly wait for them to be idle. */
const onServersAndMachine: NodeTests = {
  files: ['test/controlplane/agent/**/*.test.ts', 'test/controlplane/demo.test.ts'],
  concurrency: 1,
  timeoutSeconds: 300,
};

const observability: NodeTests = { files: ['test/observability/**/*.test.ts'], concurrency: 1, timeoutSeconds: 300 };

async function runObservability(): Promise<Outcome> {
  const built = await runStep(controlPlane);
  return built.failed > 0 ? built : add(built, await onMachine(observability));
}

async function runControlPlane(): Promise<Outcome> {
  const built = await runStep(controlPlane);
  if (built.failed > 0) return built;
  return add(built, await onMachine(onServers, onServersAndMachine));
}

/** The last three: a registry, and what pushes to it. */
const imagePrograms = [
  'buildah',
  'gcc',
  'make',
  'musl-gcc',
  'aarch64-linux-gnu-gcc',
  'openssl',
  'docker-registry',
  'skopeo',
];
const forImages: readonly Step[] = [
  { title: 'the images are built', command: ['node', 'images/build.ts'], timeoutSeconds: 600 },
  { title: 'helm is there', command: ['node', 'test/controlplane/helm.ts'], timeoutSeconds: 900 },
];

/** helm renders the pods that the images run in. Containers of others are tested without, too. */
async function runRuntime(): Promise<Outcome> {
  const obstacles = [...missingPackages(imagePrograms), ...helmObstacles()];
  const built = obstacles.length > 0 ? nothing : await inOrder(forImages, runStep);
  const without = obstacles.length > 0 || built.failed > 0 ? ['test/runtime/images/**'] : [];
  const ran = await onMachine({ files: ['test/runtime/**/*.test.ts'], without, concurrency: 1, timeoutSeconds: 300 });
  const notRun = obstacles.map((obstacle) => `the images: ${obstacle}`);
  return add(built, add(ran, { ...nothing, skipped: notRun.length, notRun }));
}

const cluster: Step = {
  title: 'the programs of the cluster, Karpenter and the images are there',
  command: ['node', 'test/e2e/cluster/command.ts', 'build'],
  timeoutSeconds: 2400,
};

/** Of the emulated guest. */
const guestPrograms = ['musl-gcc', 'qemu-system-x86_64', 'busybox', 'zstd', 'xz', 'python3', 'mkfs.ext4'];

const limitedSwap = 'test/e2e/limited-swap/*.test.ts';
const noSwapHere = ['test/e2e/karpenter/*.test.ts', limitedSwap];

/** Each has a cluster of its own, and this machine's swap while it lasts. */
const onClusters: NodeTests = {
  files: ['test/e2e/**/*.test.ts'],
  without: noSwapHere,
  concurrency: 1,
  timeoutSeconds: 900,
};

/** Beside them: nodes without swap, and a guest with its own. */
const besideClusters: NodeTests = { files: noSwapHere, concurrency: 1, timeoutSeconds: 900 };

async function runE2e(): Promise<Outcome> {
  const built = await runStep(cluster);
  if (built.failed > 0) return built;
  const obstacles = await guestObstacles();
  const without = obstacles.length > 0 ? [limitedSwap] : [];
  const notRun = obstacles.map((obstacle) => `LimitedSwap: ${obstacle}`);
  const ran = await onMachine(onClusters, { ...besideClusters, without });
  return [ran, { ...nothing, skipped: notRun.length, notRun }].reduce(add, built);
}

async function guestObstacles(): Promise<readonly string[]> {
  const missing = missingPackages(guestPrograms);
  if (missing.length > 0) return missing;
  const obstacle = await kernelObstacle(guestRelease, (text) => process.stdout.write(text));
  return obstacle === null ? [] : [obstacle];
}

const kernelPrograms = ['gcc', 'make', 'flock', 'mkswap', 'swapon', 'mkfs.ext4', 'fsfreeze'];

export const levels: readonly Level[] = [
  {
    name: 'lint',
    about: 'formatting, lint rules and types',
    obstacles: () => [],
    run: () => inOrder(lint, runStep),
  },
  {
    name: 'unit',
    about: 'pure functions and everything else that needs no right',
    obstacles: () => [],
    run: () => runNodeTests({ files: ['test/unit/**/*.test.ts'], concurrency: 2, timeoutSeconds: 120 }),
  },
  {
    name: 'native',
    about: 'the C library and the worker under ASan and UBSan, and built for aarch64 and musl',
    obstacles: () => missingPackages(['gcc', 'make', 'musl-gcc', 'aarch64-linux-gnu-gcc']),
    run: runNative,
  },
  {
    name: 'fuzz',
    about: 'parsers of kernel text and the frames of the worker, fed with rubbish for a bounded time',
    obstacles: () => missingPackages(['clang', 'make']),
    run: () => runStep(make('fuzzers', '-j2', 'fuzz-run', `SECONDS=${fuzzSeconds}`)),
  },
  {
    name: 'kernels',
    about:
      'the kernel level on Linux 6.1, 6.12 (features only) and 7.3 with pure cgroup v2, in an emulated guest, beside the levels after it',
    obstacles: () => missingPackages(guestPrograms),
    parts: guests,
    begin: beginKernels,
  },
  {
    name: 'controlplane',
    about: 'etcd and kube-apiserver, built from their Go modules, with TLS and RBAC on loopback',
    obstacles: () => [
      ...missingPackages(['openssl', 'setpriv', 'flock']),
      ...new Set([...binaryObstacles(), ...helmObstacles(), ...krewObstacles()]),
    ],
    run: runControlPlane,
  },
  {
    name: 'kernel',
    about: 'this kernel: real processes, swap and cgroups, and the worker as it is shipped',
    obstacles: () => [...missingRights(), ...missingPackages(['musl-gcc', 'setpriv', 'strace', ...kernelPrograms])],
    run: () => withShippedWorker(() => onMachine(onKernel)),
  },
  {
    name: 'runtime',
    about: 'containers of containerd and runc, started through CRI, and the images in the pods of the chart',
    obstacles: () => [...missingRights(), ...missingPackages(['containerd', 'ctr', 'runc', ...kernelPrograms])],
    run: runRuntime,
  },
  {
    name: 'observability',
    about: 'alert rules tried by promtool; agent and operator scraped by a Prometheus, which every query is put to',
    obstacles: () => [
      ...missingRights(),
      ...missingPackages(['prometheus', 'promtool', 'openssl', 'setpriv', ...kernelPrograms]),
      ...new Set([...binaryObstacles(), ...helmObstacles()]),
    ],
    run: runObservability,
  },
  {
    name: 'e2e',
    about:
      'clusters of two nodes on which helm installs the images of this tree; Ebb beside Karpenter; LimitedSwap in a guest',
    obstacles: () => [
      ...missingRights(),
      ...missingPackages(['openssl', 'setpriv', 'nsenter', 'unshare', 'ip', ...kernelPrograms]),
      ...new Set([...programObstacles(), ...helmObstacles(), ...karpenterObstacles(), ...imageObstacles()]),
    ],
    run: runE2e,
  },
];
