/** What the agent keeps of one container from tick to tick, in memory only: without it an agent begins anew and is correct. */
import type { Profile } from '../api/profile.ts';
import type { Reason } from '../api/reasons.ts';
import type { ProcessSample } from '../native/worker.ts';
import { Learning } from './act/learning.ts';
import type { IdleRules } from './decide/idle.ts';
import type { Blocker, ContainerInput, Refusal, UsageSample } from './decide/inputs.ts';
import type { Decision } from './decide/ladder.ts';
import { type Action, type LadderMemory, startLadder } from './decide/ladder-memory.ts';
import type { Before } from './decide/resume.ts';
import type { Reserved, Swapped } from './decide/swap-bounds.ts';
import { PressureHistory } from './inputs.ts';
import type { Container } from './observe/container.ts';
import type { ContainerSignals } from './observe/signals.ts';
import { type Ledger, openLedger } from './report/ledger.ts';
import type { ContainerState, DecisionState } from './report/state.ts';
import type { InPod, Selected } from './source.ts';

/** A pass under way. */
export interface Running {
  readonly action: Action;
  readonly abort: AbortController;
  readonly done: Promise<void>;
  /** Why it was cut short from outside; null: it was not. */
  stopped: Reason | null;
  /** What a guard between its slices said last; null: go on. */
  refused: Refusal | null;
}

/** A page-out whose result is not judged yet. */
export interface Trial {
  readonly pagedOutBytes: number;
  readonly swapBytesAfter: number;
  readonly at: number;
}

export class Tracked implements Swapped {
  container: Container;
  /** null: no policy selects it, for this reason. */
  profile: Profile | null = null;
  unselected: Reason = 'NoPolicy';
  declaredIdle: boolean | null = null;
  /** Where a cluster says whose container it is. */
  pod: InPod | null = null;
  /** Known of more than those that a policy means. */
  namespace: string | null = null;
  processes: readonly ProcessSample[] = [];
  input: ContainerInput | null = null;
  /** At the last look, a pass's own too; of those that no policy selects only where a limit needs it. */
  swapBytes = 0;
  /** Of the page-out under way. */
  reserved: Reserved | null = null;
  /** What the DryRun of this idle period would have moved; see wouldReclaimBytes. */
  dryBytes = 0;
  /** The most of ContainerInput.anonBytes since it woke last: what it takes when it is used. */
  peakResidentBytes = 0;
  /** Of the last whole look. */
  signals: ContainerSignals | null = null;
  /** What it was selected by; selection.ts. */
  selectedBy = '';
  /** Oldest first. */
  usage: UsageSample[] = [];
  readonly pressure = new PressureHistory();
  readonly learning = new Learning();
  ladder: LadderMemory;
  ledger: Ledger;
  decision: Decision | null = null;
  readonly decisions: DecisionState[] = [];
  lastAdvice: ContainerState['lastAdvice'] = null;
  /** The last that was no DryRun: a dry one after it brings nothing back. */
  lastRealAdvice: ContainerState['lastAdvice'] = null;
  running: Running | null = null;
  trial: Trial | null = null;
  /** What the fast tick saw; consumed by the next decision that can act on it. */
  woke: Blocker | null = null;
  /** Idleness does not look further back: a spike seen, a wake. */
  notBefore: number | null = null;
  /** A wake is looked for from here on: the last page-out. */
  lookFrom = 0;
  /** Unmapped and in the swap cache at the last look. */
  awaitingBytes = 0;
  /** In swap at that look. */
  swapBytesBefore = 0;
  /** A reclaim of the swap cache is under way. */
  reclaiming = false;
  /** What was paged out was brought back as asked; not tried again before. */
  restored = false;
  restoreFrom = 0;
  /** Outlives the policy by which the cluster named it; null: nothing was said, or it is another container by now. */
  before: Before | null = null;

  constructor(container: Container, now: number) {
    this.container = container;
    this.ladder = startLadder(now);
    this.ledger = openLedger(now, 0);
  }

  /** Another policy means another window: what was measured stays, the ladder finds out by itself. */
  select({ profile, reason, declaredIdle, pod, namespace }: Selected, by: string): void {
    this.profile = profile;
    this.selectedBy = by;
    this.declaredIdle = declaredIdle ?? null;
    this.pod = pod ?? null;
    if (this.input === null) this.before = pod?.before ?? this.before;
    this.namespace = namespace ?? null;
    if (reason !== null) this.unselected = reason;
  }

  /** A pass is over. */
  advised(last: NonNullable<ContainerState['lastAdvice']>): void {
    this.lastAdvice = last;
    if (!last.dryRun) this.lastRealAdvice = last;
  }

  /** Adds a look at the counters. */
  push(sample: UsageSample): void {
    this.usage.push(sample);
  }

  /** Forgets looks that no window needs. */
  thin(rules: IdleRules): void {
    this.usage = thinned(this.usage, rules.windowSeconds * 1000, this.lookFrom);
  }

  get deep(): boolean {
    return this.ladder.depth !== 'None';
  }

  /** It is out as far as a DryRun goes. */
  get dryDeep(): boolean {
    return this.ladder.depth === 'PagedOut' && this.ladder.dryDepth;
  }

  /** What a DryRun would have it in swap now. */
  get wouldReclaimBytes(): number {
    const { running, profile } = this;
    const runs = running?.action.advice === 'PageOut' && running.action.dryRun;
    return profile !== null && (runs || this.dryDeep) ? this.dryBytes : 0;
  }

  /** Something of it may be in swap because of Ebb. */
  get pagedOutByUs(): boolean {
    const { ledger, ladder, before } = this;
    return (
      ledger.unmappedBytes > 0 || ladder.lastPageOut !== null || before?.advice === 'PageOut' || before?.out === true
    );
  }
}

/** Looks of the last seconds are kept as they are, older ones so far apart that a window has about this many. */
const perWindow = 120;
const recentMillis = 15_000;

export const spacingMillis = (windowMillis: number): number => windowMillis / perWindow;

function thinned(samples: UsageSample[], windowMillis: number, lookFrom: number): UsageSample[] {
  const now = samples.at(-1)!.at;
  const spacing = spacingMillis(windowMillis);
  const kept: UsageSample[] = [];
  for (const [index, sample] of samples.entries()) {
    const next = samples[index + 1];
    // The first one at or before the window's begin stays: it bounds the window.
    if (next !== undefined && next.at <= now - windowMillis) continue;
    const last = kept.at(-1);
    const recent = now - sample.at <= recentMillis || Math.abs(sample.at - lookFrom) < 1;
    if (recent || last === undefined || sample.at - last.at >= spacing) kept.push(sample);
  }
  return kept;
}
