/**
 * What the status of policies and limits is made from, at one moment: the objects, the plan and what the agents report,
 * and the same put in order by policy. Pure; loop.ts gives it to reports.ts, status.ts reads it.
 */
import type { Reason } from '../api/reasons.ts';
import { carries } from './figures.ts';
import type { NodeReport } from './node-report.ts';
import type { Plan } from './planner.ts';
import { type PolicyObject, policyOf } from './policy-object.ts';
import { keyOf } from './precedence.ts';
import type { Policy } from './snapshot.ts';

/** Taken after every kind has synced. */
export interface Situation {
  /** Of all three kinds: limits too. */
  readonly policies: Iterable<PolicyObject>;
  readonly plan: Plan;
  readonly reports: Iterable<NodeReport>;
  /** Policies, by UID, whose profiles are left out of every node's object. */
  readonly unprogrammable: ReadonlyMap<string, Unprogrammable>;
  /** By UID; who is not here is rolled out at once. */
  readonly rollouts: ReadonlyMap<string, Rollout>;
}

export interface Unprogrammable {
  readonly reason: Reason;
  readonly message: string;
}

export interface Rollout {
  readonly done: boolean;
  readonly nodesPercent: number;
  /** Why no further node gets it. */
  readonly halted: { readonly message: string } | null;
  /** Written as status.rollout; absent: what stands there stays. */
  readonly status?: object;
}

export interface WantedNode {
  readonly node: string;
  readonly nodeUID: string;
}

/** Made once for all policies of a pass. */
export interface Overview {
  readonly situation: Situation;
  readonly objects: readonly PolicyObject[];
  readonly policies: ReadonlyMap<string, Policy>;
  /** Nodes that the plan has for a policy, by its UID. */
  readonly wanted: ReadonlyMap<string, readonly WantedNode[]>;
  /** Reports that have to do with a policy, by its UID. */
  readonly reports: ReadonlyMap<string, readonly NodeReport[]>;
  /** Every node's object that there is, by its own UID. */
  readonly live: ReadonlyMap<string, NodeReport>;
}

export function overviewOf(situation: Situation): Overview {
  const objects = [...situation.policies];
  const all = [...situation.reports];
  return {
    situation,
    objects,
    policies: new Map(objects.flatMap((object) => policyOf(object) ?? []).map((policy) => [keyOf(policy), policy])),
    wanted: wantedOf(situation.plan),
    reports: reportsByPolicy(all),
    live: new Map(all.map((report) => [report.uid, report])),
  };
}

function wantedOf({ nodes }: Plan): ReadonlyMap<string, WantedNode[]> {
  const wanted = new Map<string, WantedNode[]>();
  for (const { node, spec } of nodes.values()) {
    const uids = new Set(spec.profiles.map(({ sources }) => sources[0]!.uid));
    for (const uid of uids) add(wanted, uid, { node, nodeUID: spec.nodeUID });
  }
  return wanted;
}

export function reportsByPolicy(all: Iterable<NodeReport>): ReadonlyMap<string, NodeReport[]> {
  const reports = new Map<string, NodeReport[]>();
  for (const report of all) for (const uid of report.policies.keys()) add(reports, uid, report);
  return reports;
}

function add<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Whether the node's object says what this generation of the policy says; one of an earlier node of that name does not. */
export function isProgrammed(report: NodeReport | undefined, { nodeUID }: WantedNode, policy: PolicyObject): boolean {
  if (report === undefined || report.nodeUID !== nodeUID || !carries(report, policy.uid)) return false;
  return report.policies.get(policy.uid)!.generation === policy.generation;
}
