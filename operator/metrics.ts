/**
 * What Prometheus reads of the operator (docs/metrics.md). No label names an object: the number of series depends on
 * nothing that runs in the cluster. Counters begin at 0.
 */
import type Gauge from 'prom-client/lib/gauge.js';
import { type KubeErrorCode, kubeErrorCodes } from '../kube/errors.ts';
import { Exposition } from '../kube/exposition.ts';
import type { Outcome } from './apply.ts';
import type { ConditionCount, NodeState } from './census.ts';
import { resources, type Watched } from './resources.ts';

type What = 'Status' | 'Event';
const whats: readonly What[] = ['Status', 'Event'];
const outcomes: readonly Outcome[] = ['Same', 'Written', 'Removed', 'None'];

/** What is read at each scrape. */
export interface Facts {
  readonly leads: boolean;
  readonly synced: boolean;
  readonly backlog: number;
  readonly objects: ReadonlyMap<Watched, number>;
  readonly silentSeconds: number;
  readonly omittedPods: number;
}

/** What is counted at each scrape, and takes some milliseconds in a large cluster. */
export interface Census {
  readonly nodes: () => ReadonlyMap<NodeState, number>;
  readonly conditions: () => readonly ConditionCount[];
}

export class Metrics extends Exposition {
  readonly #settled = this.counter('settled_total', 'Objects of nodes looked at, by what had to be done.', ['outcome']);
  readonly #writeFailures = this.counter('write_failures_total', 'Failed writes of objects of nodes, by why.', [
    'code',
  ]);
  readonly #reported = this.counter('reports_total', 'Statuses of policies and limits, and Events, written.', ['what']);
  readonly #reportFailures = this.counter('report_failures_total', 'Failed writes of statuses and Events, by why.', [
    'what',
    'code',
  ]);
  readonly #watchFailures = this.counter(
    'watch_failures_total',
    'Failed lists and watches of the API server, by why.',
    ['resource', 'code'],
  );
  readonly #changes = this.counter('changes_total', 'Changes of the cluster that were planned.');
  readonly #looked = this.counter('replanned_nodes_total', 'Nodes that were planned anew.');
  readonly #planning = this.histogram(
    'plan_duration_seconds',
    'How long one round of planning takes.',
    [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2],
  );
  readonly #waited = this.histogram(
    'write_wait_seconds',
    'From the plan of a node to the write of its object.',
    [0.05, 0.2, 0.5, 1, 2, 5, 12, 30, 120],
  );

  constructor(version: string, facts: () => Facts, census: Census) {
    super('ebb_operator_', version);
    this.collected('leads', '1 while this operator leads, otherwise 0.', () => Number(facts().leads));
    this.collected('synced', '1 once every resource has been listed, until then 0.', () => Number(facts().synced));
    this.collected('backlog_nodes', 'Nodes whose object is not yet as planned.', () => facts().backlog);
    this.collected('silent_seconds', 'Since when the quietest watch has heard nothing.', () => facts().silentSeconds);
    this.collected('omitted_pods', 'Pods for which objects of nodes have no room.', () => facts().omittedPods);
    const objects = this.gauge('objects', 'Objects of the API server that are known.', ['resource']);
    filled(objects, () => [...facts().objects].map(([resource, count]) => [{ resource }, count]));
    const nodes = this.gauge('nodes', 'Nodes by what their agent says; Silent: nothing for 600 seconds.', ['state']);
    filled(nodes, () => [...census.nodes()].map(([state, count]) => [{ state }, count]));
    const policies = this.gauge(
      'policy_conditions',
      'Policies of both kinds, by what the conditions of their status say.',
      ['condition', 'status', 'reason'],
    );
    filled(policies, () => census.conditions().map(({ count, ...labels }) => [labels, count]));
    this.#begin();
  }

  #begin(): void {
    for (const outcome of outcomes) this.#settled.inc({ outcome }, 0);
    for (const counter of [this.#changes, this.#looked]) counter.inc(0);
    for (const what of whats) this.#reported.inc({ what }, 0);
    for (const code of kubeErrorCodes) {
      this.#writeFailures.inc({ code }, 0);
      for (const what of whats) this.#reportFailures.inc({ what, code }, 0);
      for (const resource of Object.keys(resources)) this.#watchFailures.inc({ resource, code }, 0);
    }
  }

  settled(outcome: Outcome, waitedMillis: number): void {
    this.#settled.inc({ outcome });
    if (outcome === 'Written') this.#waited.observe(waitedMillis / 1000);
  }

  planned(changes: number, looked: number, millis: number): void {
    this.#changes.inc(changes);
    this.#looked.inc(looked);
    this.#planning.observe(millis / 1000);
  }

  writeFailed = (code: KubeErrorCode): void => this.#writeFailures.inc({ code });
  reported = (what: What): void => this.#reported.inc({ what });
  reportFailed = (what: What, code: KubeErrorCode): void => this.#reportFailures.inc({ what, code });
  watchFailed = (resource: Watched, code: KubeErrorCode): void => this.#watchFailures.inc({ resource, code });
}

/** Anew at each scrape: what is no more leaves no series behind. */
function filled(gauge: Gauge, rows: () => readonly (readonly [Record<string, string>, number])[]): void {
  const collect = (): void => {
    gauge.reset();
    for (const [labels, value] of rows()) gauge.set(labels, value);
  };
  Object.assign(gauge, { collect });
}
