/**
 * One tick: observe → decide → act → report, over all containers. The slow tick looks at everything; the wake tick in
 * between reads the CPU time of those that are out or being advised, and of nothing else. Passes run on beside it.
 */
import type { Profile } from '../api/profile.ts';
import type { Log } from '../kube/log.ts';
import type { Worker } from '../native/worker.ts';
import { missingToAdvise } from './act/rights.ts';
import { clocksNow } from './clocks.ts';
import type { AgentConfig } from './config.ts';
import type { Decision } from './decide/ladder.ts';
import { nodeInput, PressureHistory } from './inputs.ts';
import type { Journal } from './journal.ts';
import { judge, type Moment, takeGlance, takeIn, wakeOf } from './judge.ts';
import type { Container, Hierarchies } from './observe/container.ts';
import { type NodeSignals, readNode } from './observe/node.ts';
import { readCpuUsage } from './observe/signals.ts';
import { Passes } from './passes.ts';
import { observed } from './report/ledger.ts';
import type { Metrics } from './report/metrics.ts';
import { nodeGauges } from './report/node-gauges.ts';
import { remember } from './report/view.ts';
import { select, stopsPass } from './selection.ts';
import { discover, type Eyes, glance, networkBytes, see, withProcessesNow } from './sight.ts';
import type { Source } from './source.ts';
import { type PolicySums, policySums } from './sums.ts';
import { SwapBudget } from './swap-budget.ts';
import { settleWaiting } from './swap-cache.ts';
import { Tracked } from './tracked.ts';

/** What an agent is made of; start.ts puts it together. */
export interface Parts {
  readonly config: AgentConfig;
  readonly worker: Worker;
  readonly eyes: Eyes;
  readonly hierarchies: Hierarchies;
  readonly source: Source;
  /** null: nothing survives a restart. */
  readonly journal: Journal | null;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Ticks between walks of the cgroup tree: who is new is Active for a window anyway. */
const discoverEvery = 3;
/** Ticks between looks whether the journal is to be written. */
const saveEvery = 6;
/** Ticks between whole looks at a container that nothing happens to. */
const wholeEvery = 6;

export class Ticker {
  readonly tracked = new Map<string, Tracked>();
  readonly passes: Passes;
  readonly swap: SwapBudget;
  ticks = 0;
  /** How often a container came into another state, or had another reason for it; or came or went. */
  transitions = 0;
  lastNode: NodeSignals | null = null;
  /** Monotonic: when the last slow tick ended. */
  lastTick = performance.now();
  readonly startedAt = performance.now();
  #generation = -1;
  readonly #parts: Parts;
  readonly #pressure = new PressureHistory();
  #workerGone = false;
  #begun = new Set<string>();
  /** Of each policy at the last slow tick. */
  sums: readonly PolicySums[] = [];
  /** Called after each slow tick. */
  reported: (sums: readonly PolicySums[]) => void = () => undefined;
  /** No longer there; told in the next report. */
  #gone: Tracked[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    const writes = parts.journal?.recallWrites(clocksNow()) ?? [];
    this.swap = new SwapBudget(this.tracked, () => parts.source.policies().swapLimits, writes);
    this.passes = new Passes(parts, {
      swap: this.swap,
      moment: () => this.#moment(),
      again: (tracked) => this.#decide(tracked, this.#moment()),
    });
    parts.worker.gone.then(() => {
      this.#workerGone = true;
    });
  }

  /** Signals that no container here has a source for. */
  missingSignals(): readonly string[] {
    const [first, ...rest] = [...this.tracked.values()].flatMap(({ signals }) => (signals ? [signals.missing] : []));
    return (first ?? []).filter((name) => rest.every((names) => names.includes(name)));
  }

