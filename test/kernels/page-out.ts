/** Pages a region of a target out by the real worker, with the container's cgroup as its proof. */

import { type SpawnOptions, spawnWorker } from '../../native/spawn.ts';
import type { AdviseResult, ContainerRef, Worker } from '../../native/worker.ts';
import type { Cgroup } from '../kernel/cgroup.ts';
import type { Region, Target } from '../targets/target.ts';

export async function withWorker<T>(options: SpawnOptions, use: (worker: Worker) => Promise<T>): Promise<T> {
  const { worker, exited } = await spawnWorker(options);
  try {
    return await use(worker);
  } finally {
    worker.close();
    await exited;
  }
}

export function containerOf(cgroup: Cgroup): ContainerRef {
  return { mount: cgroup.mount, cgroup: cgroup.path, cgroupInode: cgroup.inode };
}

/** Listing first pins the program that the advice is for. */
export async function pageOut(worker: Worker, cgroup: Cgroup, target: Target, region: Region): Promise<AdviseResult> {
  const session = await worker.begin(containerOf(cgroup), ['observe', 'advise']);
  try {
    const [opened] = await session.open([{ pid: target.pid, startTicks: 0 }]);
    if (!opened?.ok) throw new Error(`not opened: ${opened?.refusal.reason}`);
    const { handle } = opened.proof;
    await session.list(handle);
    const limits = {
      advice: 'PageOut',
      maxStallMicros: 0,
      bytesPerSecond: 0,
      deadlineMicros: 0,
      firstChunkBytes: 0,
    } as const;
    return await session.advise(handle, limits, [{ start: region.start, end: region.end }]);
  } finally {
    await session.end();
  }
}
