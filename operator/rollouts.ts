/**
 * The roll-outs of all cluster policies, as one leader knows them: asked for a policy's stage whenever the policy changes
 * and every few seconds. What a status says is read once, when a policy is first met; from then on only this writes it.
 */
import type { RolloutStatus } from '../api/policy-status.ts';
import { nextStage } from './rollout.ts';
import { evidenceOf, Gains, type NodeSeen } from './rollout-evidence.ts';
import { type Progress, readProgress, writtenProgress } from './rollout-progress.ts';
import type { Rollout } from './situation.ts';
import type { ClusterPolicy, Stage } from './snapshot.ts';

export interface StagedRollout extends Rollout {
  /** The same object for as long as nothing in it changes: then nothing has to be planned anew. */
  readonly stage: Stage | null;
  readonly status: RolloutStatus;
  /** Milliseconds of the wall clock; null: a change of the policy alone can change it. */
  readonly wakeAt: number | null;
}

interface Kept {
  readonly progress: Progress;
  readonly gains: Gains;
  readonly stage: Stage | null;
}

export class Rollouts {
  /** By UID. */
  readonly #kept = new Map<string, Kept>();

  /** `status` is status.rollout as it was read. `nodes` is gone through only while the policy is being rolled out. */
  next(policy: Omit<ClusterPolicy, 'stage'>, status: unknown, nodes: Iterable<NodeSeen>, now: number): StagedRollout {
    const kept = this.#kept.get(policy.uid) ?? { progress: readProgress(status), gains: new Gains(), stage: null };
    const { current } = kept.progress;
    const begun = current?.generation === policy.generation ? current.nodesPercent : 0;
    const seen = begun === 100 ? [] : nodes;
    const evidence = evidenceOf(policy, begun, seen, kept.gains, now);
    const { stage, progress, wakeAt } = nextStage({ policy, progress: kept.progress, evidence, now });
    const same = isSame(stage, kept.stage) ? kept.stage : stage;
    this.#kept.set(policy.uid, { progress, stage: same, gains: stage ? kept.gains : new Gains() });
    const { nodesPercent, halted } = progress.current;
    return { stage: same, wakeAt, done: same === null, nodesPercent, halted, status: writtenProgress(progress) };
  }

  /** A policy that is gone. */
  forget(uid: string): void {
    this.#kept.delete(uid);
  }
}

function isSame(a: Stage | null, b: Stage | null): boolean {
  return a !== null && b !== null ? a.nodesPercent === b.nodesPercent && a.before === b.before : a === b;
}
