/** --allow-reclaim: what a page-out left in the swap cache is dropped by the cgroup's own reclaim, and counted. */
import { type ContainerRef, type Worker, WorkerError } from '../../native/worker.ts';
import type { PassOutcome } from '../../node-agent/act/outcome.ts';
import { note } from '../output.ts';

/** The fall of the cgroup's usage; null: nothing to drop, nobody to ask, or no way here. The pass itself is done either way. */
export async function reclaimCache(
  worker: Worker,
  container: ContainerRef | null,
  outcome: PassOutcome,
): Promise<number | null> {
  if (outcome.awaitingReclaimBytes === 0) return null;
  if (container === null)
    return unavailable('the process shares its memory cgroup with others, which is not reclaimed');
  try {
    const { reason, usageBeforeBytes, usageAfterBytes } = await worker.reclaim(container, outcome.awaitingReclaimBytes);
    if (reason !== null) note(`ebb: --allow-reclaim: ${reason}: the swap cache was not dropped whole`);
    return Math.max(0, usageBeforeBytes - usageAfterBytes);
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    if (error.code === 'ReclaimUnavailable')
      return unavailable('this cgroup has no memory.reclaim (cgroup v2 of Linux 5.19 has)');
    note(`ebb: --allow-reclaim: ${error.message}`);
    return null;
  }
}

function unavailable(why: string): null {
  note(`ebb: --allow-reclaim: ReclaimUnavailable: ${why}`);
  return null;
}
