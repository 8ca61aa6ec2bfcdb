/**
 * The decision for one container at one moment: Active → Idle → Cold → PagedOut → Waking → Active, or Skipped or
 * Backoff with the reason. Reads what is remembered and observed, gives the next state, its reason and at most one
 * action. The same input gives the same decision, and deciding again before the action was carried out asks for it
 * again: afterAction() is what moves the ladder on.
 */
import type { Profile, Step } from '../../api/profile.ts';
import type { Reason } from '../../api/reasons.ts';
import {
  coldGuards,
  firstRefusal,
  type GuardInput,
  type GuardQuestion,
  nextRoundGuards,
  pageOutGuards,
} from './guards.ts';
import { headroom } from './headroom.ts';
import type { IdleVerdict } from './idle.ts';
import type { Blocker, Refusal } from './inputs.ts';
import {
  type Action,
  type LadderMemory,
  ladderKey,
  lastPageOutOf,
  leaveIdle,
  onLadder,
  type State,
} from './ladder-memory.ts';

export type LadderProfile = Pick<Profile, 'mode' | 'steps' | 'wake' | 'memory' | 'limits' | 'guards'>;

export interface LadderInput extends GuardInput {
  readonly memory: LadderMemory;
  readonly profile: LadderProfile;
  readonly idle: IdleVerdict;
  /** What wokeUp() saw; null: nothing. */
  readonly woke: Blocker | null;
  /** The policy's windows, evaluated; true where it has none. */
  readonly inWindow: boolean;
  /** Why the node is paused (a policy's own Paused is in profile.mode); null: it is not. */
  readonly paused: Reason | null;
  /** What was paged out here is asked back; null: it is not, or nothing was. */
  readonly restore: Restore | null;
}

export interface Restore {
  /** Why; the same as `unable`, which holds everything else. */
  readonly reason: Reason;
  /** It was not brought back yet. */
  readonly left: boolean;
  /** It may be tried now. */
  readonly due: boolean;
}

export interface Decision {
  readonly state: State;
  readonly reason: Reason;
  readonly since: number;
  /** Backoff: until when. */
  readonly until: number | null;
  readonly blocker: Blocker | null;
  readonly action: Action | null;
  /** To be remembered. */
  readonly memory: LadderMemory;
  /** What it was made from, for `why`. */
  readonly inputs: LadderInput;
}

/** A decision before it is dated and remembered. */
interface Outline {
  readonly state: State;
  readonly reason: Reason;
  readonly blocker?: Blocker | null;
  readonly until?: number | null;
  readonly action?: Action;
  readonly memory: LadderMemory;
}

const minWillNeedBytes = 1024 * 1024;

export function decide(input: LadderInput): Decision {
  const dryRun = input.profile.mode === 'DryRun';
  const memory = onLadder(input.memory, ladderKey(input.profile.steps, dryRun));
  const outline =
    restoring(input, memory) ??
    awake(input, memory) ??
    climb(input, { ...memory, idleSince: memory.idleSince ?? input.now });
  const since = outline.state === memory.state ? memory.since : input.now;
  return {
    state: outline.state,
    reason: outline.reason,
    since,
    until: outline.until ?? null,
    blocker: outline.blocker ?? null,
    action: outline.action ?? null,
    memory: { ...outline.memory, state: outline.state, since },
    inputs: input,
  };
}

/** Brings back what was paged out, as far as there is room; null: that is not asked for. */
function restoring(input: LadderInput, memory: LadderMemory): Outline | null {
  const { restore, idle, container, node } = input;
  if (restore === null || restore.reason !== input.unable) return null;
  if (!restore.left) return { state: idle.idle ? 'Idle' : 'Active', reason: 'Restored', memory };
  const room = headroom(container, node);
  if (room.bytes < minWillNeedBytes)
    return { state: resting(memory), reason: 'NoHeadroom', blocker: room.blocker, memory };
  const outline: Outline = { state: 'Waking', reason: restore.reason, memory };
  if (!restore.due) return outline;
  return { ...outline, action: { advice: 'WillNeed', maxBytes: room.bytes, dryRun: false, paced: true } };
}

