/** What planning works on and gives: the rules of one pass over one process, and its plan. */
import type { Advice, Range } from '../../native/worker.ts';
import type { Skip } from './skips.ts';

export interface HotRange extends Range {
  /** When it was last seen to come back. */
  readonly at: number;
}

export interface ChooseRules {
  readonly advice: Advice;
  /** KeepHot leaves hot ranges alone; All takes them too, after the others where keepResidentBytes is set. */
  readonly mode: 'KeepHot' | 'All';
  /** At least so much of what is resident in this process stays so. Cold and PageOut. */
  readonly keepResidentBytes: number;
  /** At most so many bytes move: what is left of maxBytesPerRound, or of wake.maxBytes. Cold moves nothing. */
  readonly maxBytes: number;
  readonly hot: readonly HotRange[];
  /** PageOut: what hardly moved last time (immovable.ts). */
  readonly immovable: readonly Range[];
  /** Where an earlier round of the same step stopped (Plan.resumeAt); 0: from the start. */
  readonly resumeAt?: number;
  readonly pageBytes?: number;
}

export interface PlannedRange extends Range {
  /** At most so many bytes of it can move: what is resident in it (WillNeed: swapped), bounded by its length. */
  readonly movableBytes: number;
}

export interface Plan {
  /** Cold, PageOut, Collapse: in address order. WillNeed: hot first. */
  readonly ranges: readonly PlannedRange[];
  /** Includes what the candidates had skipped. */
  readonly skipped: readonly Skip[];
  readonly mappedBytes: number;
  /** Sum of movableBytes: never more than maxBytes, but for Cold. */
  readonly plannedBytes: number;
  /** Resident now and sure to stay so. */
  readonly keptBytes: number;
  /** Where the round limit stopped, for the next round of the step; null: all was planned. */
  readonly resumeAt: number | null;
}

/** A part of a candidate range that this advice can move. */
export interface Piece extends Range {
  /** Index of the candidate range it is a part of. */
  readonly source: number;
  /** When it was learned hot; null: it is not. */
  readonly hotAt: number | null;
}
