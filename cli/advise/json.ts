/** `ebb advise --json`: stable. docs/cli.md lists every field; a test holds the two together. */
import type { PassOutcome, ProcessOutcome } from '../../node-agent/act/outcome.ts';
import { commText } from '../comm.ts';
import type { Asked } from './show.ts';

export interface Reclaimed {
  /** What the cgroup's usage fell by when it was asked to reclaim; null: it was not. */
  readonly reclaimedFromCacheBytes: number | null;
}

export function adviseJson(outcome: PassOutcome, asked: Asked, cgroup: string | null, reclaimed: Reclaimed): object {
  return {
    processes: outcome.processes.map(processJson),
    pass: {
      advice: asked.advice,
      dryRun: asked.dryRun,
      cgroup,
      reason: outcome.reason,
      usageBytes: outcome.usageBytes,
      freedBytes: outcome.freedBytes,
      compressedBytes: outcome.compressedBytes,
      awaitingReclaimBytes: outcome.awaitingReclaimBytes,
      ...reclaimed,
      wallMillis: outcome.wallMillis,
    },
  };
}

const processJson = (one: ProcessOutcome): ProcessOutcome => ({
  ...one,
  comm: one.comm === null ? null : commText(one.comm),
});
