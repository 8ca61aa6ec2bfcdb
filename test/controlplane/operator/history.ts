/**
 * Every version of every node's object, as a watch of the administrator's tells it, and whether any of them was a step back.
 *
 * The cluster that is stirred only moves forward: the generation of a policy or limit only grows, and a pod that has left an
 * object (deleted or opted out: each UID once) has no way back into it. Each spec names the policies it was made from with
 * their generations, and its pods by UID. So an older wish that is written over a newer one, by whichever operator, shows as
 * a generation that falls or as a pod that returns; where neither is seen, no older wish was written over a newer one that
 * differed in what it says of policies and pods.
 */
import type { NodeSpec } from '../../../api/node-spec.ts';
import type { Connection } from '../../../kube/connection.ts';
import { ListWatch } from '../../../kube/list-watch.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { resources } from '../../../operator/resources.ts';

interface Seen {
  readonly uid: string;
  readonly node: string;
  readonly generation: number;
  readonly spec: NodeSpec;
}

/** What is known of one object. */
interface Past {
  generation: number;
  pods: ReadonlySet<string>;
  /** UIDs of pods that were in it and are no more. */
  readonly left: Set<string>;
  readonly generations: Map<string, number>;
}

export class History implements AsyncDisposable {
  readonly stepsBack: string[] = [];
  /** Versions of specs seen since it began: each new object and each new generation is one. */
  versions = 0;
  readonly #list: ListWatch<Seen>;
  readonly #pasts = new Map<string, Past>();
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;

  constructor(connection: Connection) {
    this.#list = new ListWatch<Seen>(connection, {
      resource: resources.nodeAdvices,
      transform: seen,
      changed: (changes) => {
        for (const change of changes) if (change.kind !== 'removed') this.#take(change.item.value);
      },
      backoff: { firstMillis: 50, maxMillis: 500 },
    });
  }

  async begin(): Promise<void> {
    this.#running = this.#list.run(this.#stop.signal);
    await this.#list.synced;
  }

  /** Lists made: more than one, and versions may have been missed in between. */
  get lists(): number {
    return this.#list.counters.lists;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #take({ uid, node, generation, spec }: Seen): void {
    const past = this.#pasts.get(uid) ?? { generation: 0, pods: new Set(), left: new Set(), generations: new Map() };
    this.#pasts.set(uid, past);
    if (generation === past.generation) return;
    this.versions++;
    const at = `${node} at generation ${generation}`;
    if (generation < past.generation) this.stepsBack.push(`${at}: was at ${past.generation} before`);
    past.generation = generation;
    this.#takePods(at, past, spec);
    this.#takeGenerations(at, past, spec);
  }

  #takePods(at: string, past: Past, spec: NodeSpec): void {
    const pods = new Set(spec.pods.map((pod) => pod.uid));
    for (const pod of spec.pods) if (past.left.has(pod.uid)) this.stepsBack.push(`${at}: ${pod.name} is back`);
    for (const uid of past.pods) if (!pods.has(uid)) past.left.add(uid);
    past.pods = pods;
  }

  #takeGenerations(at: string, { generations }: Past, spec: NodeSpec): void {
    for (const { kind, name, uid, generation } of spec.profiles.flatMap(({ sources }) => sources)) {
      const before = generations.get(uid) ?? 0;
      if (generation < before)
        this.stepsBack.push(`${at}: ${kind} ${name} of generation ${generation} after ${before}`);
      generations.set(uid, generation);
    }
  }
}

const seen = ({ metadata, spec }: KubeObject): Seen => ({
  uid: metadata.uid!,
  node: metadata.name,
  generation: metadata['generation'] as number,
  spec: spec as NodeSpec,
});
