/**
 * Writes the status of policies and limits, and Events where it changes in a way that somebody acts on. What is written is
 * decided in status.ts and events.ts. Every write names the version it was made on: one that was made on anything else than
 * what stands there is refused, so that what nodes had reached is counted once, whoever leads.
 */
import { setImmediate } from 'node:timers/promises';
import { limitKind } from '../api/limit.ts';
import { apiVersion, clusterPolicyKind, policyKind } from '../api/policy.ts';
import { apply } from '../kube/apply.ts';
import type { Clock } from '../kube/clock.ts';
import { isKubeError, KubeError, type KubeErrorCode } from '../kube/errors.ts';
import type { Log } from '../kube/log.ts';
import { type Requests, readObject } from '../kube/objects.ts';
import type { KubeObject, Place, Resource } from '../kube/resource.ts';
import { Announcer } from './announcer.ts';
import { fieldManager } from './apply.ts';
import { eventsOf } from './events.ts';
import type { Metrics } from './metrics.ts';
import type { NodeReport } from './node-report.ts';
import type { PolicyObject } from './policy-object.ts';
import { resources } from './resources.ts';
import { type Overview, overviewOf, type Situation } from './situation.ts';
import { type AnyStatus, changeOf, limitStatusOf, policyStatusOf } from './status.ts';
import { hasReached, vanishedIn } from './vanished.ts';

export interface ReportsParts {
  /** Guarded by the election. */
  readonly connection: Requests;
  readonly clock: Clock;
  /** As it is now, after every kind has synced. */
  readonly situation: () => Situation;
  readonly log: Pick<Log, 'warn'>;
  readonly metrics: Pick<Metrics, 'reported' | 'reportFailed'>;
  readonly intervalMillis?: number;
  readonly writesPerSecond?: number;
  /** Of this process, for Events. */
  readonly instance?: string;
}

/** Figures that change alone wait for this long. */
const figuresMillis = 15_000;
/** An overview of a whole cluster costs some milliseconds: folds of many nodes share one. */
const overviewMillis = 1000;
/** A CRD may be brought up to date at any time. */
const oldMillis = 600_000;

/** What this process knows of one object's status beyond what the watch has told. */
interface Known {
  /** What the watch had when this was learned: as soon as it has something else, that holds. */
  readonly seen: string;
  readonly resourceVersion: string;
  readonly status: unknown;
}

interface Entry {
  known: Known | null;
  wroteAt: number | null;
  isFirst: boolean;
  /** Until then the CRD counts as one that has no room for what newer operators write: the rest goes all the same. */
  oldUntil: number;
  /** By UID; nodes' objects that count until they are folded in. */
  readonly going: Map<string, NodeReport>;
}

export class Reports {
  readonly #parts: ReportsParts;
  readonly #announcer: Announcer;
  readonly #entries = new Map<string, Entry>();
  #reports: ReadonlyMap<string, NodeReport> = new Map();
  #overview: { readonly overview: Overview; readonly at: number } | null = null;
  #term: AbortSignal | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #nextWriteAt = 0;
  #nap = new AbortController();

  constructor(parts: ReportsParts) {
    this.#parts = parts;
    this.#announcer = new Announcer(parts);
  }

