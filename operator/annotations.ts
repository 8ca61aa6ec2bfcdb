/**
 * What people say by annotation, as select.ts and pauses.ts read it. A value with no meaning is taken in the most
 * cautious one and said so: whoever wrote it meant to be left alone.
 */
import type { Reason } from '../api/reasons.ts';
import type { TextMap } from './snapshot.ts';

export const optOutAnnotation = 'ebb.dev/do-not-advise';
export const optOutContainersAnnotation = 'ebb.dev/do-not-advise-containers';
export const idleAnnotation = 'ebb.dev/idle';
export const pausedAnnotation = 'ebb.dev/paused';

/** Of a pod or a namespace; null: nothing is said against it. */
export function optOut(annotations: TextMap): Reason | null {
  const value = read(annotations, optOutAnnotation);
  if (value === null || value === 'false') return null;
  return value === 'true' ? 'OptedOut' : 'MalformedAnnotation';
}

const nothing: ReadonlySet<string> = new Set();
const containerName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Names of containers to leave alone; null: not to be told, so all of them. */
export function optedOutContainers(annotations: TextMap): ReadonlySet<string> | null {
  const value = read(annotations, optOutContainersAnnotation);
  if (value === null || value.trim() === '') return nothing;
  const names = value.split(',').map((name) => name.trim());
  return names.every((name) => containerName.test(name)) ? new Set(names) : null;
}

/** undefined: not declared. */
export function declaredIdle(annotations: TextMap): {
  readonly idle: boolean | undefined;
  readonly note: Reason | null;
} {
  const value = read(annotations, idleAnnotation);
  if (value === null) return { idle: undefined, note: null };
  const understood = value === 'true' || value === 'false';
  return { idle: value === 'true', note: understood ? null : 'MalformedAnnotation' };
}

/** Of a node: any value but "false", which may say who paused it and why. */
export function isPaused(annotations: TextMap): boolean {
  return (read(annotations, pausedAnnotation) ?? 'false') !== 'false';
}

function read(annotations: TextMap, key: string): string | null {
  return Object.hasOwn(annotations, key) ? annotations[key]! : null;
}
