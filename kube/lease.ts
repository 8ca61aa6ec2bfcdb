/**
 * Leader election on a Lease, as client-go does it: of all candidates at most one leads. Who leads asks isLeader() right
 * before each write; it looks at the clock then and there, so a leader that was stopped and wakes knows that its time is over
 * before anything else of it has run. Others take over only later: after the lease's whole duration without a change.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Clock, realClock } from './clock.ts';
import { asKubeError, isKubeError, KubeError } from './errors.ts';
import { claimed, freeAt, mayTake, type Observed, observe, recordOf, released, specOf } from './lease-record.ts';
import { createObject, type Requests, readObject, replaceObject } from './objects.ts';
import type { KubeObject, Resource } from './resource.ts';

export const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };

export interface ElectionOptions {
  readonly namespace: string;
  readonly name: string;
  /** Of this process alone: two of one identity would both lead. */
  readonly identity?: string;
  readonly leaseSeconds?: number;
  /** Without a renewal for this long the leader leads no more. Less than leaseSeconds. */
  readonly renewDeadlineSeconds?: number;
  readonly retrySeconds?: number;
  readonly clock?: Clock;
  /** For the log; it goes on by itself. */
  readonly failed?: (error: KubeError) => void;
}

const requestMillis = 5000;

export class Election {
  readonly identity: string;
  readonly #connection: Requests;
  readonly #place: { readonly namespace: string; readonly name: string };
  readonly #leaseSeconds: number;
  readonly #renewMillis: number;
  readonly #retryMillis: number;
  readonly #clock: Clock;
  readonly #failed: (error: KubeError) => void;
  #observed: Observed | null = null;
  /** As last written by us; null: read it first. */
  #lease: KubeObject | null = null;
  /** When the last renewal that succeeded was sent; null: not the leader. */
  #renewedAt: number | null = null;

  constructor(connection: Requests, options: ElectionOptions) {
    const { leaseSeconds = 15, renewDeadlineSeconds = 10, retrySeconds = 2 } = options;
    if (!(0 < retrySeconds && retrySeconds < renewDeadlineSeconds && renewDeadlineSeconds < leaseSeconds))
      throw new RangeError('retrySeconds < renewDeadlineSeconds < leaseSeconds must hold');
    this.#connection = connection;
    this.#place = { namespace: options.namespace, name: options.name };
    this.identity = options.identity ?? `${hostname()}_${randomUUID()}`;
    this.#leaseSeconds = leaseSeconds;
    this.#renewMillis = renewDeadlineSeconds * 1000;
    this.#retryMillis = retrySeconds * 1000;
    this.#clock = options.clock ?? realClock;
    this.#failed = options.failed ?? (() => undefined);
  }

  isLeader(): boolean {
    return this.#leftMillis > 0;
  }

  /** Who held the lease when it was last seen; '' where nobody did. */
  get holder(): string {
    return this.#observed?.record.holder ?? '';
  }

  /** Requests that are sent only while this leads: asked once more when the socket is open and the next thing is to write. */
  guarded(connection: Requests): Requests {
    const guard = (): KubeError | null =>
      this.isLeader() ? null : new KubeError('NotLeader', `${this.identity} leads no more`);
    return { request: (call) => connection.request({ ...call, guard }) };
  }

  /**
   * Waits for the lead, then runs lead(); its signal is aborted when the lead is lost, and then it waits again. Resolves when
   * aborted, or when lead() ended by itself; the lease is let go only after lead() has ended.
   */
  async run(lead: (term: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      do await this.#acquire(signal);
      while (!(await this.#serve(lead, signal)));
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
    }
  }

  /** Whether lead() ended without being told to. */
  async #serve(lead: (term: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) {
      await this.#release();
      return false;
    }
    const term = new AbortController();
    const abort = (): void => term.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const kept = this.#keep(term);
    try {
      await lead(term.signal);
      return !term.signal.aborted;
    } catch (error) {
      if (!isAbort(error, term.signal)) throw error;
      return false;
    } finally {
      signal.removeEventListener('abort', abort);
      term.abort();
      await kept;
      await this.#release();
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (await this.#attempt(signal)) return;
      await this.#clock.sleep(this.#acquireMillis, signal);
    }
  }

  /** At the latest when the lease that was seen runs out: who is gone is followed without another wait. */
  get #acquireMillis(): number {
    const retry = this.#retryMillis * (1 + this.#clock.random() / 5);
    const free = this.#observed && freeAt(this.#observed, this.identity, this.#leaseSeconds) - this.#clock.now();
    return free !== null && free > 0 ? Math.min(retry, Math.ceil(free)) : retry;
  }

