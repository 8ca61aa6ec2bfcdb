/** --allow-reclaim: what a page-out left in the swap cache is dropped by the cgroup's own reclaim, and counted. */
import { join } from 'node:path';
import { type ContainerRef, type Worker, WorkerError } from '../../native/worker.ts';
import type { PassOutcome } from '../../node-agent/act/outcome.ts';
import { parseKey } from '../../node-agent/observe/kernel-text.ts';
import { readOrNull } from '../host.ts';
import { note } from '../output.ts';

export interface Dropped {
  /** What the cgroup was asked for. */
  readonly waitedBytes: number;
  /** What its usage fell by. */
  readonly droppedBytes: number;
}

/** null: nothing to drop, nobody to ask, or no way here, and said why. The pass itself is done either way. */
export async function reclaimCache(
  worker: Worker,
  container: ContainerRef | null,
  outcome: PassOutcome,
): Promise<Dropped | null> {
  if (container === null)
    return unavailable('the process shares its memory cgroup with others, which is not reclaimed');
  const waitedBytes = waiting(container, outcome);
  if (waitedBytes === 0) return none('nothing of it waits in the swap cache');
  try {
    const { reason, usageBeforeBytes, usageAfterBytes } = await worker.reclaim(container, waitedBytes);
    if (reason !== null) note(`ebb: --allow-reclaim: ${reason}: the swap cache was not dropped whole`);
    return { waitedBytes, droppedBytes: Math.max(0, usageBeforeBytes - usageAfterBytes) };
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    if (error.code === 'ReclaimUnavailable')
      return unavailable('this cgroup has no memory.reclaim (cgroup v2 of Linux 5.19 has)');
    return none(error.message);
  }
}

/** What an earlier pass left waits too: whoever gives the flag after reading AwaitingReclaim means that. */
function waiting({ mount, cgroup }: ContainerRef, { reason, awaitingReclaimBytes }: PassOutcome): number {
  if (reason !== null) return awaitingReclaimBytes;
  const stat = readOrNull(join(mount, cgroup, 'memory.stat'));
  return Math.max(awaitingReclaimBytes, parseKey(stat, 'total_swapcached') ?? parseKey(stat, 'swapcached') ?? 0);
}

const unavailable = (why: string): null => none(`ReclaimUnavailable: ${why}`);

function none(why: string): null {
  note(`ebb: --allow-reclaim: ${why}`);
  return null;
}