  slow(): void {
    const started = performance.now();
    const { profiles, generation } = this.#parts.source.policies();
    const moment = this.#moment(started);
    this.#pressure.push(started, this.lastNode!);
    this.#begin(profiles.map(({ name }) => name));
    if (this.ticks % discoverEvery === 0 || generation !== this.#generation) this.#discover();
    this.#generation = generation;
    const selected = [...this.tracked.values()].filter((one) => this.#select(one));
    this.#takeIn(selected, moment);
    this.swap.lookAtOthers(this.#parts.eyes);
    for (const tracked of selected) this.#one(tracked, moment);
    this.passes.startDue(selected);
    this.#report();
    if (this.ticks % saveEvery === 0) this.save();
    this.ticks += 1;
    this.lastTick = performance.now();
    this.#parts.metrics.ticked('slow', performance.now() - started);
  }

  /** A whole look where something needs it and, in turn, at a part of the others; a glance at the rest. */
  #takeIn(selected: readonly Tracked[], moment: Moment): void {
    const whole = selected.filter((one, at) => needsWhole(one) || (at + this.ticks) % wholeEvery === 0);
    this.#lookAt(whole, moment.now);
    const others = selected.filter((one) => !whole.includes(one));
    const glances = glance(
      this.#parts.eyes,
      others.map((one) => one.container),
    );
    for (const one of others) takeGlance(one, glances.get(one.container.cgroup)!, one.profile!, moment.now);
  }

  #lookAt(all: readonly Tracked[], now: number): void {
    if (all.length === 0) return;
    const { eyes } = this.#parts;
    const seen = see(
      eyes,
      all.map((one) => withProcessesNow(eyes, one.container)),
    );
    const network = all.some(({ profile }) => profile?.idle.maxNetworkBytesPerSecond != null)
      ? networkBytes(eyes, seen)
      : null;
    for (const [at, one] of all.entries()) {
      takeIn(one, seen[at]!, one.profile!, now, network?.get(one.container.cgroup) ?? null);
      one.learning.keepOnly(new Set(one.container.pids));
    }
  }

  /** A wake must be seen within a second, and costs one small file for each container that is out. */
  wake(): void {
    const started = performance.now();
    const watched = [...this.tracked.values()].filter((one) => one.profile !== null && (one.deep || one.running));
    if (watched.length === 0) return;
    const { eyes, hierarchies, metrics } = this.#parts;
    const usage = readCpuUsage(
      eyes.readFiles,
      hierarchies,
      watched.map((one) => one.container),
    );
    for (const tracked of watched) this.#look(tracked, tracked.profile!, usage.get(tracked.container.cgroup), started);
    metrics.ticked('wake', performance.now() - started);
  }

  #look(tracked: Tracked, profile: Profile, cpuMicros: number | undefined, now: number): void {
    const last = tracked.usage.at(-1);
    if (cpuMicros === undefined || last === undefined || now <= last.at) return;
    tracked.push({ ...last, at: now, cpuMicros });
    const woke = wakeOf(tracked, profile);
    if (woke === null) return;
    tracked.woke = woke;
    if (tracked.running !== null) this.passes.stop(tracked, 'Woke');
    else {
      this.#decide(tracked, this.#moment());
      this.passes.startDue([tracked]);
    }
  }

