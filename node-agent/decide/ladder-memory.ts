/**
 * What the ladder remembers of a container between decisions, and how an executed action changes it. Plain data: the
 * journal may keep it.
 */
import type { Step } from '../../api/profile.ts';
import type { Reason } from '../../api/reasons.ts';
import { type Backoff, noBackoff } from './backoff.ts';
import type { LastPass } from './guards.ts';
import type { Blocker } from './inputs.ts';

/** How far its memory was pushed out in this idle period. */
export type Depth = 'None' | 'Cold' | 'PagedOut';

export interface LadderMemory {
  readonly depth: Depth;
  /** The depth was reached in DryRun only: nothing was touched. */
  readonly dryDepth: boolean;
  /** When the present idle period began; null: not idle, or not known to be yet (resume.ts). */
  readonly idleSince: number | null;
  readonly stepsDone: number;
  /** Rounds of the step under way that ended at maxBytesPerRound. */
  readonly rounds: number;
  /** The steps and mode that stepsDone counts; other ones start the ladder anew. */
  readonly ladder: string;
  readonly wokeAt: number | null;
  /** It woke and its WillNeed was not tried yet. */
  readonly waking: boolean;
  readonly lastPageOut: LastPass | null;
  /** The same of DryRun, which is no reason for a real one to wait. */
  readonly lastDryPageOut: LastPass | null;
  readonly backoff: Backoff;
  /** The last action ended early; null: it did not. */
  readonly stopped: Stopped | null;
  /** The state last shown and since when. */
  readonly state: State;
  readonly since: number;
}

export interface Stopped {
  readonly reason: Reason;
  /** What the guard saw that stopped it; null: no guard did, or it tells no figures. */
  readonly blocker: Blocker | null;
  /** Not tried again before. */
  readonly until: number;
  /** In a row. */
  readonly times: number;
}

export type State = 'Active' | 'Idle' | 'Cold' | 'PagedOut' | 'Waking' | 'Skipped' | 'Backoff';

export const startLadder = (now: number): LadderMemory => ({
  depth: 'None',
  dryDepth: false,
  idleSince: null,
  stepsDone: 0,
  rounds: 0,
  ladder: '',
  wokeAt: null,
  waking: false,
  lastPageOut: null,
  lastDryPageOut: null,
  backoff: noBackoff,
  stopped: null,
  state: 'Active',
  since: now,
});

export const ladderKey = (steps: readonly Step[], dryRun: boolean): string =>
  [dryRun ? 'dry' : 'real', ...steps.map((step) => `${step.advice}@${step.afterIdleSeconds}:${step.ranges}`)].join(' ');

/** Steps counted for another ladder don't count: a changed policy, or one that is no longer DryRun, begins again. */
export function onLadder(memory: LadderMemory, key: string): LadderMemory {
  if (memory.ladder === key) return memory;
  const anew = { ...memory, ladder: key, stepsDone: 0, rounds: 0, stopped: null };
  if (!(memory.ladder.startsWith('dry') && key.startsWith('real'))) return anew;
  return memory.dryDepth ? { ...anew, depth: 'None', dryDepth: false, waking: false } : anew;
}

/** What cooldown counts from. */
export function lastPageOutOf(memory: LadderMemory, dryRun: boolean): LastPass | null {
  const { lastPageOut, lastDryPageOut } = memory;
  if (!dryRun || lastDryPageOut === null) return lastPageOut;
  return lastPageOut !== null && lastPageOut.at > lastDryPageOut.at ? lastPageOut : lastDryPageOut;
}

/** The idle period is over; what was learned of passes stays. */
export const leaveIdle = (memory: LadderMemory): LadderMemory => ({
  ...memory,
  depth: 'None',
  dryDepth: false,
  idleSince: null,
  stepsDone: 0,
  rounds: 0,
});

