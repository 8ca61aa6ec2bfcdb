/**
 * The next stage of a cluster policy's roll-out, from how far it has come and what the nodes that it has reached say. A
 * step is taken when its time is over and all is well; too much coming back halts it until the spec changes. Pure;
 * rollouts.ts remembers, held.ts says what holds meanwhile.
 */
import { addsOrLoosens } from './held.ts';
import { nextPercent } from './reach.ts';
import type { Begun, Current, Progress } from './rollout-progress.ts';
import type { ClusterPolicy, Stage } from './snapshot.ts';

/** What the nodes say; of all but `places` those that are reached. */
export interface Evidence {
  /** Where the nodes that it may be for stand in its order (reach.ts). */
  readonly places: readonly number[];
  /** Nodes whose plan has pods of the policy. */
  readonly planned: number;
  /** Those of them whose object holds this generation. */
  readonly programmed: number;
  /** Those of them whose agent is silent. */
  readonly silent: number;
  /** Since it was asked last. */
  readonly reclaimedBytes: bigint;
  readonly refaultedBytes: bigint;
}

export interface RolloutQuestion {
  readonly policy: Omit<ClusterPolicy, 'stage'>;
  readonly progress: Progress;
  readonly evidence: Evidence;
  readonly now: number;
}

export interface RolloutAnswer {
  readonly stage: Stage | null;
  readonly progress: Begun;
  /** When to look again even if nothing changes; null: never. */
  readonly wakeAt: number | null;
}

/** Less than this is noise: five passes that are just worth it (guards.minGainBytes). */
export const minJudgedBytes = 64n * 1024n * 1024n;
const lookAgainMillis = 10_000;

export function nextStage(question: RolloutQuestion): RolloutAnswer {
  const { policy, progress, evidence, now } = question;
  const { current } = progress;
  if (current?.generation !== policy.generation) return begin(question);
  if (current.nodesPercent === 100) return settle(question, current);
  if (current.halted) return at(current, question);
  const seen: Current = {
    ...current,
    // A clock that was ahead must not hold the roll-out up until then.
    since: Math.min(current.since, now),
    reclaimedBytes: current.reclaimedBytes + evidence.reclaimedBytes,
    refaultedBytes: current.refaultedBytes + evidence.refaultedBytes,
  };
  const message = tooMuchBack(seen, policy.spec.rollout.haltRefaultPercent);
  if (message !== null) return at({ ...seen, halted: { since: now, message } }, question);
  return now >= endOf(seen, policy) && isWell(evidence) ? advance(seen, question) : at(seen, question);
}

/** Nothing to wait for: it is everywhere at once, as what was taken back or tightened in it has to be. */
function begin(question: RolloutQuestion): RolloutAnswer {
  const { policy, progress, now } = question;
  const start = { generation: policy.generation, nodesPercent: 0, since: now, halted: null };
  const current: Current = { ...start, reclaimedBytes: 0n, refaultedBytes: 0n };
  if (!addsOrLoosens(policy, progress.settled?.spec ?? null)) return settle(question, current);
  return advance(current, question);
}

function advance(current: Current, question: RolloutQuestion): RolloutAnswer {
  const { policy, evidence, now } = question;
  const nodesPercent = nextPercent(evidence.places, current.nodesPercent, policy.spec.rollout.nodesPercent);
  const next = { ...current, nodesPercent, since: now };
  return nodesPercent === 100 ? settle(question, next) : at(next, question);
}

function settle({ policy, now }: RolloutQuestion, current: Current): RolloutAnswer {
  const { generation, spec } = policy;
  const settled = { generation, spec };
  const since = current.nodesPercent === 100 ? Math.min(current.since, now) : now;
  const over = { ...current, nodesPercent: 100, since, halted: null };
  return { stage: null, progress: { settled, current: over }, wakeAt: null };
}

function at(current: Current, { policy, progress, now }: RolloutQuestion): RolloutAnswer {
  const before = progress.settled?.spec ?? null;
  const end = endOf(current, policy);
  return {
    stage: { nodesPercent: current.nodesPercent, before },
    progress: { ...progress, current },
    wakeAt: current.halted ? null : Math.max(end, now + (end > now ? 0 : lookAgainMillis)),
  };
}

function endOf({ since }: Current, { spec }: RolloutQuestion['policy']): number {
  return since + spec.rollout.stepSeconds * 1000;
}

/** Nodes that nobody hears of prove nothing, nor does a cluster without any. */
function isWell({ places, planned, programmed, silent }: Evidence): boolean {
  return places.length > 0 && programmed * 10 >= planned * 9 && silent * 2 <= planned;
}

/** null: all is well, or it is too early to say. */
function tooMuchBack(current: Current, allowedPercent: number): string | null {
  const { reclaimedBytes, refaultedBytes, nodesPercent } = current;
  if (reclaimedBytes < minJudgedBytes || refaultedBytes * 100n <= reclaimedBytes * BigInt(allowedPercent)) return null;
  const percent = (refaultedBytes * 100n) / reclaimedBytes;
  const paged = `of ${reclaimedBytes >> 20n}Mi paged out on ${nodesPercent} % of the nodes`;
  return `${paged} ${percent} % came back; ${allowedPercent} % may`;
}
