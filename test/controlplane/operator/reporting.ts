/**
 * Reports before a real API server, under the operator's own rights: what it is told comes from a real watch, the objects of
 * nodes are made as the operator makes them, and their statuses as agents would write them.
 */
import type { Condition } from '../../../api/conditions.ts';
import { nodeAdviceKind } from '../../../api/node-spec.ts';
import { apiVersion } from '../../../api/policy.ts';
import type { ClusterPolicyStatus, PolicyStatus } from '../../../api/policy-status.ts';
import { apply } from '../../../kube/apply.ts';
import { type Clock, realClock } from '../../../kube/clock.ts';
import type { Connection } from '../../../kube/connection.ts';
import type { KubeErrorCode } from '../../../kube/errors.ts';
import { type KubeObject, pathOf, type Resource } from '../../../kube/resource.ts';
import { fieldManager } from '../../../operator/apply.ts';
import { plan } from '../../../operator/plan.ts';
import { policyOf } from '../../../operator/policy-object.ts';
import { Reports } from '../../../operator/reports.ts';
import { resources } from '../../../operator/resources.ts';
import type { Rollout, Situation, Unprogrammable } from '../../../operator/situation.ts';
import { valuesOf, Watching } from '../../../operator/watching.ts';
import type { Objects } from './objects.ts';

export const events: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events' };

export interface StoredEvent {
  readonly reason: string;
  readonly type: string;
  readonly note: string;
  readonly series?: { readonly count: number };
  readonly regarding: { readonly kind: string; readonly name: string };
}

export class Reporting implements AsyncDisposable {
  readonly watching: Watching;
  readonly failures: KubeErrorCode[] = [];
  readonly rollouts = new Map<string, Rollout>();
  readonly unprogrammable = new Map<string, Unprogrammable>();
  readonly #connection: Connection;
  readonly #objects: Objects;
  readonly #end = new AbortController();
  readonly #watched: Promise<void>;
  #term = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #reports: Reports | null = null;
  #aheadMillis = 0;

  private constructor(connection: Connection, objects: Objects) {
    this.#connection = connection;
    this.#objects = objects;
    this.watching = new Watching(connection, { failed: (_, { code }) => this.failures.push(code) });
    this.#watched = this.watching.run(this.#end.signal);
  }

  static async start(connection: Connection, objects: Objects): Promise<Reporting> {
    const reporting = new Reporting(connection, objects);
    await reporting.watching.synced;
    reporting.begin();
    return reporting;
  }

  get reports(): Reports {
    return this.#reports!;
  }

  /** Another process that knows nothing but what is on the server. */
  begin(): void {
    this.#term = new AbortController();
    const metrics = {
      reported: () => undefined,
      reportFailed: (_: unknown, code: KubeErrorCode) => this.failures.push(code),
    };
    this.#reports = new Reports({
      connection: this.#connection,
      clock: this.#clock,
      situation: () => this.#situation(),
      log: { warn: () => undefined },
      metrics,
      intervalMillis: 50,
      writesPerSecond: 200,
      instance: 'test',
    });
    this.#running = this.#reports.run(this.#term.signal);
  }

  async crash(): Promise<void> {
    this.#term.abort();
    await this.#running;
  }

  async restart(): Promise<void> {
    await this.crash();
    this.begin();
  }

  /** As if that time had passed. */
  pass(millis: number): void {
    this.#aheadMillis += millis;
  }

  get #clock(): Clock {
    return { ...realClock, now: () => realClock.now() + this.#aheadMillis };
  }

  #situation(): Situation {
    const { watching, rollouts, unprogrammable } = this;
    const policies = watching.policyObjects.map(policyOf).filter((one) => one !== null);
    return {
      policies: [...watching.policyObjects, ...valuesOf(watching.limits)],
      plan: plan({ ...watching.around, policies }, { ownNamespace: 'ebb-system' }),
      reports: valuesOf(watching.reports),
      rollouts,
      unprogrammable,
    };
  }

  /** The node's object, as the operator would write it now. */
  async program(node: string): Promise<KubeObject> {
    const spec = this.#situation().plan.nodes.get(node)!.spec;
    const object = { apiVersion, kind: nodeAdviceKind, metadata: { name: node }, spec };
    return await apply(this.#objects.connection, resources.nodeAdvices, object, { fieldManager });
  }

  /** As the agent of that node would say it now. */
  async says(node: string, policies: readonly object[], more: object = {}): Promise<void> {
    const reportTime = new Date().toISOString();
    const conditions = [
      { type: 'Ready', status: 'True', reason: 'Following', message: '', lastTransitionTime: reportTime },
    ];
    const status = { reportTime, conditions, policies, ...more };
    await this.#objects.patch(resources.nodeAdvices, { name: node, subresource: 'status' }, { status });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
    this.#end.abort();
    await this.#watched;
  }
}

export class Statuses {
  readonly #objects: Objects;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  async read(
    resource: Resource,
    name: string,
    namespace?: string,
  ): Promise<KubeObject & { readonly status?: ClusterPolicyStatus }> {
    const path = pathOf(resource, { name, namespace });
    return (await this.#objects.connection.request({ method: 'GET', path })) as KubeObject;
  }

  policy = (name: string, namespace = 'shop') => this.read(resources.policies, name, namespace);
  clusterPolicy = (name: string) => this.read(resources.clusterPolicies, name);

  /** "Accepted True Accepted: message", by type. */
  async said(object: Promise<{ readonly status?: PolicyStatus }>): Promise<Readonly<Record<string, string>>> {
    const conditions = (await object).status?.conditions ?? [];
    const line = ({ status, reason, message }: Condition): string => `${status} ${reason}: ${message}`;
    return Object.fromEntries(conditions.map((one) => [one.type, line(one)]));
  }

  async events(namespace: string, of: string): Promise<StoredEvent[]> {
    const path = pathOf(events, { namespace });
    const { items } = (await this.#objects.connection.request({ method: 'GET', path })) as { items: StoredEvent[] };
    return items.filter(({ regarding }) => regarding.name === of);
  }
}
