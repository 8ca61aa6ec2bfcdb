/**
 * What an independent client sees of the nodes' objects: a list-watch of its own, which tells when something that was
 * changed in the cluster has reached the object of its node.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../../../kube/connection.ts';
import { ListWatch } from '../../../kube/list-watch.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { resources } from '../../../operator/resources.ts';

export interface Seen {
  readonly pods: ReadonlySet<string>;
  readonly paused: boolean;
}

interface Awaited {
  readonly since: number;
  readonly holds: (seen: Seen) => boolean;
  readonly arrived: (millis: number) => void;
}

export class Arrivals implements AsyncDisposable {
  readonly #list: ListWatch<Seen>;
  readonly #awaited = new Map<string, Awaited[]>();
  readonly #end = new AbortController();
  readonly #running: Promise<void>;

  constructor(connection: Connection) {
    this.#list = new ListWatch(connection, {
      resource: resources.nodeAdvices,
      transform: seenOf,
      changed: (changes) => {
        for (const change of changes) if (change.kind !== 'removed') this.#look(change.item.name, change.item.value);
      },
    });
    this.#running = this.#list.run(this.#end.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  get objects(): number {
    return this.#list.store.size;
  }

  of(node: string): Seen | undefined {
    return this.#list.store.get('', node)?.value;
  }

  /** From now until the object of the node is seen so. */
  expect(node: string, holds: Awaited['holds'], arrived: Awaited['arrived']): void {
    this.#awaited.set(node, [...(this.#awaited.get(node) ?? []), { since: performance.now(), holds, arrived }]);
  }

  /** How many have not arrived, after waiting for them. */
  async missing(withinMillis: number): Promise<number> {
    const end = performance.now() + withinMillis;
    while (this.#awaited.size > 0 && performance.now() < end) await sleep(50);
    return [...this.#awaited.values()].reduce((sum, { length }) => sum + length, 0);
  }

  #look(node: string, seen: Seen): void {
    const now = performance.now();
    const open = (this.#awaited.get(node) ?? []).filter(({ since, holds, arrived }) => {
      if (!holds(seen)) return true;
      arrived(now - since);
      return false;
    });
    if (open.length > 0) this.#awaited.set(node, open);
    else this.#awaited.delete(node);
  }
}

function seenOf(object: KubeObject): Seen {
  const spec = object['spec'] as { readonly pods?: readonly { readonly uid: string }[]; readonly paused?: object };
  return { pods: new Set((spec.pods ?? []).map(({ uid }) => uid)), paused: spec.paused !== undefined };
}