  /** Whether a policy selects it; what no longer may be done to it is stopped. */
  #select(tracked: Tracked): boolean {
    const { source } = this.#parts;
    const orders = source.orders();
    select(tracked, source.policies(), orders);
    const stopped = tracked.running && stopsPass(tracked, tracked.running, orders);
    if (stopped !== null) this.passes.cut(tracked, stopped);
    if (tracked.profile === null) tracked.decision = null;
    return tracked.profile !== null;
  }

  /** After the source changed: what may no longer go on is stopped now, all else follows with the next tick. */
  reconsider(): void {
    for (const tracked of this.tracked.values()) this.#select(tracked);
  }

  #one(tracked: Tracked, moment: Moment): void {
    if (tracked.input === null) return;
    if (tracked.running === null) {
      tracked.ledger = observed(tracked.ledger, tracked.input.swapBytes, moment.now);
      settleWaiting(tracked, this.#parts);
    }
    this.#decide(tracked, moment);
  }

  /** What may lead to an action is looked at whole, and decided again by what is true now. */
  #decide(tracked: Tracked, moment: Moment): Decision | null {
    const { profile } = tracked;
    if (profile === null || tracked.input === null) return null;
    const first = judge(tracked, profile, moment);
    const decision = first.action === null || tracked.running !== null ? first : this.#again(tracked, profile, moment);
    const before = tracked.decisions.at(-1);
    if (before?.state !== decision.state || before.reason !== decision.reason) this.transitions++;
    remember(tracked.decisions, decision, moment.date);
    this.#parts.metrics.decided(profile.name, decision.reason);
    this.#log(tracked, profile, decision);
    return decision;
  }

  #again(tracked: Tracked, profile: Profile, moment: Moment): Decision {
    const now = performance.now();
    this.#lookAt([tracked], now);
    return judge(tracked, profile, { ...moment, now });
  }

  #log({ container }: Tracked, profile: Profile, decision: Decision): void {
    const { log } = this.#parts;
    if (!log.isLevelEnabled('debug')) return;
    const { state, reason, action, blocker } = decision;
    const shown = { cgroup: container.cgroup, policy: profile.name, state, reason, action: action?.advice ?? 'None' };
    log.debug({ ...shown, blocker }, 'Decided about container');
  }

  #moment(now = performance.now()): Moment {
    const { eyes, config, source, worker } = this.#parts;
    const node = readNode(eyes.readFiles, eyes.roots);
    const orders = source.orders();
    this.lastNode = node;
    return {
      now,
      date: new Date(),
      node: nodeInput(node, this.#pressure.until(now, node)),
      swap: this.swap,
      periodMillis: config.periodSeconds * 1000,
      unable: this.#workerGone ? 'WorkerGone' : (orders.stop ?? orders.restore ?? missingToAdvise(worker.hello)),
      orders,
    };
  }

  #discover(): void {
    const containers = discover(this.#parts.eyes, this.#parts.source.policies().cgroups);
    const there = new Set(containers.map(keyOf));
    for (const [key, tracked] of this.tracked) {
      if (there.has(key)) continue;
      if (tracked.running) this.passes.stop(tracked, 'Exited');
      this.#gone.push(tracked);
      this.transitions++;
      this.tracked.delete(key);
    }
    for (const container of containers) {
      const tracked = this.tracked.get(keyOf(container));
      if (tracked === undefined) this.#add(container);
      else tracked.container = container;
    }
  }

  #add(container: Container): void {
    const key = keyOf(container);
    const clocks = clocksNow();
    const tracked = new Tracked(container, clocks.monotonic);
    tracked.ladder = this.#parts.journal?.recall(tracked.ladder, key, clocks) ?? tracked.ladder;
    this.tracked.set(key, tracked);
  }

  /** Writes down what should survive a restart. */
  save(): void {
    try {
      this.#parts.journal?.save(this.tracked, this.swap.writes, clocksNow());
    } catch (error) {
      this.#parts.log.warn({ error }, 'Failed to write journal');
    }
  }

  #begin(names: readonly string[]): void {
    const { metrics } = this.#parts;
    const now = new Set(names);
    for (const name of this.#begun) if (!now.has(name)) metrics.end(name);
    for (const name of now) if (!this.#begun.has(name)) metrics.begin(name);
    this.#begun = now;
  }

  #report(): void {
    this.sums = policySums(this.#begun, this.tracked.values(), this.#gone.splice(0));
    const { metrics } = this.#parts;
    metrics.sums(this.sums);
    metrics.node(nodeGauges(this.lastNode, this.#parts));
    this.reported(this.sums);
  }
}

/** What a glance does not tell, and is asked for. */
function needsWhole({ input, profile, running, awaitingBytes }: Tracked): boolean {
  const { maxIOBytesPerSecond, maxNetworkBytesPerSecond } = profile!.idle;
  const asked = maxIOBytesPerSecond !== null || maxNetworkBytesPerSecond !== null;
  return input === null || running !== null || awaitingBytes > 0 || asked;
}

/** A new cgroup of the same name is another container. */
const keyOf = ({ cgroupInode, cgroup }: Container): string => `${cgroupInode} ${cgroup}`;
