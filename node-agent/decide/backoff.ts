/**
 * Backing off after a page-out that was wrong: too much of it came back too soon. Doubles with each such pass, up to
 * the policy's most; halves with each pass that stayed out.
 */
import type { Profile } from '../../api/profile.ts';
import type { Blocker } from './inputs.ts';

export type RefaultRules = Profile['guards']['refault'];

export interface Backoff {
  /** Passes judged too many, less those judged good. */
  readonly level: number;
  /** Monotonic milliseconds; null: not backing off. */
  readonly until: number | null;
  /** What the last judgement saw. */
  readonly blocker: Blocker | null;
}

export const noBackoff: Backoff = { level: 0, until: null, blocker: null };

/** A page-out and what of it is back after `afterMillis`. */
export interface PassResult {
  readonly pagedOutBytes: number;
  readonly cameBackBytes: number;
  readonly afterMillis: number;
}

/**
 * Judges a pass once: as soon as too much is back, or when withinSeconds are over. null: too early to say, look again.
 * What a wake brings back counts too: a pass shortly before one cost more than it gave.
 */
export function judgePass(backoff: Backoff, pass: PassResult, rules: RefaultRules, now: number): Backoff | null {
  const percent = pass.pagedOutBytes > 0 ? (pass.cameBackBytes / pass.pagedOutBytes) * 100 : 0;
  const withinMillis = rules.withinSeconds * 1000;
  if (percent > rules.maxPercent && pass.afterMillis <= withinMillis) {
    const blocker = { signal: 'refaultPercent', observed: Math.round(percent), allowed: rules.maxPercent };
    return { level: backoff.level + 1, until: now + backoffMillis(backoff.level, rules), blocker };
  }
  if (pass.afterMillis < withinMillis) return null;
  return { level: Math.max(0, backoff.level - 1), until: null, blocker: null };
}

const backoffMillis = (level: number, rules: RefaultRules): number =>
  Math.min(rules.backoffSeconds * 2 ** Math.min(level, 30), Math.max(rules.backoffSeconds, rules.maxBackoffSeconds)) *
  1000;
