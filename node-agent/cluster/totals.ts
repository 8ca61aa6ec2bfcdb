/** The sums of each policy since the object was made, over restarts of the agent. Pure but for what it remembers. */
import type { Growth } from '../sums.ts';
import { noTotals, type Seed, type Totals } from './seed.ts';

/** Policies that are gone keep theirs: the operator reads them until it has them. */
const maxPolicies = 64;

export class PolicyTotals {
  #of: string | null = null;
  #totals = new Map<string, Totals>();

  /** An object of another UID starts from what its own status says. */
  begin(objectUID: string, { totals }: Seed): void {
    if (this.#of === objectUID) return;
    this.#of = objectUID;
    this.#totals = new Map(totals);
  }

  add(policyUID: string, growth: Growth): void {
    const before = this.of(policyUID);
    this.#totals.set(policyUID, {
      reclaimedBytes: bounded(before.reclaimedBytes + growth.reclaimedBytes),
      refaultedBytes: bounded(before.refaultedBytes + growth.cameBackBytes),
      netByteSeconds: before.netByteSeconds + BigInt(Math.round(growth.netByteSeconds)),
    });
  }

  of(policyUID: string): Totals {
    return this.#totals.get(policyUID) ?? noTotals;
  }

  /** Those that have any, the newest last; never more than a status has room for beside `others`. */
  formerly(others: ReadonlySet<string>): readonly string[] {
    const former = [...this.#totals.keys()].filter((uid) => !others.has(uid));
    return former.slice(Math.max(0, former.length - Math.max(0, maxPolicies - others.size)));
  }
}

const bounded = (count: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(count)));
