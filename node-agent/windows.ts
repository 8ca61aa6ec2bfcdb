/** Whether a policy's time windows are open: each begins when its cron line comes due and lasts durationSeconds. */
import { Cron } from 'croner';
import type { Window } from '../api/profile.ts';

/** True where a policy has no windows. */
export const inWindow = (windows: readonly Window[], now: Date): boolean =>
  windows.length === 0 || windows.some((window) => isOpen(window, now));

/** Open where it came due within the last durationSeconds: then the next due time after that moment is not after now. */
function isOpen(window: Window, now: Date): boolean {
  const from = new Date(now.getTime() - window.durationSeconds * 1000);
  const due = new Cron(window.schedule, { timezone: window.timeZone, paused: true }).nextRun(from);
  return due !== null && due.getTime() <= now.getTime();
}