  /** Until the term ends. What was known in an earlier one is forgotten: another may have led meanwhile. */
  async run(term: AbortSignal): Promise<void> {
    const { clock, intervalMillis = 5000 } = this.#parts;
    this.#entries.clear();
    this.#reports = new Map();
    this.#overview = null;
    this.#term = term;
    while (!term.aborted) {
      this.#nap = new AbortController();
      await this.#pass(term);
      await clock.sleep(intervalMillis, AbortSignal.any([term, this.#nap.signal])).catch(() => undefined);
    }
  }

  /** Looks anew at once: something has changed that must not get lost. */
  hurry(): void {
    this.#nap.abort();
  }

  /**
   * Resolves when what the node's object tells is in the status of every policy that it names, so that the object may go.
   * Rejects where that did not succeed: the object must stay, and this be called again.
   */
  async fold(report: NodeReport): Promise<void> {
    const term = this.#term;
    if (term === null || term.aborted) throw new KubeError('NotLeader', 'no term in which to fold');
    const overview = this.#now();
    const named = overview.objects.filter(({ uid, deleting }) => !deleting && hasReached(uid, report));
    for (const { uid } of named) this.#entry(uid).going.set(report.uid, report);
    for (const object of named) await this.#inTurn(() => this.#foldInto(object, report, term));
  }

  async #foldInto(object: PolicyObject, report: NodeReport, term: AbortSignal): Promise<void> {
    try {
      for (let left = 3; left > 0 && !this.#isFolded(object, report); left--)
        await this.#update(object, this.#now(), term, true).catch(unlessConflict);
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return;
      throw error;
    }
    if (!this.#isFolded(object, report))
      throw new KubeError('Conflict', `the status of ${object.name} does not hold ${report.node} yet`);
    // Where the status can't hold it, it goes on to count from here.
    if (!this.#isOld(object.uid)) this.#entry(object.uid).going.delete(report.uid);
  }

  #isFolded(object: PolicyObject, { uid }: NodeReport): boolean {
    return this.#isOld(object.uid) || vanishedIn(this.#known(object).status).objects.has(uid);
  }

  async #pass(term: AbortSignal): Promise<void> {
    const failures = new Map<KubeErrorCode, string>();
    try {
      const overview = this.#look();
      for (const object of overview.objects) {
        if (object.deleting || term.aborted) continue;
        await setImmediate(); // who changes pods need not wait for a whole pass
        const code = await this.#inTurn(() => this.#tried(object, overview, term, failures));
        if (code !== null && !ownCodes.includes(code)) break;
      }
    } catch (error) {
      if (!term.aborted) throw error;
    }
    if (failures.size > 0 && !term.aborted)
      this.#parts.log.warn({ failures: Object.fromEntries(failures) }, 'Failed to write statuses');
  }

  async #tried(
    object: PolicyObject,
    overview: Overview,
    term: AbortSignal,
    failures: Map<KubeErrorCode, string>,
  ): Promise<KubeErrorCode | null> {
    try {
      await this.#update(object, overview, term, false);
      return null;
    } catch (error) {
      if (!isKubeError(error)) throw error;
      if (!quiet.includes(error.code)) failures.set(error.code, error.message);
      return error.code;
    }
  }

  /** A pass and folds write in turns: each is made on what the one before has left. */
  #inTurn<Value>(act: () => Promise<Value>): Promise<Value> {
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #update(object: PolicyObject, overview: Overview, term: AbortSignal, isFold: boolean): Promise<void> {
    const { clock } = this.#parts;
    const entry = this.#entry(object.uid);
    const base = this.#known(object);
    for (const uid of vanishedIn(base.status).objects) entry.going.delete(uid);
    const before = { status: base.status, going: [...entry.going.values()], isFirst: entry.isFirst };
    const decide = object.kind === limitKind ? limitStatusOf : policyStatusOf;
    const status = decide(object, before, overview, clock.date());
    const change = changeOf(base.status, this.#fitting(object, status));
    if (change === 'Nothing') entry.isFirst = false;
    const isEarly = entry.wroteAt !== null && clock.now() - entry.wroteAt < figuresMillis;
    if (change === 'Nothing' || (change === 'Figures' && isEarly && !isFold)) return;
    await this.#write(object, base, status, term);
    entry.wroteAt = clock.now();
    entry.isFirst = false;
    await this.#announcer.announce(object, eventsOf(base.status, status.conditions ?? []), term);
  }

  async #write(object: PolicyObject, base: Known, status: AnyStatus, term: AbortSignal): Promise<void> {
    const { connection, clock, metrics, writesPerSecond = 20 } = this.#parts;
    await clock.sleep(Math.max(0, this.#nextWriteAt - clock.now()), term);
    this.#nextWriteAt = clock.now() + 1000 / writesPerSecond;
    const send = (what: AnyStatus): Promise<KubeObject> =>
      apply(connection, resourceOf(object), applied(object, base.resourceVersion, what), {
        fieldManager,
        force: true,
        subresource: 'status',
        signal: term,
      });
    try {
      const made = await send(this.#fitting(object, status)).catch((error: unknown) => {
        if (this.#isOld(object.uid) || !isKubeError(error, 'Invalid')) throw error;
        metrics.reportFailed('Status', error.code);
        this.#entry(object.uid).oldUntil = clock.now() + oldMillis;
        return send(withoutNew(status));
      });
      this.#learn(object, made);
      metrics.reported('Status');
    } catch (error) {
      if (isKubeError(error)) metrics.reportFailed('Status', error.code);
      if (isKubeError(error, 'Conflict'))
        this.#learn(object, await readObject(connection, resourceOf(object), placeOf(object), { signal: term }));
      throw error;
    }
  }

  #isOld(uid: string): boolean {
    return this.#parts.clock.now() < this.#entry(uid).oldUntil;
  }

  #fitting({ uid }: PolicyObject, status: AnyStatus): AnyStatus {
    return this.#isOld(uid) ? withoutNew(status) : status;
  }

  #learn(object: PolicyObject, { metadata, status }: KubeObject & { readonly status?: unknown }): void {
    const isSame = metadata.uid === object.uid;
    const known = { seen: object.resourceVersion, resourceVersion: metadata.resourceVersion ?? '', status };
    this.#entry(object.uid).known = isSame ? known : null;
  }

