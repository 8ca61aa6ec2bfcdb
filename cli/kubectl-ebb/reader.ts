/**
 * Reads objects for a command: once, or, for --watch, kept by list-watches so that nothing is listed twice. What a command
 * shows is the same in both cases.
 */
import type { Connection } from '../../kube/connection.ts';
import { isKubeError, type KubeError } from '../../kube/errors.ts';
import { ListWatch } from '../../kube/list-watch.ts';
import { readObject } from '../../kube/objects.ts';
import { listPages, pathOfAll, type Selection } from '../../kube/pages.ts';
import type { KubeObject, Place, Resource } from '../../kube/resource.ts';

/** Objects of nodes have up to 256 KiB. */
const pageSize = 50;

interface Kept {
  readonly list: ListWatch<unknown>;
  readonly refused: Promise<never>;
}

export class Reader implements Disposable {
  readonly connection: Connection;
  readonly #follow: boolean;
  readonly #kept = new Map<string, Kept>();
  readonly #end = new AbortController();
  #changed = Promise.withResolvers<void>();

  constructor(connection: Connection, follow = false) {
    this.connection = connection;
    this.#follow = follow;
  }

  /** Resolves when something is different from what was read last. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Why what is kept may be old; null: it is not. */
  get trouble(): KubeError | null {
    for (const { list } of this.#kept.values()) if (list.trouble !== null) return list.trouble;
    return null;
  }

  /** What `transform` keeps of each, by namespace and name. Ask with the same one for the same selection. */
  async all<Value>(selection: Selection, transform: (object: KubeObject) => Value): Promise<Value[]> {
    if (!this.#follow) return await listed(this.connection, selection, transform);
    const key = `${pathOfAll(selection)}?${selection.fieldSelector ?? ''}`;
    const kept = this.#kept.get(key) ?? this.#keep(selection, transform);
    this.#kept.set(key, kept);
    await Promise.race([kept.list.synced, kept.refused]);
    const items = [...kept.list.store.items()].sort(
      (a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name),
    );
    return items.map(({ value }) => value as Value);
  }

  /** null: there is none. */
  async one(resource: Resource, place: Place): Promise<KubeObject | null> {
    try {
      return await readObject(this.connection, resource, place);
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return null;
      throw error;
    }
  }

  /** What was told so far is taken note of: `changed` is about what comes from now on. */
  seen(): void {
    this.#changed = Promise.withResolvers<void>();
  }

  [Symbol.dispose](): void {
    this.#end.abort();
    this.connection[Symbol.dispose]();
  }

  #keep(selection: Selection, transform: (object: KubeObject) => unknown): Kept {
    const refused = Promise.withResolvers<never>();
    refused.promise.catch(() => undefined);
    const list = new ListWatch<unknown>(this.connection, {
      ...selection,
      transform,
      pageSize,
      changed: () => this.#changed.resolve(),
      failed: (error) => (list.store.synced ? this.#changed.resolve() : refused.reject(error)),
    });
    list.run(this.#end.signal).catch((error: unknown) => refused.reject(error));
    return { list, refused: refused.promise };
  }
}

export async function listed<Value>(
  connection: Connection,
  selection: Selection,
  transform: (object: KubeObject) => Value,
): Promise<Value[]> {
  let found: Value[] = [];
  await listPages(connection, selection, {
    pageSize,
    signal: new AbortController().signal,
    begin: () => {
      found = [];
    },
    page: (items) => found.push(...items.map((item) => transform(item as KubeObject))),
  });
  return found;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
