/**
 * What a Lease says, and whether it may be taken. Pure. No wall clock is compared with another: who waits goes by how long
 * it has itself seen no change, so clocks may be wrong by any amount.
 */
import type { KubeObject } from './resource.ts';

export interface LeaseRecord {
  /** '' where nobody holds it. */
  readonly holder: string;
  readonly durationSeconds: number | null;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly transitions: number;
}

type Fields = Readonly<Record<string, unknown>>;

export const specOf = (lease: KubeObject): Fields => (lease['spec'] ?? {}) as Fields;

export function recordOf(lease: KubeObject): LeaseRecord {
  const spec = specOf(lease);
  const text = (field: string): string => (typeof spec[field] === 'string' ? (spec[field] as string) : '');
  const number = (field: string): number | null => (Number.isInteger(spec[field]) ? (spec[field] as number) : null);
  return {
    holder: text('holderIdentity'),
    durationSeconds: number('leaseDurationSeconds'),
    acquireTime: text('acquireTime'),
    renewTime: text('renewTime'),
    transitions: number('leaseTransitions') ?? 0,
  };
}

export interface Observed {
  readonly record: LeaseRecord;
  /** Monotonic: when this record was first seen. */
  readonly atMillis: number;
}

/** A holder that renews changes the record; nothing else counts as a sign of life. */
export function observe(before: Observed | null, record: LeaseRecord, now: number): Observed {
  return before && isSame(before.record, record) ? before : { record, atMillis: now };
}

function isSame(a: LeaseRecord, b: LeaseRecord): boolean {
  return (Object.keys(a) as (keyof LeaseRecord)[]).every((field) => a[field] === b[field]);
}

export function mayTake(observed: Observed, identity: string, leaseSeconds: number, now: number): boolean {
  return now >= freeAt(observed, identity, leaseSeconds);
}

/** When it may be taken, unless it changes before. */
export function freeAt({ record, atMillis }: Observed, identity: string, leaseSeconds: number): number {
  if (record.holder === '' || record.holder === identity) return -Infinity;
  return atMillis + (record.durationSeconds ?? leaseSeconds) * 1000;
}

export interface Claim {
  readonly identity: string;
  readonly leaseSeconds: number;
  readonly date: Date;
}

/** Fields that are not ours stay. */
export function claimed(spec: Fields, before: LeaseRecord | null, { identity, leaseSeconds, date }: Claim): Fields {
  const isMine = before?.holder === identity;
  return {
    ...spec,
    holderIdentity: identity,
    leaseDurationSeconds: leaseSeconds,
    renewTime: microTime(date),
    acquireTime: isMine && before.acquireTime !== '' ? before.acquireTime : microTime(date),
    leaseTransitions: before === null ? 0 : before.transitions + (isMine ? 0 : 1),
  };
}

/** The next candidate need not wait. */
export function released(spec: Fields, date: Date): Fields {
  return { ...spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(date) };
}

/** The API server takes six digits of a second and no other number of them. */
const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');
