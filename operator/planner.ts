/**
 * Keeps a whole cluster's plan up to date: a change replans only the nodes it can affect, and the result is always what
 * plan.ts would make of the same cluster from scratch (test/unit/operator/planner-laws.test.ts). No effects: what it is
 * told of is all it knows.
 */
import { clusterPolicyKind } from '../api/policy.ts';
import type { Candidate } from './candidate.ts';
import { Candidates } from './candidates.ts';
import { type JudgedPod, judgePods, type NodePlan, planNode, type World } from './node-plan.ts';
import { PodsByNode, podKey } from './pods-by-node.ts';
import { keyOf } from './precedence.ts';
import { Profiles } from './profiles.ts';
import { type Matches, matchesAll } from './selectors.ts';
import type { Limit, Namespace, Node, Pod, Policy, Settings, Snapshot } from './snapshot.ts';
import { Counter, type LimitTallies, type PolicyTallies } from './tally.ts';

/** `now` is what it is from now on; null: it is gone. */
export type Change =
  | { readonly of: 'Pod'; readonly namespace: string; readonly name: string; readonly now: Pod | null }
  | { readonly of: 'Node'; readonly name: string; readonly now: Node | null }
  | { readonly of: 'Namespace'; readonly name: string; readonly now: Namespace | null }
  | { readonly of: 'Policy'; readonly namespace: string | null; readonly name: string; readonly now: Policy | null }
  | { readonly of: 'Limit'; readonly name: string; readonly now: Limit | null };

export interface Replanned {
  /** Nodes whose object should say something else than before, with what it should say. */
  readonly changed: readonly NodePlan[];
  /** Nodes that are gone. */
  readonly removed: readonly string[];
  /** How many nodes had to be looked at. */
  readonly looked: number;
}

export interface Plan {
  readonly nodes: ReadonlyMap<string, NodePlan>;
  /** Of every policy there is, by its key. */
  readonly policies: PolicyTallies;
  /** Of every limit there is, by its name. */
  readonly limits: LimitTallies;
}

export class Planner {
  readonly #world: World;
  readonly #nodes = new Map<string, Node>();
  readonly #pods = new PodsByNode();
  readonly #plans = new Map<string, NodePlan>();
  readonly #totals = new Counter();

  constructor(snapshot: Snapshot, settings: Settings) {
    this.#world = { settings, candidates: new Candidates(), profiles: new Profiles() };
    for (const now of snapshot.nodes) this.#nodes.set(now.name, now);
    for (const now of snapshot.namespaces) this.#world.candidates.setNamespace(now.name, now);
    for (const now of snapshot.policies) this.#world.candidates.setPolicy(keyOf(now), now);
    for (const now of snapshot.limits) this.#world.candidates.setLimit(now.name, now);
    for (const now of snapshot.pods) this.#pods.set(podKey(now.namespace, now.name), now);
    for (const name of this.#nodes.keys()) this.#replan(name);
  }

  /** All changes first, then each node that any of them can affect, once. */
  apply(changes: readonly Change[]): Replanned {
    const affected = new Set<string>();
    for (const change of changes) for (const name of this.#take(change)) affected.add(name);
    const changed: NodePlan[] = [];
    const removed: string[] = [];
    for (const name of affected) {
      const before = this.#plans.get(name);
      const after = this.#replan(name);
      if (after === null && before) removed.push(name);
      if (after !== null && !(before && sameSpec(before, after))) changed.push(after);
    }
    return { changed, removed, looked: affected.size };
  }

  /** As it is now; later changes leave it alone. */
  get plan(): Plan {
    const { candidates } = this.#world;
    return { nodes: new Map(this.#plans), ...this.#totals.plain(candidates.policies.keys(), candidates.limits.keys()) };
  }

  /** Of one node; undefined: there is no such node. */
  of(node: string): NodePlan | undefined {
    return this.#plans.get(node);
  }

  /** Why a pod is treated as it is; null: not known, or on no node that is known. */
  judge(namespace: string, name: string): JudgedPod | null {
    const pod = this.#pods.get(podKey(namespace, name));
    const node = pod?.node == null ? undefined : this.#nodes.get(pod.node);
    if (!pod || !node) return null;
    const judged = judgePods(node, this.#pods.on(node.name), this.#world, new Map());
    return judged.find((one) => one.pod === pod) ?? null;
  }

  /** Remembers the change; answers the nodes it can affect. */
  #take(change: Change): Iterable<string> {
    const { candidates } = this.#world;
    switch (change.of) {
      case 'Pod':
        return this.#pods.set(podKey(change.namespace, change.name), change.now);
      case 'Node':
        if (change.now) this.#nodes.set(change.name, change.now);
        else this.#nodes.delete(change.name);
        return [change.name];
      case 'Namespace':
        candidates.setNamespace(change.name, change.now);
        return this.#pods.nodesOf(change.name);
      case 'Policy':
        return this.#takePolicy(change.namespace === null ? change.name : `${change.namespace}/${change.name}`, change);
      case 'Limit':
        return this.#takeLimit(change.name, change.now);
    }
  }

  #takePolicy(key: string, { namespace, now }: { namespace: string | null; now: Policy | null }): Iterable<string> {
    const { candidates } = this.#world;
    const before = candidates.setPolicy(key, now);
    if (namespace !== null) return this.#pods.nodesOf(namespace);
    const after = candidates.policies.get(key);
    const nodes = this.#nodesMatching([before?.nodes, after?.nodes]);
    const sameButReach = before && after && onlyReachDiffers(before.policy, after.policy);
    return nodes.filter((node) => !sameButReach || reaches(before, node) !== reaches(after, node)).map(nameOf);
  }

  #takeLimit(name: string, now: Limit | null): Iterable<string> {
    const { candidates, profiles } = this.#world;
    const before = candidates.setLimit(name, now);
    profiles.forget();
    return this.#nodesMatching([before?.nodes, candidates.limits.get(name)?.nodes]).map(nameOf);
  }

  #nodesMatching(selectors: readonly (Matches | undefined)[]): Node[] {
    const any = (node: Node): boolean => selectors.some((matches) => matches === matchesAll || matches?.(node.labels));
    return [...this.#nodes.values()].filter(any);
  }

  #replan(name: string): NodePlan | null {
    const node = this.#nodes.get(name);
    const before = this.#plans.get(name);
    const after = node ? planNode(node, this.#pods.on(name), this.#world) : null;
    if (before) this.#totals.add(before.tally, -1);
    if (after) this.#totals.add(after.tally, 1);
    if (after) this.#plans.set(name, after);
    else this.#plans.delete(name);
    return after;
  }
}

const nameOf = ({ name }: Node): string => name;

const reaches = (candidate: Candidate, node: Node): boolean => candidate.reaches?.(node) ?? true;

/** A step of a roll-out, and nothing else: then only the nodes between are affected. */
function onlyReachDiffers(before: Policy, after: Policy): boolean {
  if (before.kind !== clusterPolicyKind || after.kind !== clusterPolicyKind) return false;
  const same = (['uid', 'generation', 'createdAt', 'spec'] as const).every((key) => before[key] === after[key]);
  return same && (!before.stage || !after.stage || before.stage.before === after.stage.before);
}

function sameSpec(before: NodePlan, after: NodePlan): boolean {
  return before.bytes === after.bytes && JSON.stringify(before.spec) === JSON.stringify(after.spec);
}
