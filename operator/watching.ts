/**
 * What the operator knows of the cluster: one list-watch for each resource, each kept as small as the plan needs it. It
 * tells one listener at a time what changed; a follower keeps it warm without listening, so that it can take over at once.
 */
import { limitKind } from '../api/limit.ts';
import { clusterPolicyKind, policyKind } from '../api/policy.ts';
import { windowMeaning } from '../api/schedule.ts';
import type { Clock } from '../kube/clock.ts';
import type { Connection } from '../kube/connection.ts';
import type { KubeError } from '../kube/errors.ts';
import { ListWatch } from '../kube/list-watch.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { Change as StoreChange } from '../kube/store.ts';
import { isAgentless } from './agentless.ts';
import { readCRD, type ServedCRD } from './crd-revision.ts';
import { type NodeReport, readNodeReport } from './node-report.ts';
import type { Change } from './planner.ts';
import { limitOf, type PolicyObject, type PolicyObjectKind, readPolicyObject } from './policy-object.ts';
import { readNamespace, readNode, readPod } from './read.ts';
import { resources, type Watched } from './resources.ts';
import type { Limit, Namespace, Node, Pod, Snapshot, TextMap } from './snapshot.ts';

export interface Listener {
  /** Of pods, namespaces, nodes and limits, for the planner. */
  readonly changed: (changes: readonly Change[]) => void;
  /** A policy came, changed or went. */
  readonly policy: (object: PolicyObject, gone: boolean) => void;
  /** The object of a node came, changed or went: then `gone` is the UID that it had. */
  readonly reported: (node: string, gone: string | null) => void;
  /** The CRD of the objects of nodes came, changed or went. */
  readonly crd: () => void;
}

export interface WatchingOptions {
  readonly failed: (watched: Watched, error: KubeError) => void;
  /** Labels of the nodes that have an agent; absent: all have. */
  readonly agentNodeSelector?: TextMap;
}

const catchUpMillis = 30_000;
const settleMillis = 500;

const nothing = (): void => undefined;
const crdName = `${resources.nodeAdvices.plural}.${resources.nodeAdvices.group}`;
const silent: Listener = { changed: nothing, policy: nothing, reported: nothing, crd: nothing };

export class Watching {
  readonly pods: ListWatch<Pod>;
  readonly namespaces: ListWatch<Namespace>;
  readonly nodes: ListWatch<Node>;
  readonly policies: ListWatch<PolicyObject>;
  readonly clusterPolicies: ListWatch<PolicyObject>;
  readonly limits: ListWatch<PolicyObject>;
  readonly reports: ListWatch<NodeReport>;
  /** Of the objects of nodes: what it can carry bounds what they can say. */
  readonly crd: ListWatch<ServedCRD>;
  readonly #connection: Connection;
  readonly #options: WatchingOptions;
  #listener = silent;

