/**
 * What the nodes say of a policy's roll-out: which it may be for, which are ready and heard of, and what was freed and came
 * back on those it has reached. For rollouts.ts.
 */
import type { NodeSpec } from '../api/node-spec.ts';
import { isSilent } from './figures.ts';
import type { NodeReport } from './node-report.ts';
import { isReached, placeOf } from './reach.ts';
import type { Evidence } from './rollout.ts';
import { selectorMatches } from './selectors.ts';
import type { ClusterPolicy, Node } from './snapshot.ts';

export interface NodeSeen {
  readonly node: Node;
  /** What its object should say; null: not planned yet. */
  readonly wanted: NodeSpec | null;
  /** Its object as it was last seen; null: there is none. */
  readonly report: NodeReport | null;
}

type Policy = Omit<ClusterPolicy, 'stage'>;

export function evidenceOf(
  policy: Policy,
  nodesPercent: number,
  nodes: Iterable<NodeSeen>,
  gains: Gains,
  now: number,
): Evidence {
  const isFor = selectorMatches(policy.spec.nodeSelector);
  const places: number[] = [];
  const there = new Set<string>();
  const sums = { planned: 0, programmed: 0, silent: 0, reclaimedBytes: 0n, refaultedBytes: 0n };
  for (const seen of nodes) {
    const place = placeOf(policy.uid, seen.node.uid);
    const gained = gains.since(seen, policy.uid);
    there.add(seen.node.uid);
    if (isFor(seen.node.labels)) places.push(place);
    if (isReached(place, nodesPercent)) addTo(sums, seen, policy, gained, now);
  }
  gains.keepOnly(there);
  return { places, ...sums };
}

type Sums = { -readonly [K in Exclude<keyof Evidence, 'places'>]: Evidence[K] };

function addTo(sums: Sums, { node, wanted, report }: NodeSeen, { uid, generation }: Policy, gained: Gain, now: number) {
  sums.reclaimedBytes += BigInt(gained.reclaimedBytes);
  sums.refaultedBytes += BigInt(gained.refaultedBytes);
  // As long as nobody knows whether the node is for it, it counts: a new leader steps on nothing that it has not planned.
  if (wanted !== null && !wanted.profiles.some(({ sources }) => sources[0]?.uid === uid)) return;
  const own = report?.nodeUID === node.uid ? report : null;
  sums.planned += 1;
  sums.programmed += own?.policies.get(uid)?.generation === generation ? 1 : 0;
  sums.silent += own === null || isSilent(own, now) ? 1 : 0;
}

interface Gain {
  readonly reclaimedBytes: number;
  readonly refaultedBytes: number;
}

const nothing: Gain = { reclaimedBytes: 0, refaultedBytes: 0 };

/**
 * What each node's totals have grown by since they were seen last, so that what vanished nodes had counted stays counted,
 * and what a node had from before it was reached never is. Seen for the first time, totals say nothing.
 */
export class Gains {
  readonly #last = new Map<string, Gain>();

  since({ node, report }: NodeSeen, policy: string): Gain {
    const row = report?.policies.get(policy)?.row ?? null;
    const last = this.#last.get(node.uid);
    // An agent that speaks and has nothing to say of the policy has done nothing for it yet.
    if (row === null && (last || report?.reportTime == null)) return nothing;
    const total = { reclaimedBytes: row?.reclaimedBytes ?? 0, refaultedBytes: row?.refaultedBytes ?? 0 };
    this.#last.set(node.uid, total);
    return last ? grown(total, last) : nothing;
  }

  /** Where nodes come and go all day, a halted roll-out would remember each of them. */
  keepOnly(nodes: ReadonlySet<string>): void {
    for (const uid of this.#last.keys()) if (!nodes.has(uid)) this.#last.delete(uid);
  }
}

/** Totals that fell are those of a new object, which counts from nothing. */
function grown(total: Gain, last: Gain): Gain {
  const fell = total.reclaimedBytes < last.reclaimedBytes || total.refaultedBytes < last.refaultedBytes;
  if (fell) return total;
  return {
    reclaimedBytes: total.reclaimedBytes - last.reclaimedBytes,
    refaultedBytes: total.refaultedBytes - last.refaultedBytes,
  };
}