export type Action =
  | {
      readonly advice: 'Cold' | 'PageOut';
      readonly step: number;
      readonly ranges: 'KeepHot' | 'All';
      readonly dryRun: boolean;
    }
  | {
      readonly advice: 'WillNeed';
      readonly maxBytes: number;
      readonly dryRun: boolean;
      /** Nobody waits for it: not faster than the policy lets memory go out. */
      readonly paced?: true;
    };

export interface Outcome {
  /**
   * Done: the step is over, whatever it moved. MoreRounds: it stopped at maxBytesPerRound and goes on at once. A
   * reason: a guard, a wake or an error ended it early; it is due again after a while, if nothing stands in its way.
   */
  readonly end: 'Done' | 'MoreRounds' | { readonly stopped: Reason };
  /** Of the guard that stopped it. */
  readonly blocker?: Blocker | null;
  /** Something was advised (or, in DryRun, would have been). */
  readonly advised: boolean;
  /** ContainerInput.anonBytes, measured after it. */
  readonly anonBytesAfter: number;
}

/** Call once with what became of the action that decide() gave. */
export function afterAction(memory: LadderMemory, action: Action, outcome: Outcome, now: number): LadderMemory {
  if (action.advice === 'WillNeed') {
    const settled = { ...memory, waking: false, dryDepth: false };
    return action.paced ? { ...settled, depth: 'None', stepsDone: 0, rounds: 0 } : settled;
  }
  const next = {
    ...memory,
    ...passOf(action, outcome, now),
    stopped: stoppedBy(memory.stopped, outcome, now),
  };
  if (memory.idleSince === null) return wokenMeanwhile(next, action, outcome);
  const deep = outcome.advised ? deeper(next, action) : next;
  return {
    ...deep,
    stepsDone: endsStep(action, outcome) ? Math.max(memory.stepsDone, action.step + 1) : memory.stepsDone,
    rounds: outcome.end === 'MoreRounds' && !action.dryRun ? memory.rounds + 1 : 0,
  };
}

/** In DryRun nothing moves, so that a further round would find the same again. */
const endsStep = (action: Push, { end }: Outcome): boolean => end === 'Done' || (end === 'MoreRounds' && action.dryRun);

/** The step belongs to an idle period that is over; what it paged out is to be brought back all the same. */
function wokenMeanwhile(memory: LadderMemory, action: Push, outcome: Outcome): LadderMemory {
  if (action.advice !== 'PageOut' || !outcome.advised || memory.waking) return memory;
  return { ...memory, waking: true, dryDepth: action.dryRun };
}

type Push = Exclude<Action, { readonly advice: 'WillNeed' }>;

function deeper(memory: LadderMemory, action: Push): LadderMemory {
  const depth = action.advice === 'PageOut' ? 'PagedOut' : 'Cold';
  if (memory.depth === 'PagedOut' && (depth === 'Cold' || (action.dryRun && !memory.dryDepth))) return memory;
  return { ...memory, depth, dryDepth: action.dryRun };
}

function passOf(action: Push, outcome: Outcome, now: number): Partial<LadderMemory> {
  if (action.advice !== 'PageOut' || !outcome.advised) return {};
  if (action.dryRun) return { lastDryPageOut: { at: now, ranges: action.ranges, anonBytesAfter: null } };
  const anonBytesAfter = outcome.end === 'Done' ? outcome.anonBytesAfter : null;
  return { lastPageOut: { at: now, ranges: action.ranges, anonBytesAfter } };
}

const firstRetryMillis = 30_000;
const lastRetryMillis = 3_600_000;

function stoppedBy(before: Stopped | null, outcome: Outcome, now: number): Stopped | null {
  if (typeof outcome.end === 'string') return null;
  const times = (before?.times ?? 0) + 1;
  const wait = Math.min(firstRetryMillis * 2 ** Math.min(times - 1, 10), lastRetryMillis);
  return { reason: outcome.end.stopped, blocker: outcome.blocker ?? null, until: now + wait, times };
}
