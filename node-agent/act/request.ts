/** What runPass is asked for: one advice to one container (or process tree), with what holds it back. */
import type { Reason } from '../../api/reasons.ts';
import type { Advice, ContainerRef, ProcessSample, Proof, Range, Target } from '../../native/worker.ts';
import type { HotRange } from '../decide/ranges.ts';

/** A process as sampled; the sample is shown where the process could not be opened. */
export interface PassTarget extends Target {
  readonly sample?: ProcessSample;
}

export interface PassRules {
  readonly kinds: readonly ('Anonymous' | 'Shared')[];
  readonly minRangeBytes: number;
  /** Of the whole container; Cold and PageOut. */
  readonly keepResidentBytes: number;
  /** Of the whole container; WillNeed: wake.maxBytes. */
  readonly maxBytesPerRound: number;
  readonly excludeCommands: readonly string[];
  /** KeepHot leaves alone what `memory` knows to be hot. */
  readonly mode: 'KeepHot' | 'All';
}

export interface PassLimits {
  /** 0: unlimited. */
  readonly maxBytesPerSecond: number;
  /** 0: one call for each batch of ranges, however long it takes. */
  readonly maxStallMicroseconds: number;
  /** Of the whole pass; 0: none. */
  readonly deadlineMillis: number;
  /** The guard is asked before each so much that may move (decide/slice-size.ts); 64 MiB where absent. */
  readonly maxSliceBytes?: number;
}

/** What is known of a process from earlier passes. */
export interface Known {
  readonly hot: readonly HotRange[];
  readonly immovable: readonly Range[];
  /** Where an earlier round of the same step stopped; 0: from the start. */
  readonly resumeAt: number;
}

/** What remembers between passes; the pass asks it and tells it, by the proof (which names one program's life). */
export interface PassMemory {
  /** What earlier passes paged out of this process: the pass looks which of it is present again. */
  pagedOut(proof: Proof): readonly Range[];
  /** Told which of it came back. Gives what the plan goes by. */
  known(proof: Proof, cameBack: readonly Range[]): Known;
}

export interface PassRequest {
  readonly container: ContainerRef | null;
  readonly targets: readonly PassTarget[];
  readonly advice: Advice;
  readonly rules: PassRules;
  readonly limits: PassLimits;
  /** The same path up to the native call: the session has no right to advise, planned bytes are reported. */
  readonly dryRun: boolean;
  /** Asked before the pass and before each slice, with how much may move next (DryRun: and what would have moved before it); a reason stops the pass. */
  readonly guard: (nextBytes: number) => Reason | null | Promise<Reason | null>;
  readonly memory?: PassMemory;
  /** Bytes advised so far and planned so far (more is planned as each process is reached), over the whole pass. */
  readonly onProgress?: (advisedBytes: number, plannedBytes: number) => void;
  /** Stops the pass between two chunks: reason Cancelled. */
  readonly signal?: AbortSignal;
}
