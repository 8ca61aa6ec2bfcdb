/** A pass as a whole, from the records of its processes and the books before and after. */
import type { Reason } from '../../api/reasons.ts';
import type { Balance, Freed } from './books.ts';
import type { PassOutcome } from './outcome.ts';
import type { Visit } from './visit.ts';

export function summary(
  visits: readonly Visit[],
  reason: Reason | null,
  before: Balance,
  after: Balance,
): Omit<PassOutcome, 'wallMillis' | 'stuckSessions'> {
  const freed = visits.map((visit) => visit.freed()).filter((one) => one !== null);
  const told = freed.map((one) => one.freedBytes).filter((bytes) => bytes !== null);
  return {
    processes: visits.map((visit) => visit.outcome()),
    learned: visits.map((visit) => visit.learned).filter((learned) => learned !== null),
    reason,
    usageBytes:
      before.usageBytes === null || after.usageBytes === null
        ? null
        : { before: before.usageBytes, after: after.usageBytes },
    freedBytes: told.length === 0 ? null : sum(told),
    compressedBytes: sum(freed.map((one: Freed) => one.compressedBytes)),
    awaitingReclaimBytes: sum(freed.map((one) => one.awaitingReclaimBytes)),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
