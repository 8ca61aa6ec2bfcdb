/** The record of one process within a pass: filled step by step, read once as its outcome. */
import { readFileSync } from 'node:fs';
import type { Reason } from '../../api/reasons.ts';
import type { AdviseResult, Opened, ProcessSample, Proof, Range, Target } from '../../native/worker.ts';
import { type Plan, type Skip, sumSkips } from '../decide/ranges.ts';
import { type Balance, type Freed, settle } from './books.ts';
import type { Learned, ProcessOutcome } from './outcome.ts';
import type { PassTarget } from './request.ts';

/** Waiting: not gone through yet. Advised: only its figures at the end are missing. Closed: nothing more to do. */
export type Stage = 'Waiting' | 'Advised' | 'Closed';

export class Visit {
  readonly target: PassTarget;
  stage: Stage = 'Waiting';
  proof: Proof | null = null;
  /** In the session it is open in now. */
  handle = -1;
  error: Reason | null = null;
  mappedBytes = 0;
  movableBytes = 0;
  advisedBytes = 0;
  calls = 0;
  adviseMicros = 0;
  longestCallMicros = 0;
  /** The books right before and after it was advised. */
  books: { readonly before: Balance; readonly after: Balance } | null = null;
  learned: Learned | null = null;
  /** Planned, but the kernel did not take the advice for all of them. */
  readonly refused: Range[] = [];
  readonly #skipped: Skip[] = [];
  #after: ProcessSample | null = null;
  /** The end came, and what it was at the end is known. */
  #measured = false;

  constructor(target: PassTarget) {
    this.target = target;
  }

  close(error: Reason): void {
    this.error ??= error;
    this.stage = 'Closed';
  }

  /** Whom to open: once it was proven, exactly that process. */
  wanted(): Target {
    return { pid: this.target.pid, startTicks: this.proof?.sample.startTicks ?? this.target.startTicks };
  }

  /** Proven once more in a later session, the figures from before it was advised stay. */
  opened(answer: Opened): void {
    if (answer.ok) {
      this.handle = answer.proof.handle;
      if (this.stage === 'Waiting') this.proof = answer.proof;
    } else if (this.stage === 'Advised') this.measured(answer);
    else this.close(answer.refusal.reason);
  }

  planned(plan: Plan): void {
    this.mappedBytes = plan.mappedBytes;
    this.movableBytes = plan.plannedBytes;
    this.#skipped.push(...plan.skipped);
  }

  skip(ranges: readonly Range[], reason: Reason): void {
    for (const range of ranges) this.#skipped.push({ reason, bytes: range.end - range.start });
  }

  /** Books one slice: every byte of it is advised or skipped. `stopped` names why what was not reached was not. */
  advised(slice: readonly Range[], result: AdviseResult, stopped: Reason | null): void {
    this.calls += result.calls;
    this.adviseMicros += result.callMicros;
    this.longestCallMicros = Math.max(this.longestCallMicros, result.longestMicros);
    for (const [index, range] of slice.entries()) {
      const length = range.end - range.start;
      const answer = result.ranges[index];
      const bytes = Math.min(length, answer?.advisedBytes ?? 0);
      this.advisedBytes += bytes;
      if (bytes === length) continue;
      this.refused.push(range);
      const final = index < result.rangesDone ? (answer?.reason ?? null) : null;
      this.#skipped.push({ reason: final ?? stopped ?? answer?.reason ?? 'SystemError', bytes: length - bytes });
    }
  }

  /** DryRun: what would have been advised. */
  wouldAdvise(slice: readonly Range[], movableBytes: number): void {
    this.movableBytes += movableBytes;
    for (const range of slice) this.advisedBytes += range.end - range.start;
  }

  measured(opened: Opened): void {
    this.#measured = true;
    if (opened.ok && this.#same(opened.proof)) this.#after = opened.proof.sample;
    else this.error ??= opened.ok ? 'Exited' : opened.refusal.reason;
    this.stage = 'Closed';
  }

  #same(proof: Proof): boolean {
    const { proof: first } = this;
    return (
      first === null || (first.sample.startTicks === proof.sample.startTicks && first.pidfdInode === proof.pidfdInode)
    );
  }

  /** null: nothing was advised, or it can't be told. */
  freed(): Freed | null {
    const { books, proof } = this;
    if (books === null || proof === null || this.#after === null) return null;
    return settle(books.before, books.after, this.#after.swapBytes - proof.sample.swapBytes);
  }

  outcome(): ProcessOutcome {
    const before = this.proof?.sample ?? this.target.sample ?? null;
    // Gone without a last look: what fell was not reclaimed by advice.
    const after = this.#after ?? (this.#measured ? null : before);
    const known = this.#after !== null;
    return {
      pid: this.target.pid,
      containerPid: before?.nsPids.at(-1) ?? null,
      comm: before?.comm ?? null,
      startTime: before === null ? null : startTime(before.startTicks),
      identity: this.proof?.proof ?? null,
      rssAnonBytes: { before: before?.rssAnonBytes ?? 0, after: after?.rssAnonBytes ?? 0 },
      swapBytes: { before: before?.swapBytes ?? 0, after: after?.swapBytes ?? 0 },
      mappedBytes: this.mappedBytes,
      advisedBytes: this.advisedBytes,
      movableBytes: this.movableBytes,
      reclaimedBytes: known ? Math.max(0, (before?.rssAnonBytes ?? 0) - (after?.rssAnonBytes ?? 0)) : 0,
      freedBytes: this.freed()?.freedBytes ?? null,
      calls: this.calls,
      adviseMicros: this.adviseMicros,
      longestCallMicros: this.longestCallMicros,
      skipped: sumSkips(this.#skipped),
      error: this.error,
    };
  }
}

let bootSeconds: number | null = null;

/** Clock ticks are 100 a second in everything the kernel shows to programs (USER_HZ). */
function startTime(ticks: number): string {
  bootSeconds ??= Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0);
  return new Date((bootSeconds + ticks / 100) * 1000).toISOString();
}