  constructor(connection: Connection, options: WatchingOptions) {
    this.#connection = connection;
    this.#options = options;
    this.pods = this.#listWatch('pods', readPod, podChange);
    this.namespaces = this.#listWatch('namespaces', readNamespace, namespaceChange);
    this.nodes = this.#listWatch('nodes', (object) => readAgentNode(object, options.agentNodeSelector), nodeChange);
    this.limits = this.#listWatch('limits', reader(limitKind), limitChange);
    this.policies = this.#watch('policies', reader(policyKind), (changes) => this.#tellPolicies(changes));
    this.clusterPolicies = this.#watch('clusterPolicies', reader(clusterPolicyKind), (changes) =>
      this.#tellPolicies(changes),
    );
    this.reports = this.#watch('nodeAdvices', readNodeReport, (changes) => {
      for (const change of changes)
        this.#listener.reported(nameOf(change), change.kind === 'removed' ? change.before.uid : null);
    });
    this.crd = this.#watch('crds', readCRD, () => this.#listener.crd(), `metadata.name=${crdName}`);
  }

  get all(): readonly (readonly [Watched, ListWatch<unknown>])[] {
    const { pods, namespaces, nodes, policies, clusterPolicies, limits, reports, crd } = this;
    return Object.entries({
      pods,
      namespaces,
      nodes,
      policies,
      clusterPolicies,
      limits,
      nodeAdvices: reports,
      crds: crd,
    }) as [Watched, ListWatch<unknown>][];
  }

  /** Resolves with the first full list of every resource. */
  get synced(): Promise<unknown> {
    return Promise.all(this.all.map(([, each]) => each.synced));
  }

  /** How many objects are known of each. */
  get sizes(): ReadonlyMap<Watched, number> {
    return new Map(this.all.map(([name, { store }]) => [name, store.size]));
  }

  get isSynced(): boolean {
    return this.all.every(([, each]) => each.store.synced);
  }

  /** Those that do not follow the server now: what is known of them may be long past. */
  get behind(): Watched[] {
    return this.all.filter(([, each]) => !each.isCurrent).map(([name]) => name);
  }

  /**
   * Before a leader plans: another led on while our watches may have been broken, and a plan of what was then would undo
   * what it wrote. Answers those that do not come back in time: one broken watch must not hold up the others for ever.
   */
  async catchUp(clock: Clock, signal: AbortSignal): Promise<Watched[]> {
    if (this.behind.length === 0) return [];
    for (const [, each] of this.all) each.hurry();
    const end = clock.now() + catchUpMillis;
    // What a watch missed comes right after it was opened.
    do await clock.sleep(settleMillis, signal).catch(() => undefined);
    while (!signal.aborted && this.behind.length > 0 && clock.now() < end);
    return this.behind;
  }

  /** Until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.all.map(([, each]) => each.run(signal)));
  }

  /** From here on; whoever listened before hears no more. */
  listen(listener: Listener | null): void {
    this.#listener = listener ?? silent;
  }

  /** Policies of both kinds. */
  get policyObjects(): PolicyObject[] {
    return [...valuesOf(this.policies), ...valuesOf(this.clusterPolicies)];
  }

  /** null: there is none. */
  get servedCRD(): ServedCRD | null {
    return this.crd.store.get('', crdName)?.value ?? null;
  }

  report(node: string): NodeReport | null {
    return this.reports.store.get('', node)?.value ?? null;
  }

  /** As of now, but for the policies: the loop says at which stage they are. */
  get around(): Omit<Snapshot, 'policies'> {
    return {
      pods: valuesOf(this.pods),
      namespaces: valuesOf(this.namespaces),
      nodes: valuesOf(this.nodes),
      limits: valuesOf(this.limits).map(limitOf),
    };
  }

  #listWatch<Value>(
    watched: Watched,
    transform: (object: KubeObject) => Value | undefined,
    changeOf: (change: StoreChange<Value>) => Change,
  ): ListWatch<Value> {
    return this.#watch(watched, transform, (changes) => this.#listener.changed(changes.map(changeOf)));
  }

  #watch<Value>(
    watched: Watched,
    transform: (object: KubeObject) => Value | undefined,
    changed: (changes: readonly StoreChange<Value>[]) => void,
    fieldSelector?: string,
  ): ListWatch<Value> {
    const failed = (error: KubeError): void => this.#options.failed(watched, error);
    const resource = resources[watched];
    return new ListWatch(this.#connection, { resource, fieldSelector, transform, changed, failed });
  }

  #tellPolicies(changes: readonly StoreChange<PolicyObject>[]): void {
    for (const change of changes) {
      if (change.kind === 'removed') this.#listener.policy(change.before.value, true);
      else this.#listener.policy(change.item.value, change.item.value.deleting);
    }
  }
}

const reader =
  (kind: PolicyObjectKind) =>
  (object: KubeObject): PolicyObject =>
    readPolicyObject(kind, object, windowMeaning);

function readAgentNode(object: KubeObject, selector: TextMap | undefined): Node | undefined {
  const node = readNode(object);
  return isAgentless(node.labels, selector) ? undefined : node;
}

export const valuesOf = <Value>({ store }: ListWatch<Value>): Value[] => [...store.items()].map(({ value }) => value);

const nowOf = <Value>(change: StoreChange<Value>): Value | null =>
  change.kind === 'removed' ? null : change.item.value;
const itemOf = <Value>(change: StoreChange<Value>) => (change.kind === 'removed' ? change.before : change.item);
const nameOf = <Value>(change: StoreChange<Value>): string => itemOf(change).name;

const podChange = (change: StoreChange<Pod>): Change => {
  const { namespace, name } = itemOf(change);
  return { of: 'Pod', namespace, name, now: nowOf(change) };
};
const nodeChange = (change: StoreChange<Node>): Change => ({ of: 'Node', name: nameOf(change), now: nowOf(change) });
const namespaceChange = (change: StoreChange<Namespace>): Change => {
  return { of: 'Namespace', name: nameOf(change), now: nowOf(change) };
};
/** One that is being deleted holds until it is gone: what it limits may be let loose only then. */
const limitChange = (change: StoreChange<PolicyObject>): Change => {
  const object = nowOf(change);
  const now: Limit | null = object && limitOf(object);
  return { of: 'Limit', name: nameOf(change), now };
};
