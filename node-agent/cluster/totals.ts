/** The sums of each policy since the object was made, over restarts of the agent. Pure but for what it remembers. */
import type { Growth } from '../sums.ts';
import { noTotals, type Seed, type Totals } from './seed.ts';

/** Policies that are gone keep theirs: the operator reads them until it has them. */
const maxReported = 64;
/** More than are reported: a policy that has pods here again goes on from where it was. */
const maxKept = 1000;

export class PolicyTotals {
  #of: string | null = null;
  /** Only those that have any; what was added to last is last. */
  #totals = new Map<string, Totals>();

  /** An object of another UID starts from what its own status says. */
  begin(objectUID: string, { totals }: Seed): void {
    if (this.#of === objectUID) return;
    this.#of = objectUID;
    this.#totals = new Map([...totals].filter(([, one]) => hasAny(one)));
  }

  add(policyUID: string, growth: Growth): void {
    const before = this.of(policyUID);
    const now = {
      reclaimedBytes: bounded(before.reclaimedBytes + growth.reclaimedBytes),
      refaultedBytes: bounded(before.refaultedBytes + growth.cameBackBytes),
      netByteSeconds: before.netByteSeconds + BigInt(Math.round(growth.netByteSeconds)),
    };
    this.#totals.delete(policyUID);
    if (hasAny(now)) this.#totals.set(policyUID, now);
    if (this.#totals.size > maxKept) this.#totals.delete(this.#totals.keys().next().value!);
  }

  of(policyUID: string): Totals {
    return this.#totals.get(policyUID) ?? noTotals;
  }

  /** Those that have any, the newest last; never more than a status has room for beside `others`. */
  formerly(others: ReadonlySet<string>): readonly string[] {
    const former = [...this.#totals.keys()].filter((uid) => !others.has(uid));
    return former.slice(Math.max(0, former.length - Math.max(0, maxReported - others.size)));
  }
}

const hasAny = ({ reclaimedBytes, refaultedBytes, netByteSeconds }: Totals): boolean =>
  reclaimedBytes > 0 || refaultedBytes > 0 || netByteSeconds !== 0n;
const bounded = (count: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(count)));