/** Everything that is not idleness; null: it is idle. */
function awake(input: LadderInput, memory: LadderMemory): Outline | null {
  if (memory.waking) return wake(input, memory, input.woke);
  if (wasIdle(memory) && (input.woke || input.idle.reason === 'NotIdle')) {
    const wasOut = memory.depth === 'PagedOut';
    const left = { ...leaveIdle(memory), wokeAt: input.now, waking: wasOut };
    return wake(input, wasOut ? { ...left, dryDepth: memory.dryDepth } : left, input.woke ?? input.idle.blocker);
  }
  if (input.woke) return { state: 'Active', reason: 'NotIdle', blocker: input.woke, memory };
  if (input.idle.idle) return null;
  // Idle before, and nothing says that it woke: the window is being filled anew. Nothing is begun meanwhile.
  if (wasIdle(memory))
    return { state: resting(memory), reason: input.idle.reason, blocker: input.idle.blocker, memory };
  return { state: 'Active', reason: input.idle.reason, blocker: input.idle.blocker, memory };
}

/** Brings memory back where the policy wants it and there is room; else it is simply active. */
function wake(input: LadderInput, memory: LadderMemory, blocker: Blocker | null): Outline {
  const active = { ...memory, waking: false, dryDepth: false };
  if (!memory.waking || input.profile.wake.advice === 'None') {
    return { state: 'Active', reason: 'Woke', blocker, memory: active };
  }
  if (input.unable !== null) return { state: 'Active', reason: input.unable, memory: active };
  const room = headroom(input.container, input.node);
  const maxBytes = Math.min(input.profile.wake.maxBytes, room.bytes);
  if (maxBytes < minWillNeedBytes)
    return { state: 'Active', reason: 'NoHeadroom', blocker: room.blocker, memory: active };
  const action: Action = { advice: 'WillNeed', maxBytes, dryRun: memory.dryDepth || input.profile.mode === 'DryRun' };
  return { state: 'Waking', reason: 'Woke', blocker, action, memory };
}

/** The next step of the ladder, if it is due and nothing stands in its way. */
function climb(input: LadderInput, memory: LadderMemory): Outline {
  const step = input.profile.steps[memory.stepsDone];
  const state = resting(memory);
  if (!step) return { state, reason: 'LadderDone', memory };
  const idleSeconds = Math.floor((input.now - memory.idleSince!) / 1000);
  if (idleSeconds < step.afterIdleSeconds) {
    const blocker = { signal: 'idleSeconds', observed: idleSeconds, allowed: step.afterIdleSeconds };
    return { state, reason: 'Idle', blocker, memory };
  }
  if (input.paused !== null || input.profile.mode === 'Paused')
    return { state, reason: input.paused ?? 'Paused', memory };
  if (!input.inWindow) return { state, reason: 'OutsideWindow', memory };
  const { stopped } = memory;
  if (stopped && input.now < stopped.until) {
    const { reason, blocker, until } = stopped;
    return { state: 'Backoff', reason, blocker, until, memory };
  }
  const refused = firstRefusal(guardsOf(step, memory), questionOf(input, memory, step));
  if (refused) return held(refused, memory);
  const dryRun = input.profile.mode === 'DryRun';
  const action: Action = { advice: step.advice, step: memory.stepsDone, ranges: step.ranges, dryRun };
  return { state, reason: 'StepDue', action, memory };
}

function guardsOf(step: Step, memory: LadderMemory): typeof pageOutGuards {
  if (step.advice === 'Cold') return coldGuards;
  return memory.rounds > 0 ? nextRoundGuards : pageOutGuards;
}

/** The question to the guards for a step; tick.ts asks it again between slices, with what moves next. */
export function questionOf(input: LadderInput, memory: LadderMemory, step: Step, nextBytes = 0): GuardQuestion {
  return {
    now: input.now,
    node: input.node,
    container: input.container,
    swap: input.swap,
    unable: input.unable,
    guards: input.profile.guards,
    cooldownSeconds: input.profile.limits.cooldownSeconds,
    keepResidentBytes: input.profile.memory.keepResidentBytes,
    ranges: step.ranges,
    nextBytes,
    lastPageOut: lastPageOutOf(memory, input.profile.mode === 'DryRun'),
    backoff: memory.backoff,
  };
}

/** A guard holds the step back. What is paged out stays shown as that: the reason tells the rest. */
function held(refused: Refusal, memory: LadderMemory): Outline {
  const { reason, blocker } = refused;
  if (reason === 'RefaultBackoff') return { state: 'Backoff', reason, blocker, until: memory.backoff.until, memory };
  return { state: memory.depth === 'PagedOut' ? 'PagedOut' : 'Skipped', reason, blocker, memory };
}

/** What an agent before this one paged out is so without an idle period of its own (resume.ts). */
const wasIdle = ({ idleSince, depth }: LadderMemory): boolean => idleSince !== null || depth !== 'None';

const resting = (memory: LadderMemory): State => (memory.depth === 'None' ? 'Idle' : memory.depth);
