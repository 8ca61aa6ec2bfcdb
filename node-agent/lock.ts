/**
 * Two agents never act on one node: flock(2) on a file, held as long as the process lives and freed by the kernel
 * however it ends. Node has no flock of its own, and a program that holds it for us would be one more to watch.
 */
import { closeSync, constants, fchmodSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reason } from '../api/reasons.ts';

/** flock(2) of a descriptor: 0 or -errno. */
export type Flock = (descriptor: number, operation: number) => number;

const exclusiveNoWait = 2 | 4; // LOCK_EX | LOCK_NB

export type Locked =
  | { readonly ok: true; readonly release: () => void }
  | { readonly ok: false; readonly reason: Reason; readonly message: string };

/** Closed on exec, so the worker does not inherit it. */
export function lockNode(path: string, flock: Flock): Locked {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  if (flock(descriptor, exclusiveNoWait) !== 0) {
    closeSync(descriptor);
    const holder = /^\d+/.exec(readFileSync(path, 'utf8'))?.[0] ?? 'unknown';
    return {
      ok: false,
      reason: 'AnotherAgent',
      message: `another agent (PID ${holder}) acts on this node and holds ${path}`,
    };
  }
  fchmodSync(descriptor, 0o644);
  ftruncateSync(descriptor, 0);
  writeSync(descriptor, `${process.pid}\n`);
  return { ok: true, release: () => closeSync(descriptor) };
}
