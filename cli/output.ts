/** The only place where commands write: results on stdout, everything about the work on stderr. */
import type { TableLook } from './table.ts';

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** A line about the work itself; never part of a result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Exact for a program, harmless on a terminal: what is not printable ASCII is written as \uXXXX, which is JSON too. */
export function jsonText(value: unknown): string {
  const plain = JSON.stringify(value, null, process.stdout.isTTY ? 2 : undefined);
  return plain.replace(/[^\x20-\x7e\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export const printJson = (value: unknown): void => print(jsonText(value));

/** https://no-color.org: any value that is not empty. */
export function tableLook(): TableLook {
  const terminal = process.stdout.isTTY === true;
  const colour = terminal && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  return { width: terminal ? process.stdout.columns : null, colour };
}

/** A reader that went away (`ebb ps | head`) is no failure. */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      throw error;
    });
  }
}
