/** Which exit code a pass deserves, and the pass that stands for processes refused before it. Pure but for Visit's clock. */
import { type Reason, reasons } from '../../api/reasons.ts';
import type { PassOutcome, ProcessOutcome } from '../../node-agent/act/outcome.ts';
import { sumSkips } from '../../node-agent/decide/ranges.ts';
import { type ExitCode, exit } from '../exit.ts';

/** Reasons that mean: Ebb will not, rather than: it did not work. */
const refusals: ReadonlySet<Reason> = new Set<Reason>([
  'NoSuchProcess',
  'NoSuchContainer',
  'InitProcess',
  'OwnProcess',
  'KernelThread',
  'NotAProcess',
  'Zombie',
  'LeaderExited',
  'Exited',
  'NotInContainer',
  'WrongPidNamespace',
  'VforkChild',
  'SameAddressSpace',
  'SharedAddressSpace',
  'Traced',
  'RealTime',
  'Frozen',
  'PermissionDenied',
  'MissingSysPtrace',
  'MissingSysNice',
  'MissingDacReadSearch',
  'NoSwap',
  'SwapFull',
  'SwapForbidden',
  'SwapLimited',
  'SwapoffInProgress',
  'AdviceUnsupported',
  'TooManyProcesses',
]);

/** Refused: nobody was advised, and nothing but refusals stood in the way. Failed: something else did, anywhere. */
export function exitCode(outcome: PassOutcome): ExitCode {
  const errors = outcome.processes.flatMap((one) => (one.error === null ? [] : [one.error]));
  if (outcome.reason !== null) errors.push(outcome.reason);
  const failed = errors.filter((error) => !refusals.has(error));
  const advised = outcome.processes.some((one) => one.error === null || one.advisedBytes > 0);
  if (failed.length > 0) return exit.failed;
  return errors.length > 0 && !advised ? exit.refused : exit.done;
}

/** The one reason worth a line of its own on stderr; null: there is none. */
export function mainReason(outcome: PassOutcome): Reason | null {
  return outcome.reason ?? outcome.processes.find((one) => one.error !== null)?.error ?? null;
}

export const sentence = (what: string, reason: Reason): string => `${what}: ${reason}: ${reasons[reason]}`;

/** What a dry run planned, booked as skipped: the answer where a guard refuses the whole pass. */
export function asSkipped(planned: PassOutcome, reason: Reason): PassOutcome {
  const processes = planned.processes.map((one): ProcessOutcome => {
    const skipped = sumSkips(one.skipped, [{ reason, bytes: one.advisedBytes }]);
    return { ...one, advisedBytes: 0, movableBytes: 0, skipped, error: one.error ?? reason };
  });
  return { ...planned, processes, reason: planned.reason ?? reason };
}

export const withRefused = (outcome: PassOutcome, refused: readonly ProcessOutcome[]): PassOutcome => ({
  ...outcome,
  processes: [...outcome.processes, ...refused],
});

export const nothing = (processes: readonly ProcessOutcome[]): PassOutcome => ({
  processes,
  learned: [],
  reason: null,
  usageBytes: null,
  freedBytes: null,
  compressedBytes: 0,
  awaitingReclaimBytes: 0,
  wallMillis: 0,
  stuckSessions: null,
});
