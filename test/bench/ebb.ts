/** Ebb's own side of the benchmarks: a worker, and a pass over one target with nothing held back. */

import { spawnWorker } from '../../native/spawn.ts';
import type { Worker } from '../../native/worker.ts';
import type { PassOutcome } from '../../node-agent/act/pass.ts';
import { runPass } from '../../node-agent/act/pass.ts';

export async function withWorker<T>(use: (worker: Worker) => Promise<T>): Promise<T> {
  const { worker, exited } = await spawnWorker({ dacReadSearch: true });
  try {
    return await use(worker);
  } finally {
    worker.close();
    await exited;
  }
}

export async function pageOut(worker: Worker, pid: number, maxStallMicroseconds: number): Promise<PassOutcome> {
  const outcome = await runPass(worker, {
    container: null,
    targets: [{ pid, startTicks: 0 }],
    advice: 'PageOut',
    rules: {
      kinds: ['Anonymous'],
      minRangeBytes: 4096,
      keepResidentBytes: 0,
      maxBytesPerRound: 2 ** 40,
      excludeCommands: [],
      mode: 'All',
    },
    limits: { maxBytesPerSecond: 0, maxStallMicroseconds, deadlineMillis: 0 },
    dryRun: false,
    guard: () => null,
  });
  const failed = outcome.reason ?? outcome.processes[0]?.error;
  if (failed) throw new Error(`the pass did not go through: ${failed}`);
  return outcome;
}
