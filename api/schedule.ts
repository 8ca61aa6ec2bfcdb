/**
 * The meaning of schedules and time zones, which the schema's patterns can't tell: injected into decode, so that decode
 * needs no cron library. No clock: whether a schedule ever fires is asked from a fixed date on.
 */
import { Cron } from 'croner';

/** What decode asks about a window's fields: what is allowed instead, or null where all is well. */
export interface WindowMeaning {
  readonly schedule: (schedule: string) => string | null;
  readonly timeZone: (timeZone: string) => string | null;
}

export const windowMeaning: WindowMeaning = {
  schedule: (schedule) =>
    fires(schedule) ? null : 'a cron line of five fields that comes due, such as "0 20 * * 1-5"',
  timeZone: (timeZone) => (zoneExists(timeZone) ? null : 'an IANA time zone such as Europe/Berlin'),
};

const fixedDate = new Date('2026-01-01T00:00:00Z');

function fires(schedule: string): boolean {
  try {
    return new Cron(schedule, { mode: '5-part', timezone: 'UTC', paused: true }).nextRun(fixedDate) !== null;
  } catch {
    return false;
  }
}

function zoneExists(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
