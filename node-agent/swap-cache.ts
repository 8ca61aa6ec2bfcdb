/**
 * On a disk swap, what was unmapped is free only once the swap cache is dropped. Looks at each tick how much still
 * waits, books what was dropped, and where Ebb may, asks for exactly the rest.
 */
import { containerRef } from './act/carry-out.ts';
import type { ContainerSignals } from './observe/signals.ts';
import { dropped } from './report/ledger.ts';
import type { Parts } from './tick.ts';
import type { Tracked } from './tracked.ts';

/** Less is not worth a reclaim, which looks at other pages too. */
const minReclaimBytes = 2 ** 20;

export function settleWaiting(tracked: Tracked, parts: Parts): void {
  const { signals } = tracked;
  if (tracked.awaitingBytes === 0 || signals === null) return;
  const waiting = Math.min(tracked.awaitingBytes, signals.swapCachedBytes ?? tracked.awaitingBytes);
  const gone = tracked.awaitingBytes - waiting;
  // Touched again is gone from the cache too, and no gain.
  const back = Math.max(0, tracked.swapBytesBefore - (tracked.input?.swapBytes ?? 0));
  tracked.swapBytesBefore = tracked.input?.swapBytes ?? 0;
  book(tracked, Math.max(0, gone - back), waiting, parts);
  if (parts.config.allowReclaim && waiting >= minReclaimBytes && !tracked.reclaiming)
    void reclaim(tracked, signals, parts);
}

function book(tracked: Tracked, freedBytes: number, waiting: number, { metrics }: Parts): void {
  tracked.awaitingBytes = waiting;
  tracked.ledger = { ...dropped(tracked.ledger, freedBytes), awaitingReclaimBytes: waiting };
  if (tracked.profile !== null) metrics.reclaimed(tracked.profile.name, freedBytes);
}

/** Never past memory.min and memory.low. */
async function reclaim(tracked: Tracked, signals: ContainerSignals, parts: Parts): Promise<void> {
  const { worker, hierarchies, log } = parts;
  const floor = Math.max(signals.room.minBytes ?? 0, signals.room.lowBytes ?? 0);
  const bytes = Math.min(tracked.awaitingBytes, (signals.usageBytes ?? 0) - floor);
  if (bytes < minReclaimBytes) return;
  tracked.reclaiming = true;
  try {
    const done = await worker.reclaim(containerRef(hierarchies, tracked.container), bytes);
    const fields = { cgroup: tracked.container.cgroup, askedBytes: bytes, reason: done.reason };
    // What it freed is seen, and booked, at the next tick: by then the swap cache tells.
    log.info(
      { ...fields, usageFallBytes: done.usageBeforeBytes - done.usageAfterBytes },
      'Asked for the swap cache to be dropped',
    );
  } catch (error) {
    log.warn({ cgroup: tracked.container.cgroup, error }, 'Could not ask for the swap cache to be dropped');
  } finally {
    tracked.reclaiming = false;
  }
}
