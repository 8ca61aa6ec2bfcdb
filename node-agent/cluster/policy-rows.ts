/** The sums of each policy as the status has them, and why the node can't do what a policy asks. */
import type { DecodedNodeSpec } from '../../api/decode-node.ts';
import type { NodeStatus } from '../../api/node-status.ts';
import type { Profile } from '../../api/profile.ts';
import type { Reason } from '../../api/reasons.ts';
import type { NodeSignals } from '../observe/node.ts';
import type { PolicySums } from '../sums.ts';
import type { Ticker } from '../tick.ts';
import type { Tracked } from '../tracked.ts';
import type { PolicyTotals } from './totals.ts';

type Row = NonNullable<NodeStatus['policies']>[number];
type Rule = DecodedNodeSpec['profiles'][number];

/** As the schema says it. */
const maxPolicies = 64;

/** `missing`: a right without which nothing can be done here for any policy. */
export function policyRows(
  spec: DecodedNodeSpec | null,
  ticker: Ticker,
  totals: PolicyTotals,
  missing: Reason | null,
): Row[] {
  const rules = Map.groupBy(spec?.profiles ?? [], ({ sources }) => sources[0]!.uid);
  const refused = new Set(spec?.refused.flatMap(({ sources }) => sources.slice(0, 1)));
  const current = new Set([...rules.keys(), ...[...refused].filter(isUID)].slice(0, maxPolicies));
  const tracked = Map.groupBy(ticker.tracked.values(), ({ pod }) => pod?.policyUID ?? '');
  const rows = [...current].map((uid) => {
    const own = rules.get(uid) ?? [];
    const containers = (tracked.get(uid) ?? []).filter(({ profile }) => profile !== null);
    const reason = refused.has(uid) ? 'Unsupported' : (missing ?? unableTo(own, containers, ticker.lastNode));
    const sums = ticker.sums.filter(({ policy }) => own.some(({ profile }) => profile.name === policy));
    return rowOf(uid, reason, sums, totals);
  });
  return [...rows, ...totals.formerly(current).map((uid) => rowOf(uid, null, [], totals))];
}

const isUID = (text: string): boolean => /^[A-Za-z0-9-]{1,64}$/.test(text);

function rowOf(uid: string, reason: Reason | null, sums: readonly PolicySums[], totals: PolicyTotals): Row {
  const { reclaimedBytes, refaultedBytes, netByteSeconds } = totals.of(uid);
  const sum = (of: (one: PolicySums) => number): number => sums.reduce((total, one) => total + of(one), 0);
  return {
    uid,
    ...(reason !== null && { reason }),
    containers: sum((one) => one.containers),
    idleContainers: sum((one) => one.idleContainers),
    residentBytes: sum((one) => one.anonBytes),
    swappedBytes: sum((one) => one.swapBytes),
    ...(sums.length > 0 && { wouldReclaimBytes: sum((one) => one.wouldReclaimBytes) }),
    netByteSeconds: String(netByteSeconds),
    reclaimedBytesTotal: reclaimedBytes,
    refaultedBytesTotal: refaultedBytes,
  };
}

/** null: nothing here is in its way for good. */
function unableTo(rules: readonly Rule[], containers: readonly Tracked[], node: NodeSignals | null): Reason | null {
  const pagingOut = rules.filter(({ profile }) => asksForSwap(profile));
  const pagesOut = pagingOut.length > 0;
  if (pagesOut && node?.swapTotalBytes === 0) return 'NoSwap';
  if (pagesOut && node && pagingOut.every(({ profile }) => asksInVain(profile, node))) return 'SignalMissing';
  if (containers.length === 0) return null;
  if (containers.every(({ decision }) => decision?.reason === 'SignalMissing')) return 'SignalMissing';
  if (pagesOut && containers.every(({ input }) => input?.swapMaxBytes === 0)) return 'SwapForbidden';
  return null;
}

const totalsOf = { Memory: 'memoryPressure', IO: 'ioPressure', CPU: 'cpuPressure' } as const;

/** For a pressure of the node that its kernel does not tell, whatever its containers do: without PSI no page-out is begun. */
const asksInVain = ({ guards }: Profile, node: NodeSignals): boolean =>
  guards.pressure.some(({ scope, resource }) => scope === 'Node' && node[totalsOf[resource]] === null);

const asksForSwap = ({ steps }: Profile): boolean => steps.some(({ advice }) => advice === 'PageOut');
