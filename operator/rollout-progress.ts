/**
 * How far a policy's roll-out has come, read from its status and written there, so that a new leader goes on where the
 * last one left off. What can't be read counts as not there: the roll-out begins anew, and nothing is reached too soon.
 */
import * as z from 'zod';
import { clusterPolicySpec } from '../api/policy.ts';
import { type RolloutStatus, rolloutStatus } from '../api/policy-status.ts';
import type { ClusterSpec } from './snapshot.ts';

export interface Progress {
  /** What reached every node last; null: nothing did, or nobody can read what it was. */
  readonly settled: { readonly generation: number; readonly spec: ClusterSpec } | null;
  /** null: none has begun. */
  readonly current: Current | null;
}

export type Begun = Progress & { readonly current: Current };

export interface Current {
  readonly generation: number;
  readonly nodesPercent: number;
  /** When it reached the last of them; milliseconds of the wall clock. */
  readonly since: number;
  /** On nodes reached, during this roll-out. */
  readonly reclaimedBytes: bigint;
  readonly refaultedBytes: bigint;
  readonly halted: { readonly since: number; readonly message: string } | null;
}

/** A newer operator may have written more. */
const readable = z.object(rolloutStatus.shape);
const readableSettled = z.object({
  settled: clusterPolicySpec,
  settledGeneration: rolloutStatus.shape.settledGeneration,
});

export function readProgress(status: unknown): Progress {
  const settled = readableSettled.safeParse(status).data;
  const current = readable.safeParse(status).data;
  return {
    settled: settled ? { generation: settled.settledGeneration ?? 0, spec: settled.settled } : null,
    current: current ? currentOf(current) : null,
  };
}

/** null: a time that looks like one and is none. */
function currentOf(status: RolloutStatus): Current | null {
  const { generation, nodesPercent, halted } = status;
  const since = Date.parse(status.since);
  const haltedSince = Date.parse(halted?.since ?? status.since);
  if (Number.isNaN(since + haltedSince)) return null;
  return {
    generation,
    nodesPercent,
    since,
    reclaimedBytes: bytes(status.reclaimedBytes),
    refaultedBytes: bytes(status.refaultedBytes),
    halted: halted ? { since: haltedSince, message: halted.message } : null,
  };
}

function bytes(text = '0'): bigint {
  return /^[0-9]+$/.test(text) ? BigInt(text) : 0n;
}

export function writtenProgress({ settled, current }: Begun): RolloutStatus {
  const { generation, nodesPercent, since, reclaimedBytes, refaultedBytes, halted } = current;
  return {
    generation,
    nodesPercent,
    since: time(since),
    ...(settled && { settledGeneration: settled.generation, settled: settled.spec }),
    reclaimedBytes: String(reclaimedBytes),
    refaultedBytes: String(refaultedBytes),
    ...(halted && { halted: { since: time(halted.since), reason: 'RolloutHalted', message: halted.message } }),
  };
}

/** Whole seconds, as Kubernetes writes times. */
function time(millis: number): string {
  return new Date(millis).toISOString().replace(/\.\d+Z$/, 'Z');
}
