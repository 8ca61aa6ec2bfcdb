/** What a pass did, as observed. ProcessOutcome is the JSON of `ebb advise --json` and stable. */
import type { Reason } from '../../api/reasons.ts';
import type { Proof, ProofKind, Range } from '../../native/worker.ts';
import type { Moved } from '../decide/immovable.ts';
import type { Skip } from '../decide/ranges.ts';

export interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

export interface ProcessOutcome {
  /** In Ebb's own PID namespace. */
  readonly pid: number;
  /** In the innermost PID namespace it is in; null where it could not be read. */
  readonly containerPid: number | null;
  /** Hostile bytes: escape where shown. */
  readonly comm: string | null;
  /** ISO 8601, from the start time in clock ticks since boot (10 ms); null where it could not be read. */
  readonly startTime: string | null;
  /** How it was proven to be the process meant; null: it was not. */
  readonly identity: ProofKind | null;
  readonly rssAnonBytes: BeforeAfter;
  readonly swapBytes: BeforeAfter;
  /** All mappings: always advisedBytes and the bytes of `skipped` together. 0 where they could not be listed. */
  readonly mappedBytes: number;
  /** Address space that the kernel took the advice for; DryRun: that would be advised. */
  readonly advisedBytes: number;
  /** The most that could move of what was advised: resident in it (WillNeed: swapped) when it was planned; DryRun: up to where it would have ended. */
  readonly movableBytes: number;
  /** The fall of RssAnon. */
  readonly reclaimedBytes: number;
  /**
   * The fall of the container's memory usage while this process was advised, less its share of what zram or zswap
   * grew; null where it can't be told (no container, DryRun, nothing read).
   */
  readonly freedBytes: number | null;
  readonly calls: number;
  readonly adviseMicros: number;
  readonly longestCallMicros: number;
  readonly skipped: readonly Skip[];
  /** Why this process was not gone through, or not to its end; null: it was. */
  readonly error: Reason | null;
}

/** What the agent learns from; not part of the JSON. */
export interface Learned {
  readonly proof: Proof;
  /** Of `PassMemory.pagedOut`, what was present again when this pass began. */
  readonly cameBack: readonly Range[];
  /** PageOut: pages in swap after the pass, of what it advised. */
  readonly pagedOut: readonly Range[];
  /** PageOut: the planned ranges, with what was there to move and what of them is still resident. */
  readonly moved: readonly Moved[];
  /** Where the round limit stopped; null: it did not. */
  readonly resumeAt: number | null;
}

export interface PassOutcome {
  /** One for each target, in the order of the request. */
  readonly processes: readonly ProcessOutcome[];
  readonly learned: readonly Learned[];
  /** Why it stopped before its end; null: it did not. */
  readonly reason: Reason | null;
  /** The container's memory usage (memory.current, memory.usage_in_bytes); null without a container. */
  readonly usageBytes: BeforeAfter | null;
  /** Sum of what the processes freed; null where it can't be told. */
  readonly freedBytes: number | null;
  /** What the compressed swap (zram, zswap) grew by for this pass, already taken off freedBytes. */
  readonly compressedBytes: number;
  /** Unmapped, but still in the swap cache: freed only when something reclaims it. */
  readonly awaitingReclaimBytes: number;
  readonly wallMillis: number;
  /** Sessions of the worker that hang in the kernel, as the last one told that ended; null: none told. */
  readonly stuckSessions: number | null;
}
