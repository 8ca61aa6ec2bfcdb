/**
 * What Prometheus reads (docs/metrics.md). Labels are policy, advice, state and reason only: a container is no label,
 * so that the number of series depends on the policies and not on what runs. Counters begin at 0.
 */
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';
import type { Reason } from '../../api/reasons.ts';
import type { Advice } from '../../native/worker.ts';
import type { Skip } from '../decide/ranges.ts';
import type { StateName } from './state.ts';

export const states: readonly StateName[] = ['Active', 'Idle', 'Cold', 'PagedOut', 'Waking', 'Skipped', 'Backoff'];
const advices: readonly Advice[] = ['Cold', 'PageOut', 'WillNeed'];

/** Reasons that bytes, processes and decisions can have: the rest of the list belongs to the command line and API. */
const bytesReasons: readonly Reason[] = [
  'AnonymousMapping',
  'FileMapping',
  'SharedMapping',
  'SpecialMapping',
  'HugeTLB',
  'BelowMinRange',
  'KeepResident',
  'HotRange',
  'NothingResident',
  'NothingSwapped',
  'Immovable',
  'Unadvisable',
  'Gone',
  'Busy',
  'RoundLimit',
  'Cancelled',
  'Deadline',
];
const processReasons: readonly Reason[] = [
  'Exited',
  'NotInContainer',
  'Execed',
  'LeaderExited',
  'Zombie',
  'SameAddressSpace',
  'SharedAddressSpace',
  'VforkChild',
  'TargetStuck',
  'Traced',
  'RealTime',
  'PermissionDenied',
  'TooManyProcesses',
  'ExcludedCommand',
  'SystemError',
];
const decisionReasons: readonly Reason[] = [
  'NotIdle',
  'Observing',
  'Idle',
  'StepDue',
  'LadderDone',
  'Woke',
  'NoSwap',
  'SwapFull',
  'SwapForbidden',
  'SwapLimited',
  'SwapoffInProgress',
  'NodePressure',
  'ContainerPressure',
  'Protected',
  'NoHeadroom',
  'BelowMinGain',
  'Cooldown',
  'RefaultBackoff',
  'SignalMissing',
  'Frozen',
  'Paused',
  'OutsideWindow',
];

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

