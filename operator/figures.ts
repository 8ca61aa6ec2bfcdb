/**
 * What the agents report, summed up for one policy: which nodes follow it, which are silent, what its containers hold, and
 * which pods have the most in swap. Pure: reports and the time in, the figures of the policy's status out.
 */
import type { PolicyStatus } from '../api/policy-status.ts';
import { roundedQuantity } from '../api/quantity.ts';
import { bySwapped, maxTopPods, type NodeReport } from './node-report.ts';
import { byText } from './precedence.ts';

/** What was reached since the beginning. */
export interface Totals {
  readonly netByteSeconds: bigint;
  readonly reclaimedBytes: bigint;
  readonly refaultedBytes: bigint;
}

export const noTotals: Totals = { netByteSeconds: 0n, reclaimedBytes: 0n, refaultedBytes: 0n };

/** After this long without a report an agent is silent. */
export const silentMillis = 600_000;
/** Whatever agents say, a count fits its field. */
const maxCount = 10_000_000;

export type PolicyFigures = Pick<
  PolicyStatus,
  | 'nodes'
  | 'idleContainers'
  | 'residentBytes'
  | 'swappedBytes'
  | 'netByteSeconds'
  | 'reclaimedBytesTotal'
  | 'wouldReclaimBytes'
  | 'refaultedBytesTotal'
  | 'summary'
  | 'topPods'
>;

/** `reports` of any nodes; `totals` of these and of nodes that are gone; `now` in milliseconds, as reportTime is. */
export function figuresOf(uid: string, reports: readonly NodeReport[], totals: Totals, now: number): PolicyFigures {
  const here = reports.filter((report) => carries(report, uid));
  const rows = reports.flatMap(({ policies }) => policies.get(uid)?.row ?? []);
  const silent = here.filter((report) => isSilent(report, now));
  const bytes = (key: 'residentBytes' | 'swappedBytes' | 'wouldReclaimBytes'): bigint =>
    rows.reduce((sum, row) => sum + BigInt(row[key]), 0n);
  const swapped = bytes('swappedBytes');
  const would = bytes('wouldReclaimBytes');
  return {
    nodes: {
      total: here.length,
      ready: here.filter((report) => !isSilent(report, now) && follows(report, uid)).length,
      silent: silent.length,
    },
    idleContainers: Math.min(
      maxCount,
      rows.reduce((sum, { idleContainers }) => sum + idleContainers, 0),
    ),
    residentBytes: String(bytes('residentBytes')),
    swappedBytes: String(swapped),
    netByteSeconds: String(totals.netByteSeconds),
    reclaimedBytesTotal: String(totals.reclaimedBytes),
    wouldReclaimBytes: String(would),
    refaultedBytesTotal: String(totals.refaultedBytes),
    summary: {
      swapped: roundedQuantity(swapped),
      reclaimed: roundedQuantity(totals.reclaimedBytes),
      wouldReclaim: roundedQuantity(would),
    },
    topPods: topPods(uid, here),
  };
}

/** Adds what one node has reached. */
export function withTotals(totals: Totals, uid: string, { policies }: NodeReport): Totals {
  const row = policies.get(uid)?.row;
  return row
    ? plus(totals, { ...row, reclaimedBytes: BigInt(row.reclaimedBytes), refaultedBytes: BigInt(row.refaultedBytes) })
    : totals;
}

export function plus(a: Totals, b: Totals): Totals {
  return {
    netByteSeconds: a.netByteSeconds + b.netByteSeconds,
    reclaimedBytes: a.reclaimedBytes + b.reclaimedBytes,
    refaultedBytes: a.refaultedBytes + b.refaultedBytes,
  };
}

/** A time that can't be read is none. */
export function isSilent({ reportTime }: NodeReport, now: number): boolean {
  const reported = Date.parse(reportTime ?? '');
  return !(now - reported <= silentMillis);
}

/** Whether its spec has a profile of that policy, of any generation. */
export function carries({ policies }: NodeReport, uid: string): boolean {
  return policies.get(uid)?.generation != null;
}

function follows({ conditions, policies }: NodeReport, uid: string): boolean {
  const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  const row = policies.get(uid)?.row;
  return ready && row != null && row.reason === null;
}

function topPods(uid: string, reports: readonly NodeReport[]): NonNullable<PolicyStatus['topPods']> {
  return reports
    .flatMap(({ node, policies }) => (policies.get(uid)?.topPods ?? []).map((pod) => ({ ...pod, node })))
    .sort((a, b) => bySwapped(a, b) || byText(a.node, b.node))
    .slice(0, maxTopPods)
    .map(({ namespace, name, node, resident, swapped }) => {
      return { namespace, name, node, residentBytes: String(resident), swappedBytes: String(swapped) };
    });
}
