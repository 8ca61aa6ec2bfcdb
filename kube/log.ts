/**
 * The log of the programs that run for long: one JSON line for each decision at debug, for each action at info. Strings of
 * the host are escaped before they get into a line: JSON alone leaves bidirectional marks and C1 controls as they are.
 */
import { pino } from 'pino';
import { escapeText } from '../api/escape.ts';

export type Log = pino.Logger;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** Written at once: the last lines before an exit are those that count. */
export function openLog(level: (typeof logLevels)[number], descriptor = 1): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: escaped },
      serializers: { error: (error: unknown) => describe(error) },
    },
    pino.destination({ fd: descriptor, sync: true }),
  );
}

function escaped(fields: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields))
    out[key] = typeof value === 'string' ? escapeText(value, 1024) : value;
  return out;
}

function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return escapeText(String(error), 1024);
  const { code } = error as NodeJS.ErrnoException;
  return {
    message: escapeText(error.message, 1024),
    ...(code === undefined ? {} : { code: escapeText(String(code)) }),
  };
}
