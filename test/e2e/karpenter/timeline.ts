/**
 * What happened to each node, in the order in which the API server stored it: when it was tainted, when its object said
 * paused, when the first pod that is drained began to end, when node and object were gone. One etcd counts the versions of
 * all objects, so resourceVersions give the order; times are ours, when a watch told it.
 */
import type { NodeSpec } from '../../../api/node-spec.ts';
import type { Connection } from '../../../kube/connection.ts';
import { ListWatch } from '../../../kube/list-watch.ts';
import type { KubeObject, Resource } from '../../../kube/resource.ts';
import type { ReadStore } from '../../../kube/store.ts';
import { resources } from '../../../operator/resources.ts';
import { agentApp, operatorApp } from './ebb.ts';

export interface Moment {
  readonly version: number;
  readonly atMillis: number;
}

/** `evicted`: the first pod that is no DaemonSet's; `agentEnds`: the one of Ebb's. */
export type Milestone = 'tainted' | 'deleted' | 'paused' | 'evicted' | 'agentEnds' | 'gone' | 'adviceGone';

export type Story = Partial<Readonly<Record<Milestone, Moment>>>;

export interface NodeSeen {
  readonly pool: string;
  readonly taints: readonly string[];
  readonly deleting: boolean;
}

export interface PodSeen {
  readonly node: string | null;
  readonly app: string;
  readonly owner: string;
  readonly ready: boolean;
  readonly ending: boolean;
}

export class Timeline implements AsyncDisposable {
  /** Of everything but the end of an object, which a watch tells without its version. */
  readonly #stories = new Map<string, Map<Milestone, Moment>>();
  fewestOperators = Infinity;
  #wereTwo = false;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];
  readonly nodes: ReadStore<NodeSeen>;
  readonly pods: ReadStore<PodSeen>;
  readonly advices: ReadStore<NodeSpec>;
  readonly synced: Promise<unknown>;

  constructor(connection: Connection) {
    const nodes = this.#follow(connection, resources.nodes, nodeSeen, (name, node, version) => {
      if (node === null) return this.#note(name, 'gone', Number.NaN);
      if (node.taints.includes('karpenter.sh/disrupted')) this.#note(name, 'tainted', version);
      if (node.deleting) this.#note(name, 'deleted', version);
    });
    const pods = this.#follow(connection, resources.pods, podSeen, (_name, pod, version) => {
      this.#countOperators();
      if (!pod?.ending || pod.node === null) return;
      if (pod.owner !== 'DaemonSet') this.#note(pod.node, 'evicted', version);
      else if (pod.app === agentApp) this.#note(pod.node, 'agentEnds', version);
    });
    const advices = this.#follow(connection, resources.nodeAdvices, specSeen, (name, spec, version) => {
      if (spec === null) this.#note(name, 'adviceGone', Number.NaN);
      else if (spec.paused?.reasons.includes('NodeDraining')) this.#note(name, 'paused', version);
    });
    [this.nodes, this.pods, this.advices] = [nodes.store, pods.store, advices.store];
    this.synced = Promise.all([nodes.synced, pods.synced, advices.synced]);
  }

  story(node: string): Story {
    return Object.fromEntries(this.#stories.get(node) ?? []);
  }

  /** Pods that ended until now were drained by nobody. */
  forget(): void {
    this.#stories.clear();
  }

  /** Of an app: running and not about to end. */
  ready(app: string): PodSeen[] {
    const all = [...this.pods.items()].map(({ value }) => value);
    return all.filter((pod) => pod.app === app && pod.ready && !pod.ending);
  }

  podsOn(node: string): PodSeen[] {
    return [...this.pods.items()].map(({ value }) => value).filter((pod) => pod.node === node);
  }

  nodesOf(pool: string): string[] {
    return [...this.nodes.items()].filter(({ value }) => value.pool === pool).map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  /** From when there are two on, as the disruption budget wants it. */
  #countOperators(): void {
    const count = this.ready(operatorApp).length;
    if (count >= 2) this.#wereTwo = true;
    if (this.#wereTwo) this.fewestOperators = Math.min(this.fewestOperators, count);
  }

  #note(node: string, milestone: Milestone, version: number): void {
    const story = this.#stories.get(node) ?? new Map<Milestone, Moment>();
    this.#stories.set(node, story);
    if (!story.has(milestone)) story.set(milestone, { version, atMillis: performance.now() });
  }

  #follow<Value>(
    connection: Connection,
    resource: Resource,
    transform: (object: KubeObject) => Value,
    told: (name: string, value: Value | null, version: number) => void,
  ): ListWatch<Value> {
    const list = new ListWatch<Value>(connection, {
      resource,
      transform,
      changed: (changes) => {
        for (const change of changes) {
          const { name, resourceVersion } = change.kind === 'removed' ? change.before : change.item;
          told(name, change.kind === 'removed' ? null : change.item.value, Number(resourceVersion));
        }
      },
    });
    this.#running.push(list.run(this.#stop.signal));
    return list;
  }
}

interface WireNode extends KubeObject {
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] };
}

interface WirePod extends KubeObject {
  readonly spec: { readonly nodeName?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const labelOf = ({ metadata }: KubeObject, key: string): string =>
  (metadata['labels'] as Readonly<Record<string, string>> | undefined)?.[key] ?? '';

const isEnding = ({ metadata }: KubeObject): boolean => metadata['deletionTimestamp'] !== undefined;

const specSeen = ({ spec }: KubeObject): NodeSpec => spec as NodeSpec;

const nodeSeen = (node: KubeObject): NodeSeen => ({
  pool: labelOf(node, 'karpenter.sh/nodepool'),
  taints: ((node as WireNode).spec?.taints ?? []).map(({ key }) => key),
  deleting: isEnding(node),
});

const podSeen = (pod: KubeObject): PodSeen => ({
  node: (pod as WirePod).spec.nodeName ?? null,
  app: labelOf(pod, 'app') || labelOf(pod, 'app.kubernetes.io/component'),
  owner: (pod.metadata['ownerReferences'] as { kind: string }[] | undefined)?.[0]?.kind ?? '',
  ready: ((pod as WirePod).status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
  ending: isEnding(pod),
});
