/** The sums of each policy over its containers, for the metrics. What grows is given as its growth since last time. */
import type { PolicyGauges } from './report/metrics.ts';
import type { StateName } from './report/state.ts';
import type { Tracked } from './tracked.ts';

/** Of a tracked container, what was reported before. */
const reported = new WeakMap<Tracked, { readonly cameBackBytes: number; readonly netByteSeconds: number }>();

export function policySums(policies: ReadonlySet<string>, all: Iterable<Tracked>): readonly PolicyGauges[] {
  const byPolicy = Map.groupBy(all, (one) => one.profile?.name ?? null);
  return [...policies].map((policy) => sumsOf(policy, byPolicy.get(policy) ?? []));
}

function sumsOf(policy: string, containers: readonly Tracked[]): PolicyGauges {
  const byState = new Map<StateName, number>();
  const sums = { anonBytes: 0, swapBytes: 0, outBytes: 0, cameBackBytes: 0, netByteSeconds: 0 };
  for (const tracked of containers) {
    const state = tracked.decision?.state ?? 'Active';
    byState.set(state, (byState.get(state) ?? 0) + 1);
    sums.anonBytes += tracked.input?.anonBytes ?? 0;
    sums.swapBytes += tracked.input?.swapBytes ?? 0;
    sums.outBytes += tracked.ledger.outBytes;
    const before = reported.get(tracked);
    const { cameBackBytes, netByteSeconds } = tracked.ledger;
    sums.cameBackBytes += cameBackBytes - (before?.cameBackBytes ?? 0);
    sums.netByteSeconds += netByteSeconds - (before?.netByteSeconds ?? 0);
    reported.set(tracked, { cameBackBytes, netByteSeconds });
  }
  return { policy, byState, ...sums };
}
