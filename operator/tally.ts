/**
 * What became of each policy and limit, counted for a node (node-plan.ts) and summed over all of them (planner.ts). Sums
 * are kept by taking a node's old counts away and adding its new ones, so every field is a number that adds up.
 */
import type { Reason } from '../api/reasons.ts';

export interface PolicyTally {
  /** Pods that it would take, whether another comes first or not. */
  readonly matchedPods: number;
  readonly overriddenPods: number;
  /** Nodes with pods that follow it. */
  readonly nodes: number;
  /** Pods that follow another, by who that is; and pods that another would take, by who that is. */
  readonly overriddenBy: ReadonlyMap<string, number>;
  readonly overrides: ReadonlyMap<string, number>;
  /** Pods that its selector means and that it does not take, or for which it does less than it says. */
  readonly reasons: ReadonlyMap<Reason, number>;
}

/** By the key of the policy (precedence.ts). */
export type PolicyTallies = ReadonlyMap<string, PolicyTally>;
/** By name; pods that the limit holds for. */
export type LimitTallies = ReadonlyMap<string, number>;

export interface Tally {
  readonly policies: PolicyTallies;
  readonly limits: LimitTallies;
}

export const nothingCounted: PolicyTally = {
  matchedPods: 0,
  overriddenPods: 0,
  nodes: 0,
  overriddenBy: new Map(),
  overrides: new Map(),
  reasons: new Map(),
};

type Sign = 1 | -1;

export class Counter {
  readonly #policies = new Map<string, PolicyCounter>();
  readonly #limits = new Map<string, number>();

  policy(key: string): PolicyCounter {
    const kept = this.#policies.get(key) ?? new PolicyCounter();
    this.#policies.set(key, kept);
    return kept;
  }

  limit(name: string, pods = 1): void {
    count(this.#limits, name, pods);
  }

  add(tally: Tally, sign: Sign): void {
    for (const [key, one] of tally.policies) {
      const counter = this.policy(key);
      counter.add(one, sign);
      if (counter.isNothing) this.#policies.delete(key);
    }
    for (const [name, pods] of tally.limits) this.limit(name, pods * sign);
  }

  get tally(): Tally {
    return { policies: this.#policies, limits: this.#limits };
  }

  /** Of every key asked for, as it is now. */
  plain(policies: Iterable<string>, limits: Iterable<string>): Tally {
    return {
      policies: new Map([...policies].map((key) => [key, this.#policies.get(key)?.plain ?? nothingCounted])),
      limits: new Map([...limits].map((name) => [name, this.#limits.get(name) ?? 0])),
    };
  }
}

export class PolicyCounter implements PolicyTally {
  matchedPods = 0;
  overriddenPods = 0;
  nodes = 0;
  overriddenBy: Map<string, number> = none;
  overrides: Map<string, number> = none;
  reasons: Map<Reason, number> = none;

  follows(): void {
    this.matchedPods += 1;
    this.nodes = 1;
  }

  isOverriddenBy(winner: string): void {
    this.matchedPods += 1;
    this.overriddenPods += 1;
    this.overriddenBy = counted(this.overriddenBy, winner, 1);
  }

  comesBefore(loser: string): void {
    this.overrides = counted(this.overrides, loser, 1);
  }

  says(reason: Reason): void {
    this.reasons = counted(this.reasons, reason, 1);
  }

  add(other: PolicyTally, sign: Sign): void {
    this.matchedPods += sign * other.matchedPods;
    this.overriddenPods += sign * other.overriddenPods;
    this.nodes += sign * other.nodes;
    for (const [key, pods] of other.overriddenBy) this.overriddenBy = counted(this.overriddenBy, key, sign * pods);
    for (const [key, pods] of other.overrides) this.overrides = counted(this.overrides, key, sign * pods);
    for (const [reason, pods] of other.reasons) this.reasons = counted(this.reasons, reason, sign * pods);
  }

  /** As it is now: the counter itself goes on. */
  get plain(): PolicyTally {
    const { matchedPods, overriddenPods, nodes } = this;
    const maps = { overriddenBy: new Map(this.overriddenBy), overrides: new Map(this.overrides) };
    return { matchedPods, overriddenPods, nodes, ...maps, reasons: new Map(this.reasons) };
  }

  get isNothing(): boolean {
    return this.matchedPods === 0 && this.reasons.size === 0;
  }
}

/** Never written to: most tallies of most nodes have empty maps, and share this one. */
const none: Map<never, number> = new Map<never, number>();

function counted<K>(map: Map<K, number>, key: K, pods: number): Map<K, number> {
  const own: Map<K, number> = map === none ? new Map() : map;
  count(own, key, pods);
  return own;
}

function count<K>(map: Map<K, number>, key: K, pods: number): void {
  const sum = (map.get(key) ?? 0) + pods;
  if (sum === 0) map.delete(key);
  else map.set(key, sum);
}
