/**
 * What a leader does for as long as it leads: takes what changed in the cluster, plans anew the nodes that it can affect, and
 * sees to it that their objects say so. Begins with a plan from scratch, so it needs to know nothing of who led before.
 */
import type { NodeSpec } from '../api/node-spec.ts';
import type { Clock } from '../kube/clock.ts';
import { KubeError } from '../kube/errors.ts';
import type { Log } from '../kube/log.ts';
import type { Requests } from '../kube/objects.ts';
import { newest, saysSo, settle } from './apply.ts';
import { type Carried, Carrier } from './carry.ts';
import type { LeftOut } from './left-out.ts';
import type { Metrics } from './metrics.ts';
import { NodeQueue } from './node-queue.ts';
import type { NodeReport } from './node-report.ts';
import { type Change, type Plan, Planner } from './planner.ts';
import type { PolicyObject } from './policy-object.ts';
import type { NodeSeen } from './rollout-evidence.ts';
import type { StagedRollout } from './rollouts.ts';
import type { Policy, Settings } from './snapshot.ts';
import { type Moment, StagedPolicies } from './staged-policies.ts';
import { urgencyOf } from './urgency.ts';
import { valuesOf, type Watching } from './watching.ts';

export interface LoopParts {
  /** Guarded: nothing is sent once the lead is lost. */
  readonly connection: Requests;
  readonly watching: Watching;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly writesPerSecond: number;
  readonly fold: (report: NodeReport) => Promise<void>;
  /** A roll-out has come further, or begun: its status is what the next leader goes on from. */
  readonly rolled: () => void;
}

/** Changes that come within this time are planned together. */
const gatherMillis = 25;
/** Pods that only come wait for others of their node; less than the 10 s that are promised, for the write itself. */
const batchMillis = { least: 4000, most: 9000 };
/** How often policies that are being rolled out are looked at. */
const lookMillis = 5000;
/**
 * Writes under way at one time. More of them make a busy API server no faster, only all that it does slower, and with that
 * the watches (docs/performance.md).
 */
const parallel = 8;
/** Half of the 2 s in which the most urgent change has to be there; a large object costs the API server 30 ms of CPU. */
const restMillis = 1000;

export class Loop {
  readonly #parts: LoopParts;
  readonly #queue: NodeQueue;
  /** As last queued: what the next plan of the node is compared with. */
  readonly #queued = new Map<string, NodeSpec>();
  /** Objects as the last write left them, until they are seen so. */
  readonly #written = new Map<string, NodeReport>();
  /** Of nodes whose object is being written: UIDs of objects that went meanwhile. */
  readonly #writing = new Map<string, string[]>();
  readonly #policies = new StagedPolicies();
  #planner: Planner | null = null;
  /** null: nothing is known of the CRD, so it is taken for one like ours. */
  #carrier: Carrier | null = null;
  #gathered: Change[] = [];
  #timer: NodeJS.Timeout | null = null;
  #failed = Promise.withResolvers<never>();

  constructor(parts: LoopParts) {
    this.#parts = parts;
    const { clock, writesPerSecond: perSecond } = parts;
    const work = (node: string, waited: number, signal: AbortSignal): Promise<boolean> =>
      this.#write(node, waited, signal);
    const failed = (node: string, error: KubeError): void => this.#fail(node, error);
    this.#queue = new NodeQueue({ clock, parallel, perSecond, restMillis, work, failed });
  }

  /** Empty before the first plan. */
  get plan(): Plan {
    return this.#planner?.plan ?? { nodes: new Map(), policies: new Map(), limits: new Map() };
  }

  get omittedPods(): number {
    return [...this.plan.nodes.values()].reduce((sum, { omitted }) => sum + omitted.pods, 0);
  }

  /** Nodes that are not yet as planned. */
  get backlog(): number {
    return this.#queue.size;
  }

  /** What the served CRD can't carry, of every node. */
  get leftOut(): LeftOut[] {
    const carrier = this.#carrier;
    if (carrier === null || carrier.whole) return [];
    return [...this.plan.nodes.values()].flatMap(({ spec }) => carrier.carry(spec).left);
  }