  /** Renews until the term ends, or ends it when the lead is lost. */
  async #keep(term: AbortController): Promise<void> {
    const { signal } = term;
    while (this.isLeader()) {
      await this.#clock.sleep(Math.min(this.#retryMillis, this.#leftMillis), signal).catch(() => undefined);
      if (signal.aborted) return;
      // Asked again after the sleep, which may have been a long one: too late to renew is too late.
      if (this.isLeader()) await this.#attempt(signal);
    }
    this.#renewedAt = null;
    if (!signal.aborted) term.abort(new KubeError('NotLeader', `${this.identity} lost the lead`));
  }

  get #leftMillis(): number {
    return this.#renewedAt === null ? 0 : this.#renewedAt + this.#renewMillis - this.#clock.now();
  }

  /** Takes or renews. false: it is another's, or the server could not be asked. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const left = this.#renewedAt === null ? requestMillis : this.#leftMillis;
    const options = { signal, timeoutMillis: Math.max(1, Math.ceil(Math.min(requestMillis, left))) };
    try {
      const lease = this.#lease ?? (await this.#read(options));
      if (lease !== null && !this.#mayTake(lease)) return this.#isAnothers();
      return await this.#write(lease, options);
    } catch (error) {
      if (signal.aborted) return false;
      this.#lease = null; // whether it was written or not is not known: read it first
      if (!isKubeError(error, 'Conflict', 'AlreadyExists', 'NotFound')) this.#failed(asKubeError(error, 'lease'));
      return false;
    }
  }

  async #read(options: { readonly signal: AbortSignal; readonly timeoutMillis: number }): Promise<KubeObject | null> {
    try {
      return await readObject(this.#connection, leases, this.#place, options);
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return null;
      throw error;
    }
  }

  #mayTake(lease: KubeObject): boolean {
    const now = this.#clock.now();
    this.#observed = observe(this.#observed, recordOf(lease), now);
    return mayTake(this.#observed, this.identity, this.#leaseSeconds, now);
  }

  /** A leader that sees another's name has lost, whatever its clock says. */
  #isAnothers(): false {
    this.#renewedAt = null;
    return false;
  }

  async #write(
    lease: KubeObject | null,
    options: { readonly signal: AbortSignal; readonly timeoutMillis: number },
  ): Promise<true> {
    const sentAt = this.#clock.now();
    const claim = { identity: this.identity, leaseSeconds: this.#leaseSeconds, date: this.#clock.date() };
    const spec = claimed(lease ? specOf(lease) : {}, lease && recordOf(lease), claim);
    const written = lease
      ? await replaceObject(this.#connection, leases, { ...lease, spec }, options)
      : await createObject(this.#connection, leases, this.#fresh(spec), options);
    this.#lease = written;
    this.#observed = observe(this.#observed, recordOf(written), this.#clock.now());
    this.#renewedAt = sentAt;
    return true;
  }

  #fresh(spec: Readonly<Record<string, unknown>>): KubeObject {
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: this.#place, spec };
  }

  /** So that the next one need not wait. By resourceVersion: another's lease is never touched. */
  async #release(): Promise<void> {
    const held = this.isLeader();
    this.#renewedAt = null;
    this.#lease = null;
    // A renewal that was given up may still reach the server, between what is read and what is written here.
    for (let left = held ? 3 : 0; left > 0 && (await this.#letGo()) === 'Conflict'; left--);
  }

  async #letGo(): Promise<'Done' | 'Conflict'> {
    const options = { timeoutMillis: requestMillis };
    try {
      const lease = await readObject(this.#connection, leases, this.#place, options);
      if (recordOf(lease).holder !== this.identity) return 'Done';
      const spec = released(specOf(lease), this.#clock.date());
      await replaceObject(this.#connection, leases, { ...lease, spec }, options);
      return 'Done';
    } catch (error) {
      if (isKubeError(error, 'Conflict')) return 'Conflict';
      this.#failed(asKubeError(error, 'lease'));
      return 'Done';
    }
  }
}

/** What lead() may end with once its term is over. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || isKubeError(error) || (error instanceof Error && error.name === 'AbortError');
}
