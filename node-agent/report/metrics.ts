/**
 * What Prometheus reads of the agent (docs/metrics.md). Labels are policy, advice, state and reason: a container is no label,
 * so that the number of series depends on the policies and not on what runs, and policies are bounded (policy-labels.ts).
 * Counters begin at 0 with their policy, and all of its series go with it; histograms begin with the agent, so that a rate sees
 * the first of them.
 */
import type Counter from 'prom-client/lib/counter.js';
import { type Reason, reasons } from '../../api/reasons.ts';
import { Exposition } from '../../kube/exposition.ts';
import type { Advice } from '../../native/worker.ts';
import type { Skip } from '../decide/ranges.ts';
import { bytesReasons, decisionReasons, processReasons } from './metric-reasons.ts';
import { others, PolicyLabels } from './policy-labels.ts';
import type { StateName } from './state.ts';

export const states: readonly StateName[] = ['Active', 'Idle', 'Cold', 'PagedOut', 'Waking', 'Skipped', 'Backoff'];
const advices: readonly Advice[] = ['Cold', 'PageOut', 'WillNeed'];
const everyReason = ['Done', ...Object.keys(reasons)];

/** What one pass adds. */
export interface PassFigures {
  readonly policy: string;
  readonly advice: Advice;
  readonly dryRun: boolean;
  readonly reason: Reason | null;
  readonly advisedBytes: number;
  readonly unmappedBytes: number;
  readonly freedBytes: number | null;
  readonly awaitingReclaimBytes: number;
  readonly compressedBytes: number;
  /** Of process_madvise, and how long they took together. */
  readonly calls: number;
  readonly stallMicros: number;
  readonly longestCallMicros: number;
  readonly wallMillis: number;
  readonly skipped: readonly Skip[];
  readonly errors: readonly Reason[];
}

/** The sums of one policy at a tick. */
export interface PolicyGauges {
  readonly policy: string;
  readonly byState: ReadonlyMap<StateName, number>;
  readonly anonBytes: number;
  readonly swapBytes: number;
  readonly outBytes: number;
  /** What came back and what net savings grew by since the last tick. */
  readonly cameBackBytes: number;
  readonly netByteSeconds: number;
}

/** The node as a whole at a tick, and what holds the agent back on it. */
export interface NodeGauges {
  readonly swapTotalBytes: number;
  readonly swapFreeBytes: number;
  /** null: nothing does. */
  readonly held: Reason | null;
  /** Things that are wrong with the policies as they are written now. */
  readonly policyErrors: number;
}

