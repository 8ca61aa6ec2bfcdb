/** The figures of one pass for metrics, log and ledger, from its outcome (pure). */
import type { Reason } from '../../api/reasons.ts';
import { advisedBytes, reclaimedBytes, refusedBy } from '../act/carry-out.ts';
import type { PassOutcome } from '../act/pass.ts';
import type { Action } from '../decide/ladder-memory.ts';
import { sumSkips } from '../decide/ranges.ts';
import type { PassFigures } from './metrics.ts';

/** `stopped`: why it was cut short from outside. */
export function passFigures(policy: string, action: Action, outcome: PassOutcome, stopped: Reason | null): PassFigures {
  const { processes } = outcome;
  return {
    policy,
    advice: action.advice,
    dryRun: action.dryRun,
    reason: stopped ?? outcome.reason ?? refusedBy(outcome),
    advisedBytes: advisedBytes(outcome),
    unmappedBytes: action.advice === 'PageOut' ? reclaimedBytes(outcome) : 0,
    freedBytes: outcome.freedBytes,
    awaitingReclaimBytes: outcome.awaitingReclaimBytes,
    compressedBytes: outcome.compressedBytes,
    calls: processes.reduce((sum, one) => sum + one.calls, 0),
    stallMicros: processes.reduce((sum, one) => sum + one.adviseMicros, 0),
    longestCallMicros: processes.reduce((most, one) => Math.max(most, one.longestCallMicros), 0),
    wallMillis: outcome.wallMillis,
    skipped: sumSkips(...processes.map(({ skipped }) => skipped)),
    errors: processes.flatMap(({ error }) => (error === null ? [] : [error])),
  };
}
