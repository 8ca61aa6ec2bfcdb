/**
 * Where the host's /proc and /sys lie, as a value: tests point it at recorded trees. Also the one check that must hold
 * before any PID is believed: that /proc belongs to the PID namespace Ebb itself lives in.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reason } from '../../api/reasons.ts';

export interface HostRoots {
  readonly proc: string;
  readonly sys: string;
  /** Where mount points of `proc`/self/mountinfo lie: "" on a live host; a recorded tree has its own folder. */
  readonly cgroup?: string;
}

export const liveRoots: HostRoots = { proc: '/proc', sys: '/sys' };

/** code is a Reason; the message says what was looked for and where. */
export class HostError extends Error {
  readonly code: Reason;
  constructor(code: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HostError';
    this.code = code;
  }
}

/**
 * /proc/self is who Ebb is in the namespace of that /proc, and NSpid lists the levels from there down: in Ebb's own
 * namespace that is exactly one number, its own. In a /proc of another branch there is no self at all.
 */
export function checkPidNamespace(roots: HostRoots, ownPid: number = process.pid): void {
  const file = join(roots.proc, 'self/status');
  const levels = namespacePids(readStatus(file));
  if (levels.length === 1 && levels[0] === ownPid) return;
  const seen = levels.length === 0 ? 'nobody' : `PID ${levels.join(' → ')}`;
  throw new HostError('WrongPidNamespace', `${roots.proc} shows Ebb as ${seen}, but Ebb is PID ${ownPid}`);
}

function readStatus(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HostError('WrongPidNamespace', `${file} can't be read: Ebb isn't in the PID namespace of this /proc`, {
      cause,
    });
  }
}

/** The NSpid line of a status file; empty where there is none. */
export function namespacePids(status: string): readonly number[] {
  const line = /^NSpid:([\t \d]*)$/m.exec(status)?.[1]?.trim();
  return line ? line.split(/\s+/).map(Number) : [];
}
