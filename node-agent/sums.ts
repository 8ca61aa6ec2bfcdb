/** The sums of each policy over its containers, for metrics and reports. What grows is given as its growth since last time. */
import type { PolicyGauges } from './report/metrics.ts';
import type { StateName } from './report/state.ts';
import type { Tracked } from './tracked.ts';

/** Of ledgers, what never falls. */
export interface Growth {
  readonly reclaimedBytes: number;
  readonly cameBackBytes: number;
  readonly netByteSeconds: number;
}

export interface PolicySums extends PolicyGauges, Growth {
  /** Those that are not Active. */
  readonly idleContainers: number;
  readonly containers: number;
  /** As DryRun finds. */
  readonly wouldReclaimBytes: number;
}

/** Of a tracked container, what was told before. */
const told = new WeakMap<Tracked, Growth>();

/** What its ledger grew by since this was asked last. */
export function growthOf(tracked: Tracked): Growth {
  const before = told.get(tracked);
  const { reclaimedBytes, cameBackBytes, netByteSeconds } = tracked.ledger;
  told.set(tracked, { reclaimedBytes, cameBackBytes, netByteSeconds });
  return {
    reclaimedBytes: reclaimedBytes - (before?.reclaimedBytes ?? 0),
    cameBackBytes: cameBackBytes - (before?.cameBackBytes ?? 0),
    netByteSeconds: netByteSeconds - (before?.netByteSeconds ?? 0),
  };
}

/** `gone`: containers that are no more and whose last growth was not told yet. */
export function policySums(
  policies: ReadonlySet<string>,
  all: Iterable<Tracked>,
  gone: readonly Tracked[],
): readonly PolicySums[] {
  const byPolicy = Map.groupBy(all, (one) => one.profile?.name ?? null);
  const goneOf = Map.groupBy(gone, (one) => one.profile?.name ?? null);
  return [...policies].map((policy) => sumsOf(policy, byPolicy.get(policy) ?? [], goneOf.get(policy) ?? []));
}

function sumsOf(policy: string, containers: readonly Tracked[], gone: readonly Tracked[]): PolicySums {
  const byState = new Map<StateName, number>();
  const sums = { anonBytes: 0, swapBytes: 0, outBytes: 0, wouldReclaimBytes: 0 };
  for (const tracked of containers) {
    const state = tracked.decision?.state ?? 'Active';
    byState.set(state, (byState.get(state) ?? 0) + 1);
    sums.anonBytes += tracked.input?.anonBytes ?? 0;
    sums.swapBytes += tracked.input?.swapBytes ?? 0;
    sums.outBytes += tracked.ledger.outBytes;
    sums.wouldReclaimBytes += tracked.wouldReclaimBytes;
  }
  const idleContainers = containers.length - (byState.get('Active') ?? 0) - (byState.get('Waking') ?? 0);
  return {
    ...{ policy, byState, idleContainers, containers: containers.length },
    ...sums,
    ...[...containers, ...gone].map(growthOf).reduce(added, { reclaimedBytes: 0, cameBackBytes: 0, netByteSeconds: 0 }),
  };
}

const added = (a: Growth, b: Growth): Growth => ({
  reclaimedBytes: a.reclaimedBytes + b.reclaimedBytes,
  cameBackBytes: a.cameBackBytes + b.cameBackBytes,
  netByteSeconds: a.netByteSeconds + b.netByteSeconds,
});
