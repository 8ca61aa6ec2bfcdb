/** How a command ends: the four exit codes, and the errors that lead to them. main.ts turns one into the other. */
import type { Reason } from '../api/reasons.ts';

export const exit = { done: 0, failed: 1, usage: 2, refused: 3 } as const;
export type ExitCode = (typeof exit)[keyof typeof exit];

/** The command line itself is wrong; shown with the usage of the command. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ebb could, but will not. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly reason: Reason;
  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Something that is needed is missing or did not work; the message says what to do. */
export class Failed extends Error {
  override readonly name = 'Failed';
}
