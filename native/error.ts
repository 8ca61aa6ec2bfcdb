/** How calls on the worker fail: one Error whose code is a Reason. */
import type { Reason } from '../api/reasons.ts';

/** code is a Reason; the message says which call on which session. */
export class WorkerError extends Error {
  readonly code: Reason;
  readonly errno: number;
  constructor(code: Reason, message: string, errno = 0) {
    super(message);
    this.name = 'WorkerError';
    this.code = code;
    this.errno = errno;
  }
}
