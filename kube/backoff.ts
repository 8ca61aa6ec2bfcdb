/** How long to wait before asking the API server again. Pure: failures and randomness are values. */

export interface BackoffLimits {
  readonly firstMillis: number;
  readonly maxMillis: number;
}

export const defaultBackoff: BackoffLimits = { firstMillis: 200, maxMillis: 30_000 };

/** Doubles with each failure in a row; the half of it is random (0 ≤ random < 1), so that many clients don't come at once. */
export function backoffMillis(failures: number, random: number, limits: BackoffLimits): number {
  const whole = Math.min(limits.maxMillis, limits.firstMillis * 2 ** Math.min(Math.max(failures, 1) - 1, 40));
  return Math.round(whole * (0.5 + random / 2));
}

/** As above, and never sooner than the server asked for; up to a quarter later, since it asks everyone for the same. */
export function retryMillis(
  failures: number,
  retryAfterMillis: number | null,
  random: number,
  limits: BackoffLimits,
): number {
  return Math.max(backoffMillis(failures, random, limits), Math.round((retryAfterMillis ?? 0) * (1 + random / 4)));
}
