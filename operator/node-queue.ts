/**
 * Which node's object is to be written next: each node once however often it is added, one write of it at a time, urgent
 * ones first, at a bounded rate, and again later where it failed. The loop adds, apply.ts works.
 */
import { type BackoffLimits, retryMillis } from '../kube/backoff.ts';
import type { Clock } from '../kube/clock.ts';
import { asKubeError, type KubeError } from '../kube/errors.ts';

export interface QueueOptions {
  readonly clock: Clock;
  /** Writes under way at one time. */
  readonly parallel: number;
  readonly perSecond: number;
  /** From one write of a node until its next may begin: what changes meanwhile goes with that one. */
  readonly restMillis: number;
  /** `waitedMillis`: since it was first added. false: nothing had to be sent, so the rate does not count it. */
  readonly work: (node: string, waitedMillis: number, signal: AbortSignal) => Promise<boolean>;
  /** Each failure; the next try comes by itself. */
  readonly failed: (node: string, error: KubeError) => void;
}

const backoff: BackoffLimits = { firstMillis: 500, maxMillis: 60_000 };

interface Waiting {
  /** When it was first added. */
  readonly since: number;
  readonly dueAt: number;
  readonly urgent: boolean;
  /** Goes before the rest of its node is over. */
  readonly unrested: boolean;
}