  /** Until the term ends. Rejects where planning itself breaks: the process then ends and another leads. */
  async run(term: AbortSignal): Promise<void> {
    const { watching, log } = this.#parts;
    const started = performance.now();
    this.#planner = new Planner({ ...watching.around, policies: this.#allPolicies() }, this.#parts.settings);
    watching.listen({
      changed: (changes) => this.#gather(changes),
      policy: (object, gone) => this.#takePolicy(object, gone),
      reported: (node, gone) => this.#look(node, gone),
      crd: () => this.#takeCRD(),
    });
    const looking = setInterval(() => this.#lookAtRollouts(), lookMillis);
    try {
      this.#takeCRD();
      const { nodes } = this.#planner.plan;
      log.info({ nodes: nodes.size, millis: Math.round(performance.now() - started) }, 'Planned every node');
      // Most objects say so already: what changes from here on must not wait for a look at each of them.
      for (const [node, { spec }] of nodes) {
        this.#queued.set(node, spec);
        this.#queue.add(node, 0, false);
      }
      for (const { name } of watching.reports.store.items()) if (!nodes.has(name)) this.#queue.add(name, 0, false);
      await Promise.race([this.#queue.run(term), this.#failed.promise]);
    } finally {
      watching.listen(null);
      clearInterval(looking);
      if (this.#timer !== null) clearTimeout(this.#timer);
    }
  }

  get rollouts(): ReadonlyMap<string, StagedRollout> {
    return this.#policies.rollouts;
  }

  /** Of a first plan. */
  #allPolicies(): Policy[] {
    const objects = this.#parts.watching.policyObjects.filter(({ deleting }) => !deleting);
    const moment = this.#moment();
    return objects.map((object) => this.#policies.take(object, moment).policy).filter((policy) => policy !== null);
  }

  #takePolicy(object: PolicyObject, gone: boolean): void {
    if (gone) this.#policies.forget(object);
    const { policy, changed } = gone ? { policy: null, changed: true } : this.#policies.take(object, this.#moment());
    const { namespace, name } = object;
    if (!changed) return;
    this.#gather([{ of: 'Policy', namespace, name, now: policy }]);
    if (namespace === null) this.#parts.rolled();
  }

  #lookAtRollouts(): void {
    try {
      const moved = this.#policies.look(this.#moment());
      if (moved.length > 0) this.#parts.rolled();
      this.#gather(moved.map((policy) => ({ of: 'Policy', namespace: null, name: policy.name, now: policy })));
    } catch (error) {
      this.#failed.reject(error as Error);
    }
  }

  /** The nodes are gone through only where a policy is being rolled out. */
  #moment(): Moment {
    return { now: this.#parts.clock.date().getTime(), nodes: { [Symbol.iterator]: () => this.#nodes() } };
  }

  *#nodes(): Generator<NodeSeen> {
    const { watching } = this.#parts;
    for (const node of valuesOf(watching.nodes)) {
      const wanted = this.#planner?.of(node.name)?.spec ?? null;
      yield { node, wanted, report: watching.report(node.name) };
    }
  }

  /** What could not be carried until now may be, and the other way round: every node is looked at. */
  #takeCRD(): void {
    const crd = this.#parts.watching.servedCRD;
    this.#carrier = crd && new Carrier(crd);
    for (const node of this.plan.nodes.keys()) this.#queue.add(node, 0, false);
  }

  /** null: there is no such node. */
  #wanted(node: string): Carried | null {
    const spec = this.#planner?.of(node)?.spec;
    if (spec === undefined) return null;
    return this.#carrier?.carry(spec) ?? { spec, left: [], refused: null };
  }

  #gather(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    for (const change of changes) this.#gathered.push(change);
    this.#timer ??= setTimeout(() => this.#plan(), gatherMillis);
  }

  #plan(): void {
    this.#timer = null;
    const changes = this.#gathered.splice(0);
    try {
      const started = performance.now();
      const { changed, removed, looked } = this.#planner!.apply(changes);
      // Whoever edits a policy waits to see it; pods come all the time.
      const isEdit = changes.some(({ of }) => of === 'Policy' || of === 'Limit');
      for (const { node, spec } of changed) this.#enqueue(node, spec, isEdit);
      for (const node of removed) {
        this.#queued.delete(node);
        this.#queue.add(node, 0, true);
      }
      this.#parts.metrics.planned(changes.length, looked, performance.now() - started);
    } catch (error) {
      this.#failed.reject(error as Error);
    }
  }

  /** What only adds never goes before what takes away, stops or changes, even where somebody waits to see it. */
  #enqueue(node: string, spec: NodeSpec, atOnce: boolean): void {
    const { random } = this.#parts.clock;
    const urgency = urgencyOf(this.#queued.get(node) ?? null, spec);
    const urgent = urgency !== 'Batched';
    this.#queued.set(node, spec);
    const { least, most } = batchMillis;
    const delay = urgent || atOnce ? 0 : least + random() * (most - least);
    this.#queue.add(node, delay, urgent, urgency === 'Pausing');
  }

  /** Somebody, perhaps we, changed the object: is it still as planned? */
  #look(node: string, gone: string | null): void {
    const report = this.#parts.watching.report(node);
    if (gone !== null) this.#writing.get(node)?.push(gone);
    // Gone, or newer than what was written: from here on that holds.
    if (report === null || newest({ report, written: this.#written.get(node) ?? null }) === report)
      this.#written.delete(node);
    const found = newest({ report, written: this.#written.get(node) ?? null });
    const wanted = this.#wanted(node);
    const isSettled = wanted === null ? report === null : wanted.spec !== null && saysSo(found, wanted.spec);
    // What is to be written anyway keeps its time: pods that only came wait for others.
    if (!isSettled && !this.#queue.has(node)) this.#queue.add(node, 0, false);
  }

  async #write(node: string, waitedMillis: number, signal: AbortSignal): Promise<boolean> {
    const { connection, fold, metrics, log } = this.#parts;
    const carried = this.#wanted(node);
    if (carried?.refused) throw new KubeError('Invalid', carried.refused);
    const spec = carried?.spec ?? null;
    const wanted = { node, spec, report: this.#parts.watching.report(node), written: this.#written.get(node) ?? null };
    const gone: string[] = [];
    this.#writing.set(node, gone);
    const { outcome, written } = await settle(wanted, { connection, fold, signal }).finally(() =>
      this.#writing.delete(node),
    );
    // It may have gone before we were told that it was made.
    if (written !== null && gone.includes(written.uid)) this.#queue.add(node, 0, false);
    else if (written !== null) this.#written.set(node, written);
    metrics.settled(outcome, waitedMillis);
    if (outcome !== 'Same') log.debug({ node, outcome, pods: spec?.pods.length ?? 0 }, 'Settled node');
    return outcome === 'Written' || outcome === 'Removed';
  }

  #fail(node: string, error: KubeError): void {
    const { metrics, log } = this.#parts;
    metrics.writeFailed(error.code);
    log.warn({ node, reason: error.code, error }, 'Failed to write the object of a node');
  }
}
