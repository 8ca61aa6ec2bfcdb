/**
 * What the agents report, summed up for one policy: which nodes follow it, which are silent, what its containers hold, and
 * which pods have the most in swap. Pure: reports and the time in, the figures of the policy's status out.
 */
import type { NodeSpec } from '../api/node-spec.ts';
import type { NodeStatus } from '../api/node-status.ts';
import type { PolicyStatus } from '../api/policy-status.ts';
import { byText } from './precedence.ts';

/** One node's object as it was last seen. */
export interface NodeReport {
  readonly node: string;
  readonly spec: NodeSpec;
  readonly status: NodeStatus | null;
}

/** What nodes that are gone had reached: their figures are folded in, so that totals never fall. */
export interface Totals {
  readonly netByteSeconds: bigint;
  readonly reclaimedBytes: bigint;
  readonly refaultedBytes: bigint;
}

export const noTotals: Totals = { netByteSeconds: 0n, reclaimedBytes: 0n, refaultedBytes: 0n };

/** After this long without a report an agent is silent. */
const silentMillis = 600_000;
const maxTopPods = 20;

export type PolicyFigures = Pick<
  PolicyStatus,
  | 'nodes'
  | 'idleContainers'
  | 'residentBytes'
  | 'swappedBytes'
  | 'netByteSeconds'
  | 'reclaimedBytesTotal'
  | 'refaultedBytesTotal'
  | 'topPods'
>;

/** `reports` of any nodes; `now` in milliseconds of the wall clock, as reportTime is. */
export function figuresOf(uid: string, reports: readonly NodeReport[], gone: Totals, now: number): PolicyFigures {
  const here = reports.filter(({ spec }) => spec.profiles.some(({ sources }) => sources[0]?.uid === uid));
  const rows = reports.flatMap(({ status }) => status?.policies?.filter((policy) => policy.uid === uid) ?? []);
  const totals = reports.reduce((sum, report) => withTotals(sum, uid, report), gone);
  const silent = here.filter((report) => isSilent(report, now));
  const bytes = (key: 'residentBytes' | 'swappedBytes'): string =>
    String(rows.reduce((sum, row) => sum + BigInt(row[key] ?? 0), 0n));
  return {
    nodes: {
      total: here.length,
      ready: here.filter((report) => !isSilent(report, now) && follows(report, uid)).length,
      silent: silent.length,
    },
    idleContainers: rows.reduce((sum, { idleContainers = 0 }) => sum + idleContainers, 0),
    residentBytes: bytes('residentBytes'),
    swappedBytes: bytes('swappedBytes'),
    netByteSeconds: String(totals.netByteSeconds),
    reclaimedBytesTotal: String(totals.reclaimedBytes),
    refaultedBytesTotal: String(totals.refaultedBytes),
    topPods: topPods(uid, here),
  };
}

/** Folds in what one node has reached, for the policy's figures and before the object of a vanished node goes. */
export function withTotals(totals: Totals, uid: string, { status }: NodeReport): Totals {
  const rows = status?.policies?.filter((policy) => policy.uid === uid) ?? [];
  return rows.reduce(
    (sum, { netByteSeconds = '0', reclaimedBytesTotal = 0, refaultedBytesTotal = 0 }) => ({
      netByteSeconds: sum.netByteSeconds + BigInt(netByteSeconds),
      reclaimedBytes: sum.reclaimedBytes + BigInt(reclaimedBytesTotal),
      refaultedBytes: sum.refaultedBytes + BigInt(refaultedBytesTotal),
    }),
    totals,
  );
}

/** A time that can't be read is none. */
export function isSilent({ status }: NodeReport, now: number): boolean {
  const reported = Date.parse(status?.reportTime ?? '');
  return !(now - reported <= silentMillis);
}

function follows({ status }: NodeReport, uid: string): boolean {
  const ready = status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false;
  const row = status?.policies?.find((policy) => policy.uid === uid);
  return ready && row !== undefined && row.reason === undefined;
}

type TopPod = NonNullable<PolicyStatus['topPods']>[number];

function topPods(uid: string, reports: readonly NodeReport[]): TopPod[] {
  return reports
    .flatMap((report) => podsOf(uid, report))
    .filter(({ swapped }) => swapped > 0)
    .sort((a, b) => b.swapped - a.swapped || byText(a.namespace, b.namespace) || byText(a.name, b.name))
    .slice(0, maxTopPods)
    .map(({ namespace, name, node, resident, swapped }) => {
      return { namespace, name, node, residentBytes: String(resident), swappedBytes: String(swapped) };
    });
}

function podsOf(uid: string, { node, spec, status }: NodeReport) {
  const profiles = new Set(spec.profiles.filter(({ sources }) => sources[0]?.uid === uid).map(({ name }) => name));
  const containers = Map.groupBy(status?.containers ?? [], ({ podUID }) => podUID);
  return spec.pods
    .filter(({ profile }) => profiles.has(profile))
    .map(({ uid: podUID, namespace, name }) => {
      const own = containers.get(podUID) ?? [];
      const sum = (key: 'anonBytes' | 'swapBytes'): number => own.reduce((bytes, one) => bytes + (one[key] ?? 0), 0);
      return { namespace, name, node, resident: sum('anonBytes'), swapped: sum('swapBytes') };
    });
}