export class NodeQueue {
  readonly #options: QueueOptions;
  /** Due, first come first served: urgent ones before all others. */
  readonly #urgent = new Map<string, Waiting>();
  readonly #due = new Map<string, Waiting>();
  readonly #later = new Map<string, Waiting>();
  /** No entry of #later is due sooner. */
  #nextDueAt = Infinity;
  readonly #busy = new Set<string>();
  /** When a node that was written may be written again; those that may soonest come first. */
  readonly #rests = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  /** Writes that may begin now; refilled as time goes by, up to a second's worth. */
  #tokens: number;
  #refilledAt: number;
  #woken = Promise.withResolvers<void>();

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#tokens = options.perSecond;
    this.#refilledAt = options.clock.now();
  }

  /** Nodes that wait or are being written. */
  get size(): number {
    return this.#urgent.size + this.#due.size + this.#later.size + this.#busy.size;
  }

  /** Whether a write of the node is to come, besides one that is under way. */
  has(node: string): boolean {
    return this.#urgent.has(node) || this.#due.has(node) || this.#later.has(node);
  }

  /**
   * The earlier time and the greater urgency win over what was said before; a node that failed waits for its next try. One
   * that is due keeps its place: who changes most must not come last. `unrested`: this write does not
   * wait for the node's rest.
   */
  add(node: string, delayMillis: number, urgent: boolean, unrested = false): void {
    const now = this.#options.clock.now();
    const before = this.#waiting(node);
    const rested = unrested ? now : (this.#rests.get(node) ?? now);
    const asked = Math.max(now + delayMillis, rested);
    const dueAt = before && this.#failures.has(node) ? before.dueAt : Math.min(before?.dueAt ?? asked, asked);
    this.#put(node, {
      since: before?.since ?? now,
      dueAt,
      urgent: urgent || (before?.urgent ?? false),
      unrested: unrested || (before?.unrested ?? false),
    });
    this.#woken.resolve();
  }

  /** Until aborted; then no new write begins, and those under way have ended when it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    const working = new Set<Promise<void>>();
    const abort = (): void => this.#woken.resolve();
    signal.addEventListener('abort', abort, { once: true });
    try {
      while (!signal.aborted) {
        this.#woken = Promise.withResolvers();
        for (const [node, entry] of this.#begin()) {
          const work = this.#work(node, entry, signal).finally(() => working.delete(work));
          working.add(work);
        }
        await this.#wait(signal);
      }
    } finally {
      signal.removeEventListener('abort', abort);
      await Promise.all(working);
    }
  }

  /** Who waits in the same row keeps the place in it. */
  #put(node: string, entry: Waiting): void {
    const isDue = entry.dueAt <= this.#options.clock.now();
    const row = isDue ? (entry.urgent ? this.#urgent : this.#due) : this.#later;
    for (const other of [this.#urgent, this.#due, this.#later]) if (other !== row) other.delete(node);
    row.set(node, entry);
    if (!isDue) this.#nextDueAt = Math.min(this.#nextDueAt, entry.dueAt);
  }

  #waiting(node: string): Waiting | undefined {
    return this.#urgent.get(node) ?? this.#due.get(node) ?? this.#later.get(node);
  }

  /** Those that are written now, out of all that wait. */
  #begin(): [string, Waiting][] {
    const { clock, parallel, perSecond } = this.#options;
    const now = clock.now();
    this.#tokens = Math.min(perSecond, this.#tokens + ((now - this.#refilledAt) / 1000) * perSecond);
    this.#refilledAt = now;
    this.#promote(now);
    const free = Math.min(parallel - this.#busy.size, Math.floor(this.#tokens));
    const begun: [string, Waiting][] = [];
    for (const waiting of [this.#urgent, this.#due]) {
      for (const [node, entry] of waiting) {
        if (begun.length >= free) return begun;
        if (this.#busy.has(node)) continue;
        waiting.delete(node);
        begun.push([node, entry]);
      }
    }
    return begun;
  }

  #promote(now: number): void {
    if (now < this.#nextDueAt) return;
    this.#nextDueAt = Infinity;
    for (const [node, entry] of this.#later) {
      if (entry.dueAt > now) this.#nextDueAt = Math.min(this.#nextDueAt, entry.dueAt);
      else {
        this.#later.delete(node);
        this.#put(node, entry);
      }
    }
  }

  async #work(node: string, entry: Waiting, signal: AbortSignal): Promise<void> {
    const { clock, work } = this.#options;
    this.#busy.add(node);
    this.#tokens--;
    const begunAt = clock.now();
    try {
      const sent = await work(node, begunAt - entry.since, signal);
      if (sent) this.#rest(node, begunAt);
      else this.#tokens++;
      this.#failures.delete(node);
    } catch (error) {
      if (!signal.aborted) this.#again(node, entry, asKubeError(error, node));
    } finally {
      this.#busy.delete(node);
      this.#woken.resolve();
    }
  }

  /** Who was added while it was written waits as well, but for what waits for no rest. */
  #rest(node: string, begunAt: number): void {
    const { clock, restMillis } = this.#options;
    for (const [rested, until] of this.#rests) {
      if (until > clock.now()) break;
      this.#rests.delete(rested);
    }
    const until = begunAt + restMillis;
    this.#rests.delete(node);
    this.#rests.set(node, until);
    const added = this.#waiting(node);
    if (added && !added.unrested) this.#put(node, { ...added, dueAt: Math.max(added.dueAt, until) });
  }

  #again(node: string, { since, urgent, unrested }: Waiting, error: KubeError): void {
    const { clock, failed } = this.#options;
    const failures = (this.#failures.get(node) ?? 0) + 1;
    this.#failures.set(node, failures);
    failed(node, error);
    const wait = retryMillis(failures, error.retryAfterMillis, clock.random(), backoff);
    const added = this.#waiting(node);
    this.#put(node, {
      since,
      dueAt: clock.now() + wait,
      urgent: urgent || (added?.urgent ?? false),
      unrested: unrested || (added?.unrested ?? false),
    });
  }

  /** Until something is added or ends, the next one is due, or there is a token again. */
  async #wait(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const timer = new AbortController();
    const slept = clock.sleep(this.#millis(), AbortSignal.any([signal, timer.signal])).catch(() => undefined);
    await Promise.race([this.#woken.promise, slept]);
    timer.abort();
  }

  #millis(): number {
    const { clock, parallel, perSecond } = this.#options;
    if (this.#busy.size >= parallel) return longestMillis;
    const waits = this.#urgent.size + this.#due.size > 0;
    const token = Math.max(1, ((1 - this.#tokens) / perSecond) * 1000);
    if (waits && this.#tokens < 1) return Math.ceil(token);
    // What is due and does not begin is being written; its end wakes us.
    return Math.min(longestMillis, Math.max(1, Math.ceil(this.#nextDueAt - clock.now())));
  }
}

/** Who waits for an event looks around from time to time all the same. */
const longestMillis = 60_000;
