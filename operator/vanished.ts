/**
 * What nodes that are gone had reached, kept in the status of each policy so that totals never fall. Each node's object is
 * counted in once: its UID stands beside the sums from the write that adds it until the object is gone. Pure.
 */
import { maxFolded, type PolicyStatus } from '../api/policy-status.ts';
import { noTotals, plus, type Totals, withTotals } from './figures.ts';
import type { NodeReport } from './node-report.ts';
import { fieldsAt, listAt, sumAt } from './raw.ts';

export interface Vanished {
  readonly totals: Totals;
  readonly objects: ReadonlySet<string>;
}

export function vanishedIn(status: unknown): Vanished {
  const vanished = fieldsAt(status, 'vanished');
  const objects = listAt(vanished, 'objects').filter((uid) => typeof uid === 'string');
  return { totals: totalsIn(vanished), objects: new Set(objects) };
}

/** Of a status or of its `vanished`. */
export function totalsIn(status: unknown): Totals {
  return {
    netByteSeconds: sumAt(status, 'netByteSeconds') ?? 0n,
    reclaimedBytes: sumAt(status, 'reclaimedBytesTotal') ?? 0n,
    refaultedBytes: sumAt(status, 'refaultedBytesTotal') ?? 0n,
  };
}

export function hasReached(uid: string, report: NodeReport): boolean {
  const { netByteSeconds, reclaimedBytes, refaultedBytes } = withTotals(noTotals, uid, report);
  return netByteSeconds !== 0n || reclaimedBytes !== 0n || refaultedBytes !== 0n;
}

/** As many of them as there is room for; those that are counted already change nothing. */
export function fold(vanished: Vanished, uid: string, reports: Iterable<NodeReport>): Vanished {
  const objects = new Set(vanished.objects);
  let { totals } = vanished;
  for (const report of reports) {
    if (objects.has(report.uid) || objects.size >= maxFolded) continue;
    objects.add(report.uid);
    totals = withTotals(totals, uid, report);
  }
  return { totals, objects };
}

/** Names those only that may still be counted twice. */
export function prune({ totals, objects }: Vanished, isLeft: (uid: string) => boolean): Vanished {
  return { totals, objects: new Set([...objects].filter(isLeft)) };
}

export function reached(uid: string, { totals, objects }: Vanished, reports: Iterable<NodeReport>): Totals {
  let sum = totals;
  for (const report of reports) if (!objects.has(report.uid)) sum = withTotals(sum, uid, report);
  return sum;
}

/** Objects that went while nobody looked: what was written of them, as far as it can be told, stays. */
export function takeOver(vanished: Vanished, written: Totals, now: Totals): Vanished {
  const lost = (key: keyof Totals): bigint => (written[key] > now[key] ? written[key] - now[key] : 0n);
  const totals = { reclaimedBytes: lost('reclaimedBytes'), refaultedBytes: lost('refaultedBytes') };
  // The net may fall by itself, so only what was reclaimed tells that something is missing.
  const isMissing = totals.reclaimedBytes > 0n || totals.refaultedBytes > 0n;
  const netByteSeconds = isMissing ? lost('netByteSeconds') : 0n;
  return { ...vanished, totals: plus(vanished.totals, { ...totals, netByteSeconds }) };
}

/** An agent that lost its count begins anew; what was written of it is not unsaid. */
export function neverLess(written: Totals, now: Totals): Totals {
  return {
    ...now,
    reclaimedBytes: larger(written.reclaimedBytes, now.reclaimedBytes),
    refaultedBytes: larger(written.refaultedBytes, now.refaultedBytes),
  };
}

const larger = (a: bigint, b: bigint): bigint => [a, b].reduce((most, one) => (one > most ? one : most));

export function vanishedStatus({ totals, objects }: Vanished): NonNullable<PolicyStatus['vanished']> {
  return { ...totalsStatus(totals), ...(objects.size > 0 && { objects: [...objects].sort() }) };
}

export function totalsStatus({ netByteSeconds, reclaimedBytes, refaultedBytes }: Totals) {
  return {
    netByteSeconds: String(netByteSeconds),
    reclaimedBytesTotal: String(reclaimedBytes),
    refaultedBytesTotal: String(refaultedBytes),
  };
}
