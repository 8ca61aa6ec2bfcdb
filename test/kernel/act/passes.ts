/** Whole passes by runPass through a real worker, as the agent and `ebb advise` run them, and the account they must give. */
import assert from 'node:assert/strict';
import { type SpawnOptions, spawnWorker } from '../../../native/spawn.ts';
import type { Advice, Worker } from '../../../native/worker.ts';
import { type PassOutcome, type PassRequest, type ProcessOutcome, runPass } from '../../../node-agent/act/pass.ts';
import type { Cgroup } from '../cgroup.ts';

export const mebibyte = 2 ** 20;

export async function withWorker<T>(use: (worker: Worker) => Promise<T>, options: SpawnOptions = {}): Promise<T> {
  const { worker, exited } = await spawnWorker({ dacReadSearch: true, ...options });
  try {
    return await use(patient(worker));
  } finally {
    worker.close();
    await exited;
  }
}

/** A busy machine is not a stuck target: reads of an address space may take long here. */
const patient = (worker: Worker): Worker => ({
  hello: worker.hello,
  gone: worker.gone,
  begin: (container, rights) => worker.begin(container, rights, { watchMillis: 5000 }),
  probe: () => worker.probe(),
  reclaim: (container, bytes) => worker.reclaim(container, bytes),
  close: () => worker.close(),
});

export interface Wish extends Partial<Omit<PassRequest, 'rules' | 'advice'>> {
  readonly advice?: Advice;
  readonly kinds?: PassRequest['rules']['kinds'];
  readonly maxBytesPerRound?: number;
  readonly excludeCommands?: readonly string[];
}

/** PageOut of all private anonymous memory, nothing held back. */
export function advise(
  worker: Worker,
  cgroup: Cgroup | null,
  pids: readonly number[],
  wish: Wish = {},
): Promise<PassOutcome> {
  const { kinds = ['Anonymous'], advice = 'PageOut', excludeCommands = [], ...others } = wish;
  const { maxBytesPerRound = Number.MAX_SAFE_INTEGER, ...rest } = others;
  return runPass(worker, {
    container: cgroup && { mount: cgroup.mount, cgroup: cgroup.path, cgroupInode: cgroup.inode },
    targets: pids.map((pid) => ({ pid, startTicks: 0 })),
    advice,
    rules: {
      kinds,
      minRangeBytes: 4096,
      keepResidentBytes: 0,
      maxBytesPerRound,
      excludeCommands,
      mode: 'All',
    },
    limits: { maxBytesPerSecond: 0, maxStallMicroseconds: 2000, deadlineMillis: 0 },
    dryRun: false,
    guard: () => null,
    ...rest,
  });
}

export const skippedBytes = ({ skipped }: ProcessOutcome, reason: string): number =>
  skipped.find((skip) => skip.reason === reason)?.bytes ?? 0;

/** Every byte that is mapped is advised or skipped with a reason, once. */
export function assertBalanced(outcome: PassOutcome): void {
  for (const one of outcome.processes) {
    const skipped = one.skipped.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.equal(one.advisedBytes + skipped, one.mappedBytes, JSON.stringify(one));
  }
}

/** As assertBalanced, and each process was gone through to its end. */
export function assertWhole(outcome: PassOutcome): void {
  assert.equal(outcome.reason, null);
  for (const { pid, error } of outcome.processes) assert.deepEqual({ pid, error }, { pid, error: null });
  assertBalanced(outcome);
}
