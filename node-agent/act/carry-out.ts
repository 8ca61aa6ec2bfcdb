/** Turns a decided action on a container into a pass, and what the pass says into what the ladder needs to know. */
import type { Profile } from '../../api/profile.ts';
import type { Reason } from '../../api/reasons.ts';
import type { ContainerRef, ProcessSample, Worker } from '../../native/worker.ts';
import type { Action, Outcome } from '../decide/ladder-memory.ts';
import type { Container, Hierarchies } from '../observe/container.ts';
import type { PassMemory, PassOutcome, PassRequest } from './pass.ts';
import { runPass } from './pass.ts';

export interface Order {
  readonly container: Container;
  readonly hierarchies: Hierarchies;
  readonly processes: readonly ProcessSample[];
  readonly action: Action;
  readonly profile: Profile;
  readonly memory: PassMemory;
  /** Cold and PageOut: no more than this, whatever a round of the policy may take. */
  readonly maxBytes: number;
  readonly maxSliceBytes: number;
  readonly guard: PassRequest['guard'];
  readonly signal: AbortSignal;
}

/** A pass that takes longer is not what its policy's rate allows for: it ends and goes on at the next tick. */
const maxPassMillis = 15 * 60 * 1000;

export const containerRef = ({ memory }: Hierarchies, container: Container): ContainerRef => ({
  mount: memory,
  cgroup: container.cgroup,
  cgroupInode: container.cgroupInode,
});

export const carryOut = (worker: Worker, order: Order): Promise<PassOutcome> => runPass(worker, requestOf(order));

function requestOf(order: Order): PassRequest {
  const { action, profile, container, hierarchies, processes, memory, maxBytes, maxSliceBytes, guard, signal } = order;
  const wake = action.advice === 'WillNeed';
  return {
    container: containerRef(hierarchies, container),
    targets: processes.map((sample) => ({ pid: sample.pid, startTicks: sample.startTicks, sample })),
    advice: action.advice,
    rules: {
      kinds: profile.memory.kinds,
      minRangeBytes: wake ? 0 : profile.memory.minRangeBytes,
      keepResidentBytes: wake ? 0 : profile.memory.keepResidentBytes,
      // Rounds follow one another; a DryRun, after which nothing has moved, sees all of them in one.
      maxBytesPerRound: wake
        ? action.maxBytes
        : Math.min(action.dryRun ? Number.MAX_SAFE_INTEGER : profile.limits.maxBytesPerRound, maxBytes),
      excludeCommands: profile.memory.excludeCommands,
      mode: wake ? 'All' : action.ranges,
    },
    limits: {
      // Who woke waits for this memory: it comes as fast as stalls allow.
      maxBytesPerSecond: wake && !action.paced ? 0 : profile.limits.maxBytesPerSecond,
      maxStallMicroseconds: profile.limits.maxStallMicroseconds,
      deadlineMillis: maxPassMillis,
      maxSliceBytes,
    },
    dryRun: action.dryRun,
    guard,
    memory,
    signal,
  };
}

const total = (outcome: PassOutcome, of: (one: PassOutcome['processes'][number]) => number): number =>
  outcome.processes.reduce((sum, one) => sum + of(one), 0);

export const advisedBytes = (outcome: PassOutcome): number => total(outcome, (one) => one.advisedBytes);
export const reclaimedBytes = (outcome: PassOutcome): number => total(outcome, (one) => one.reclaimedBytes);
export const swapBytesAfter = (outcome: PassOutcome): number => total(outcome, (one) => one.swapBytes.after);

/** They say nothing of the process that lasts: what it did not take now it may take a little later. */
const passing: ReadonlySet<Reason | null> = new Set(['TargetStuck', 'Execed', 'Busy', 'SystemError', 'TooManyHandles']);
const passedOver: ReadonlySet<Reason | null> = new Set([
  'ExcludedCommand',
  'SameAddressSpace',
  'VforkChild',
  'Zombie',
  'Exited',
]);

/**
 * Why the step is not done with: a process did not take the advice for a reason that passes, or none of them took it.
 * null: whoever can take it did, or there was nothing to do.
 */
export function refusedBy(outcome: PassOutcome): Reason | null {
  if (outcome.reason !== null || outcome.processes.length === 0) return null;
  const asked = outcome.processes.map(({ error }) => error).filter((error) => !passedOver.has(error));
  const again = asked.find((error) => passing.has(error));
  return again ?? (asked.length > 0 && asked.every((error) => error !== null) ? asked[0]! : null);
}

/** `cutShortBy`: why it was cancelled from outside, which the pass itself calls Cancelled. */
export function ladderOutcome(outcome: PassOutcome, cutShortBy: Reason | null): Outcome {
  const limited = outcome.processes.some(({ skipped }) => skipped.some(({ reason }) => reason === 'RoundLimit'));
  const stopped = cutShortBy ?? outcome.reason ?? refusedBy(outcome);
  return {
    end: stopped !== null ? { stopped } : limited ? 'MoreRounds' : 'Done',
    advised: advisedBytes(outcome) > 0,
    anonBytesAfter: total(outcome, (one) => one.rssAnonBytes.after),
  };
}
