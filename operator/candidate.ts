/**
 * A policy as candidates.ts compares it with pods: its selectors compiled, once for the nodes where it holds and once for
 * those that its roll-out has not reached.
 */
import { clusterPolicyKind } from '../api/policy.ts';
import type { Reason } from '../api/reasons.ts';
import { heldPolicy } from './held.ts';
import { keyOf } from './precedence.ts';
import { isReached, placeOf } from './reach.ts';
import { type Matches, selectorMatches } from './selectors.ts';
import type { Node, Policy, QoSClass } from './snapshot.ts';

export interface Candidate {
  readonly key: string;
  readonly policy: Policy;
  readonly pods: Matches;
  readonly namespaces: Matches;
  readonly nodes: Matches;
  readonly qosClasses: ReadonlySet<QoSClass>;
  readonly include: ReadonlySet<string> | null;
  readonly exclude: ReadonlySet<string>;
  /** Which of the nodes it is for at all, by how far the roll-out has come; null: every one. */
  readonly reaches: ((node: Node) => boolean) | null;
  /** Said of every pod that follows it. */
  readonly note: Reason | null;
}

/** The policy as it is where it holds, and what stands for it on the nodes that its roll-out has not reached. */
export interface Faces {
  readonly reached: Candidate;
  /** null: nothing, or the roll-out is over. */
  readonly held: Candidate | null;
}

export function facesOf(policy: Policy): Faces {
  const stage = policy.kind === clusterPolicyKind ? policy.stage : null;
  const held = policy.kind === clusterPolicyKind && stage ? heldPolicy(policy, stage.before) : policy;
  if (stage === null || held === policy) return { reached: candidateOf(policy), held: null };
  const isIn = (node: Node): boolean => isReached(placeOf(policy.uid, node.uid), stage.nodesPercent);
  const note = 'RollingOut';
  return {
    reached: { ...candidateOf(policy), reaches: isIn },
    held: held && { ...candidateOf(held), reaches: (node) => !isIn(node), note },
  };
}

export function candidateOf(policy: Policy): Candidate {
  const { spec } = policy;
  const wide = policy.kind === clusterPolicyKind ? policy.spec : null;
  return {
    key: keyOf(policy),
    policy,
    pods: selectorMatches(spec.podSelector),
    namespaces: selectorMatches(wide?.namespaceSelector),
    nodes: selectorMatches(wide?.nodeSelector),
    qosClasses: new Set(spec.qosClasses),
    include: spec.containers.include ? new Set(spec.containers.include) : null,
    exclude: new Set(spec.containers.exclude),
    reaches: null,
    note: null,
  };
}
