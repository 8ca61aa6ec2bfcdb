/** How the plugin writes what its tables hold: times, sums, reasons; in colour on a terminal. Pure. */
import { escapeText } from '../../api/escape.ts';
import { type Reason, reasons } from '../../api/reasons.ts';
import { bytesText, secondsText } from '../units.ts';

export const meaningOf = (reason: string): string =>
  Object.hasOwn(reasons, reason) ? reasons[reason as Reason] : 'unknown to this version of the plugin';

export const reasonText = (reason: string): string => `${escapeText(reason)}: ${meaningOf(reason)}`;

/** "4 min 10 s"; "-" where there is no such time. */
export function agoText(time: string | null | undefined, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(time ?? '')) / 1000));
  if (Number.isNaN(seconds)) return '-';
  return seconds < 60 ? `${seconds} s` : secondsText(seconds);
}

/** A sum of the API, as text since it may pass 2^53. */
export const sumText = (bytes: string | undefined): string => bytesText(Number(bytes ?? 0));

/** Bytes × seconds as bytes × hours: what an hour of that much memory is worth is known to people. */
export const byteHoursText = (byteSeconds: string | undefined): string =>
  `${bytesText(Math.round(Number(byteSeconds ?? 0) / 3600))}·h`;

export const namesText = (names: readonly string[], count: number): string =>
  `${names.map((name) => escapeText(name)).join(', ')}${count > names.length ? ', …' : ''}`;

export type Tone = 'good' | 'bad' | 'plain';
const codes: Readonly<Record<Tone, string>> = { good: '32', bad: '33', plain: '0' };

export const toned = (text: string, tone: Tone, colour: boolean): string =>
  colour && tone !== 'plain' ? `\x1b[${codes[tone]}m${text}\x1b[0m` : text;