export class Metrics {
  readonly #registry = new Registry();
  readonly #advised = this.counter('advised_bytes_total', 'Bytes of address space advised', ['policy', 'advice']);
  readonly #dry = this.counter('dry_run_bytes_total', 'Bytes that DryRun would have advised', ['policy', 'advice']);
  readonly #unmapped = this.counter('unmapped_bytes_total', 'Fall of resident anonymous memory in page-outs', [
    'policy',
  ]);
  readonly #freed = this.counter(
    'freed_bytes_total',
    'Fall of memory usage in page-outs, less what zram or zswap grew',
    ['policy'],
  );
  readonly #compressed = this.counter(
    'compressed_bytes_total',
    'Memory that zram or zswap took for what was paged out',
    ['policy'],
  );
  readonly #waiting = this.counter(
    'awaiting_reclaim_bytes_total',
    'Bytes unmapped that were still in the swap cache when their pass ended',
    ['policy'],
  );
  readonly #fetched = this.counter(
    'prefetched_bytes_total',
    'Rise of memory usage while WillNeed brought memory back',
    ['policy'],
  );
  readonly #cameBack = this.counter(
    'came_back_bytes_total',
    'Fall of what is in swap after page-outs, from tick to tick',
    ['policy'],
  );
  readonly #net = this.counter('net_byte_seconds_total', 'Bytes freed times the seconds they stayed out', ['policy']);
  readonly #stall = this.counter('advise_seconds_total', 'Time inside process_madvise', ['policy', 'advice']);
  readonly #passes = this.counter('passes_total', 'Passes over a container, by why they ended: Done, or a reason', [
    'policy',
    'advice',
    'reason',
  ]);
  readonly #skipped = this.counter('skipped_bytes_total', 'Bytes of address space that passes left out', [
    'policy',
    'reason',
  ]);
  readonly #errors = this.counter('process_refusals_total', 'Processes that a pass could not go through', [
    'policy',
    'reason',
  ]);
  readonly #decisions = this.counter('decisions_total', 'Decisions about containers', ['policy', 'reason']);
  readonly #reloads = this.counter(
    'policy_loads_total',
    'Readings of the policies: of their folder, or of the object of the node',
    ['result'],
  );
  readonly #failures = this.counter('tick_failures_total', 'Ticks that ended with an error', []);
  readonly #containers = this.gauge('containers', 'Containers by state', ['policy', 'state']);
  readonly #anon = this.gauge('anonymous_bytes', 'Resident anonymous memory of the containers', ['policy']);
  readonly #swap = this.gauge('swapped_bytes', 'What the containers have in swap', ['policy']);
  readonly #out = this.gauge('out_bytes', 'Bytes freed and still out, as far as it is seen', ['policy']);
  readonly #worker = this.gauge('worker_up', '1 while the worker is there', []);
  readonly #stuck = this.gauge(
    'stuck_sessions',
    'Sessions of the worker that hang in the kernel and were given up',
    [],
  );
  readonly #longest = this.#histogram(
    'longest_call_seconds',
    'Longest process_madvise call of a pass',
    ['advice'],
    [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.064, 0.25, 1],
  );
  readonly #wall = this.#histogram(
    'pass_seconds',
    'How long passes take',
    ['advice'],
    [0.01, 0.1, 0.5, 2, 10, 60, 300],
  );
  readonly #tick = this.#histogram('tick_seconds', 'How long ticks take', ['kind'], [0.001, 0.005, 0.02, 0.1, 0.5, 2]);

  constructor(version: string) {
    this.gauge('build_info', 'Version of the agent', ['version']).set({ version }, 1);
    const resident = this.gauge('resident_bytes', 'Resident memory of the agent itself, without the worker', []);
    Object.assign(resident, { collect: () => resident.set(process.memoryUsage.rss()) });
    for (const result of ['good', 'bad']) this.#reloads.inc({ result }, 0);
    this.#failures.inc(0);
    this.#worker.set(1);
    this.#stuck.set(0);
  }

  /** Every series of a policy from 0 on; call it before the policy's first decision. */
  begin(policy: string): void {
    for (const counter of [
      this.#unmapped,
      this.#freed,
      this.#compressed,
      this.#waiting,
      this.#fetched,
      this.#cameBack,
      this.#net,
    ]) {
      counter.inc({ policy }, 0);
    }
    for (const advice of advices) {
      for (const counter of [this.#advised, this.#dry, this.#stall]) counter.inc({ policy, advice }, 0);
      this.#passes.inc({ policy, advice, reason: 'Done' }, 0);
    }
    for (const reason of bytesReasons) this.#skipped.inc({ policy, reason }, 0);
    for (const reason of processReasons) this.#errors.inc({ policy, reason }, 0);
    for (const reason of decisionReasons) this.#decisions.inc({ policy, reason }, 0);
  }

  /** A policy that is no more leaves no series behind. */
  end(policy: string): void {
    for (const state of states) this.#containers.remove({ policy, state });
    for (const gauge of [this.#anon, this.#swap, this.#out]) gauge.remove({ policy });
  }

  decided(policy: string, reason: Reason): void {
    this.#decisions.inc({ policy, reason });
  }

  passed(pass: PassFigures): void {
    const { policy, advice } = pass;
    (pass.dryRun ? this.#dry : this.#advised).inc({ policy, advice }, pass.advisedBytes);
    this.#passes.inc({ policy, advice, reason: pass.reason ?? 'Done' });
    for (const skip of pass.skipped) this.#skipped.inc({ policy, reason: skip.reason }, skip.bytes);
    for (const reason of pass.errors) this.#errors.inc({ policy, reason });
    this.#wall.observe({ advice }, pass.wallMillis / 1000);
    if (pass.dryRun) return;
    this.#stall.inc({ policy, advice }, pass.stallMicros / 1e6);
    this.#longest.observe({ advice }, pass.longestCallMicros / 1e6);
    this.#moved(pass);
  }

  #moved(pass: PassFigures): void {
    const { policy, freedBytes } = pass;
    if (pass.advice === 'WillNeed') this.#fetched.inc({ policy }, Math.max(0, -(freedBytes ?? 0)));
    if (pass.advice !== 'PageOut') return;
    this.#unmapped.inc({ policy }, pass.unmappedBytes);
    this.#freed.inc({ policy }, Math.max(0, freedBytes ?? 0));
    this.#compressed.inc({ policy }, pass.compressedBytes);
    this.#waiting.inc({ policy }, pass.awaitingReclaimBytes);
  }

  reclaimed(policy: string, bytes: number): void {
    this.#freed.inc({ policy }, Math.max(0, bytes));
  }

  sums(gauges: PolicyGauges): void {
    const { policy } = gauges;
    for (const state of states) this.#containers.set({ policy, state }, gauges.byState.get(state) ?? 0);
    this.#anon.set({ policy }, gauges.anonBytes);
    this.#swap.set({ policy }, gauges.swapBytes);
    this.#out.set({ policy }, gauges.outBytes);
    this.#cameBack.inc({ policy }, gauges.cameBackBytes);
    this.#net.inc({ policy }, gauges.netByteSeconds);
  }

  ticked(kind: 'slow' | 'wake', millis: number): void {
    this.#tick.observe({ kind }, millis / 1000);
  }

  tickFailed = (): void => this.#failures.inc();
  loaded = (result: 'good' | 'bad'): void => this.#reloads.inc({ result });
  workerGone = (): void => this.#worker.set(0);
  stuckSessions = (count: number): void => this.#stuck.set(count);
  text = (): Promise<string> => this.#registry.metrics();
  get type(): string {
    return this.#registry.contentType;
  }

  /** Name, help and labels of every metric: what docs/metrics.md must list. */
  list(): readonly { readonly name: string; readonly help: string }[] {
    return this.#registry.getMetricsAsArray().map(({ name, help }) => ({ name, help }));
  }

  counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `ebb_${name}`, help, labelNames, registers: [this.#registry] });
  }

  gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name: `ebb_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram {
    return new Histogram({ name: `ebb_${name}`, help, labelNames, buckets, registers: [this.#registry] });
  }
}
