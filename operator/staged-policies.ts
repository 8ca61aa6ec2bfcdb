/**
 * Policies as the plan takes them: a cluster policy with the stage of its roll-out. A policy stays the same object for as long
 * as neither its spec nor its stage changes: a write of its status then plans nothing anew. Pure: the time comes in.
 */
import { clusterPolicyKind } from '../api/policy.ts';
import { type PolicyObject, policyOf } from './policy-object.ts';
import { fieldsOf } from './raw.ts';
import type { NodeSeen } from './rollout-evidence.ts';
import { Rollouts, type StagedRollout } from './rollouts.ts';
import type { ClusterPolicy, Policy } from './snapshot.ts';

/** In milliseconds of the wall clock, and the nodes as they are at that time. */
export interface Moment {
  readonly now: number;
  readonly nodes: Iterable<NodeSeen>;
}

export interface Taken {
  /** null: it can't be read, or is gone. */
  readonly policy: Policy | null;
  readonly changed: boolean;
}

export class StagedPolicies {
  readonly #rollouts = new Rollouts();
  /** By UID; of policies that can't be read nothing. */
  readonly #policies = new Map<string, Policy>();
  readonly #staged = new Map<string, StagedRollout>();

  /** By UID, of all cluster policies. */
  get rollouts(): ReadonlyMap<string, StagedRollout> {
    return this.#staged;
  }

  /** It came or changed. */
  take(object: PolicyObject, moment: Moment): Taken {
    const before = this.#policies.get(object.uid) ?? null;
    const read = policyOf(object);
    if (read === null) {
      this.#policies.delete(object.uid);
      return { policy: null, changed: before !== null };
    }
    const same = before?.generation === read.generation ? before : null;
    const policy =
      read.kind === clusterPolicyKind ? this.#stage(same, read, rolloutIn(object), moment) : (same ?? read);
    this.#policies.set(object.uid, policy);
    return { policy, changed: policy !== before };
  }

  forget({ uid }: PolicyObject): void {
    this.#policies.delete(uid);
    this.#staged.delete(uid);
    this.#rollouts.forget(uid);
  }

  /** Policies that are being rolled out and have come to another stage. */
  look(moment: Moment): ClusterPolicy[] {
    const moved: ClusterPolicy[] = [];
    for (const before of this.#policies.values()) {
      if (before.kind !== clusterPolicyKind || before.stage === null) continue;
      const policy = this.#stage(before, before, null, moment);
      this.#policies.set(policy.uid, policy);
      if (policy !== before) moved.push(policy);
    }
    return moved;
  }

  /** `status` counts only where the policy is met for the first time. */
  #stage(before: Policy | null, read: ClusterPolicy, status: unknown, { now, nodes }: Moment): ClusterPolicy {
    const known = before?.kind === clusterPolicyKind ? before : null;
    const rollout = this.#rollouts.next(known ?? read, status, nodes, now);
    this.#staged.set(read.uid, rollout);
    return known?.stage === rollout.stage ? known : { ...(known ?? read), stage: rollout.stage };
  }
}

const rolloutIn = ({ status }: PolicyObject): unknown => fieldsOf(status)['rollout'];