  #known(object: PolicyObject): Known {
    const known = this.#entry(object.uid).known;
    if (known?.seen === object.resourceVersion) return known;
    return { seen: object.resourceVersion, resourceVersion: object.resourceVersion, status: object.status };
  }

  #entry(uid: string): Entry {
    const kept = this.#entries.get(uid) ?? { known: null, wroteAt: null, isFirst: true, oldUntil: 0, going: new Map() };
    this.#entries.set(uid, kept);
    return kept;
  }

  #now(): Overview {
    const { clock } = this.#parts;
    if (this.#overview && clock.now() - this.#overview.at < overviewMillis) return this.#overview.overview;
    return this.#look();
  }

  /** Also sees which nodes' objects went without having been folded in: they count until they are. */
  #look(): Overview {
    const overview = overviewOf(this.#parts.situation());
    this.#overview = { overview, at: this.#parts.clock.now() };
    const policies = new Set(overview.objects.map(({ uid }) => uid));
    for (const uid of this.#entries.keys()) if (!policies.has(uid)) this.#entries.delete(uid);
    for (const report of this.#reports.values()) {
      if (overview.live.has(report.uid)) continue;
      for (const uid of report.policies.keys())
        if (policies.has(uid) && hasReached(uid, report)) this.#entry(uid).going.set(report.uid, report);
    }
    this.#reports = overview.live;
    return overview;
  }
}

/** They say something of one object only. */
const ownCodes: readonly KubeErrorCode[] = ['NotFound', 'Conflict', 'Invalid', 'Forbidden', 'Malformed'];
/** Deleted meanwhile, written meanwhile, or another leads: nothing to tell. */
const quiet: readonly KubeErrorCode[] = ['NotFound', 'Conflict', 'NotLeader'];

function unlessConflict(error: unknown): void {
  if (!isKubeError(error, 'Conflict')) throw error;
}

/** What a CRD may not have room for yet. */
const newer: ReadonlySet<string> = new Set(['vanished', 'rollout', 'effective', 'wouldReclaimBytes', 'summary']);

function withoutNew(status: AnyStatus): AnyStatus {
  return Object.fromEntries(Object.entries(status).filter(([name]) => !newer.has(name))) as AnyStatus;
}

const byKind = {
  [policyKind]: resources.policies,
  [clusterPolicyKind]: resources.clusterPolicies,
  [limitKind]: resources.limits,
} as const;

const resourceOf = ({ kind }: PolicyObject): Resource => byKind[kind];

function placeOf({ namespace, name }: PolicyObject): Place {
  return { name, ...(namespace !== null && { namespace }) };
}

function applied(object: PolicyObject, resourceVersion: string, status: AnyStatus) {
  const { kind, name, namespace } = object;
  const metadata = { name, ...(namespace !== null && { namespace }), resourceVersion };
  return { apiVersion, kind, metadata, status };
}
