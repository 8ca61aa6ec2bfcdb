/** The pods of a cluster by node, and the nodes by namespace: which nodes a change of either can affect. For planner.ts. */
import type { Pod } from './snapshot.ts';

const none: ReadonlyMap<string, Pod> = new Map();

export function podKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

export class PodsByNode {
  readonly #pods = new Map<string, Pod>();
  readonly #byNode = new Map<string, Map<string, Pod>>();
  /** Of each namespace, how many of its pods each node has. */
  readonly #nodes = new Map<string, Map<string, number>>();

  get(key: string): Pod | undefined {
    return this.#pods.get(key);
  }

  /** In the order of their keys. */
  on(node: string): Pod[] {
    const here = this.#byNode.get(node) ?? none;
    return [...here.keys()].sort().map((key) => here.get(key)!);
  }

  nodesOf(namespace: string): string[] {
    return [...(this.#nodes.get(namespace)?.keys() ?? [])];
  }

  /** Answers the nodes that have, or had, the pod: a new one of the same name may be elsewhere. */
  set(key: string, pod: Pod | null): string[] {
    const before = this.#pods.get(key);
    if (before) this.#take(key, before);
    if (pod) this.#put(key, pod);
    else this.#pods.delete(key);
    return [before?.node, pod?.node].filter((node) => typeof node === 'string');
  }

  #put(key: string, pod: Pod): void {
    this.#pods.set(key, pod);
    if (pod.node === null) return;
    const here = this.#byNode.get(pod.node) ?? new Map<string, Pod>();
    this.#byNode.set(pod.node, here.set(key, pod));
    const nodes = this.#nodes.get(pod.namespace) ?? new Map<string, number>();
    this.#nodes.set(pod.namespace, nodes.set(pod.node, (nodes.get(pod.node) ?? 0) + 1));
  }

  #take(key: string, { node, namespace }: Pod): void {
    if (node === null) return;
    const here = this.#byNode.get(node);
    here?.delete(key);
    if (here?.size === 0) this.#byNode.delete(node);
    const nodes = this.#nodes.get(namespace);
    const left = (nodes?.get(node) ?? 0) - 1;
    if (left > 0) nodes?.set(node, left);
    else nodes?.delete(node);
    if (nodes?.size === 0) this.#nodes.delete(namespace);
  }
}