export class Metrics extends Exposition {
  readonly #advised = this.counter(
    'advised_bytes_total',
    'Bytes of address space that advice was given for; no measure of what was saved.',
    ['policy', 'advice'],
  );
  readonly #dry = this.counter('dry_run_bytes_total', 'Bytes that would have been advised under mode DryRun.', [
    'policy',
    'advice',
  ]);
  readonly #unmapped = this.counter(
    'unmapped_bytes_total',
    'Fall of resident anonymous memory in page-outs; on a disk swap not all of it is free yet.',
    ['policy'],
  );
  readonly #freed = this.counter(
    'freed_bytes_total',
    'Fall of memory usage in page-outs, less what zram or zswap grew by meanwhile.',
    ['policy'],
  );
  readonly #compressed = this.counter(
    'compressed_bytes_total',
    'Memory that zram or zswap took for what was paged out.',
    ['policy'],
  );
  readonly #waiting = this.counter(
    'awaiting_reclaim_bytes_total',
    'Bytes unmapped that were still in the swap cache when their pass ended.',
    ['policy'],
  );
  readonly #fetched = this.counter(
    'prefetched_bytes_total',
    'Rise of memory usage while WillNeed brought memory back.',
    ['policy'],
  );
  readonly #cameBack = this.counter(
    'came_back_bytes_total',
    'Fall of what is in swap after page-outs, from tick to tick: what was paged out and is used again.',
    ['policy'],
  );
  readonly #net = this.counter(
    'net_byte_seconds_total',
    'Bytes freed times the seconds they stayed out; its rate is the mean of bytes saved.',
    ['policy'],
  );
  readonly #stall = this.counter('advise_seconds_total', 'Time spent inside process_madvise.', ['policy', 'advice']);
  readonly #passes = this.counter('passes_total', 'Passes over a container, by why they ended: Done, or a reason.', [
    'policy',
    'advice',
    'reason',
  ]);
  readonly #skipped = this.counter('skipped_bytes_total', 'Bytes of address space that passes left out, by why.', [
    'policy',
    'reason',
  ]);
  readonly #errors = this.counter('process_refusals_total', 'Processes that a pass could not go through, by why.', [
    'policy',
    'reason',
  ]);
  readonly #decisions = this.counter('decisions_total', 'Decisions about containers, one for each at each tick.', [
    'policy',
    'reason',
  ]);
  readonly #reloads = this.counter(
    'policy_loads_total',
    'Readings of the policies, of their folder or of the object of the node, by whether they were good or bad.',
    ['result'],
  );
  readonly #failures = this.counter('tick_failures_total', 'Ticks that ended with an error.');
  readonly #containers = this.gauge('containers', 'Containers that follow the policy, by state of the ladder.', [
    'policy',
    'state',
  ]);
  readonly #anon = this.gauge('anonymous_bytes', 'Resident anonymous memory of the containers.', ['policy']);
  readonly #swap = this.gauge('swapped_bytes', 'What the containers have in swap, whoever put it there.', ['policy']);
  readonly #out = this.gauge('out_bytes', 'Bytes freed and still out, as far as it is seen: what is saved now.', [
    'policy',
  ]);
  readonly #swapTotal = this.gauge('node_swap_bytes', 'Swap of the node.');
  readonly #swapFree = this.gauge('node_swap_free_bytes', 'Swap of the node that is free.');
  readonly #held = this.gauge('held', 'Always 1, and there only while something holds the whole agent back.', [
    'reason',
  ]);
  readonly #policyErrors = this.gauge(
    'policy_errors',
    'Things that are wrong with the policies as they are written now: the last good ones stay in force.',
  );
  readonly #worker = this.gauge('worker_up', '1 while the worker is there, otherwise 0.');
  readonly #stuck = this.gauge(
    'stuck_sessions',
    'Sessions of the worker that hang in the kernel and were given up; with 4 the node is Degraded.',
  );
  readonly #longest = this.histogram(
    'longest_call_duration_seconds',
    'Longest process_madvise call of a pass: how long a target’s mmap and munmap may have waited.',
    [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.064, 0.25, 1],
    ['advice'],
  );
  readonly #wall = this.histogram(
    'pass_duration_seconds',
    'How long a pass over a container takes.',
    [0.01, 0.1, 0.5, 2, 10, 60, 300],
    ['advice'],
  );
  readonly #tick = this.histogram(
    'tick_duration_seconds',
    'How long ticks take: slow ones look at everything, wake ones at what is out.',
    [0.001, 0.005, 0.02, 0.1, 0.5, 2],
    ['kind'],
  );
  readonly #labels = new PolicyLabels();
  readonly #ofPolicy = [
    this.#unmapped,
    this.#freed,
    this.#compressed,
    this.#waiting,
    this.#fetched,
    this.#cameBack,
    this.#net,
  ];
  readonly #ofAdvice = [this.#advised, this.#dry, this.#stall];
  readonly #ofReason: readonly (readonly [Counter, readonly Reason[]])[] = [
    [this.#skipped, bytesReasons],
    [this.#errors, processReasons],
    [this.#decisions, decisionReasons],
  ];
  #heldBy: Reason | null = null;

  constructor(version: string) {
    super('ebb_', version);
    for (const result of ['good', 'bad']) this.#reloads.inc({ result }, 0);
    this.#failures.inc(0);
    this.#worker.set(1);
    this.#stuck.set(0);
    for (const advice of advices) for (const histogram of [this.#longest, this.#wall]) histogram.zero({ advice });
    for (const kind of ['slow', 'wake']) this.#tick.zero({ kind });
  }

  /** Every series of a policy from 0 on; call it before the policy's first decision. */
  begin(name: string): void {
    const policy = this.#labels.begin(name);
    for (const counter of this.#ofPolicy) counter.inc({ policy }, 0);
    for (const advice of advices) {
      for (const counter of this.#ofAdvice) counter.inc({ policy, advice }, 0);
      this.#passes.inc({ policy, advice, reason: 'Done' }, 0);
    }
    for (const [counter, counted] of this.#ofReason) for (const reason of counted) counter.inc({ policy, reason }, 0);
  }

  /** A policy that is no more leaves no series behind. */
  end(policy: string): void {
    if (!this.#labels.end(policy)) return;
    this.#clear(policy);
    for (const counter of this.#ofPolicy) counter.remove({ policy });
    for (const advice of advices) {
      for (const counter of this.#ofAdvice) counter.remove({ policy, advice });
      for (const reason of everyReason) this.#passes.remove({ policy, advice, reason });
    }
    for (const [counter] of this.#ofReason) for (const reason of everyReason) counter.remove({ policy, reason });
  }

  decided(policy: string, reason: Reason): void {
    this.#decisions.inc({ policy: this.#labels.of(policy), reason });
  }

  passed(pass: PassFigures): void {
    const { advice } = pass;
    const policy = this.#labels.of(pass.policy);
    (pass.dryRun ? this.#dry : this.#advised).inc({ policy, advice }, pass.advisedBytes);
    this.#passes.inc({ policy, advice, reason: pass.reason ?? 'Done' });
    for (const skip of pass.skipped) this.#skipped.inc({ policy, reason: skip.reason }, skip.bytes);
    for (const reason of pass.errors) this.#errors.inc({ policy, reason });
    this.#wall.observe({ advice }, pass.wallMillis / 1000);
    if (pass.dryRun) return;
    this.#stall.inc({ policy, advice }, pass.stallMicros / 1e6);
    this.#longest.observe({ advice }, pass.longestCallMicros / 1e6);
    this.#moved(policy, pass);
  }

  #moved(policy: string, { advice, freedBytes, ...pass }: PassFigures): void {
    if (advice === 'WillNeed') this.#fetched.inc({ policy }, Math.max(0, -(freedBytes ?? 0)));
    if (advice !== 'PageOut') return;
    this.#unmapped.inc({ policy }, pass.unmappedBytes);
    this.#freed.inc({ policy }, Math.max(0, freedBytes ?? 0));
    this.#compressed.inc({ policy }, pass.compressedBytes);
    this.#waiting.inc({ policy }, pass.awaitingReclaimBytes);
  }

  reclaimed(policy: string, bytes: number): void {
    this.#freed.inc({ policy: this.#labels.of(policy) }, Math.max(0, bytes));
  }

  /** Of every policy at a tick. */
  sums(all: readonly PolicyGauges[]): void {
    this.#clear(others);
    for (const { policy: name, byState, ...sums } of all) {
      const policy = this.#labels.of(name);
      if (policy !== others) this.#clear(policy);
      for (const state of states) this.#containers.inc({ policy, state }, byState.get(state) ?? 0);
      this.#anon.inc({ policy }, sums.anonBytes);
      this.#swap.inc({ policy }, sums.swapBytes);
      this.#out.inc({ policy }, sums.outBytes);
      this.#cameBack.inc({ policy }, sums.cameBackBytes);
      this.#net.inc({ policy }, sums.netByteSeconds);
    }
  }

  #clear(policy: string): void {
    for (const state of states) this.#containers.remove({ policy, state });
    for (const gauge of [this.#anon, this.#swap, this.#out]) gauge.remove({ policy });
  }

  node({ swapTotalBytes, swapFreeBytes, held, policyErrors }: NodeGauges): void {
    this.#swapTotal.set(swapTotalBytes);
    this.#swapFree.set(swapFreeBytes);
    this.#policyErrors.set(policyErrors);
    if (this.#heldBy !== null) this.#held.remove({ reason: this.#heldBy });
    this.#heldBy = held;
    if (held !== null) this.#held.set({ reason: held }, 1);
  }

  ticked(kind: 'slow' | 'wake', millis: number): void {
    this.#tick.observe({ kind }, millis / 1000);
  }

  tickFailed = (): void => this.#failures.inc();
  loaded = (result: 'good' | 'bad'): void => this.#reloads.inc({ result });
  workerGone = (): void => this.#worker.set(0);
  stuckSessions = (count: number): void => this.#stuck.set(count);
}
