/**
 * What is known of one resource: items by namespace and name, as the API server keeps them, and by uid. Items are never
 * changed, only replaced, so who holds one may compare it with the next by identity. list-watch.ts writes, all else reads.
 */

export interface Item<Value> {
  /** '' where cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Opaque: only ever compared for being the same. */
  readonly resourceVersion: string;
  readonly value: Value;
}

/** An object replaced under its name (another uid) is removed and added: two changes, in this order. */
export type Change<Value> =
  | { readonly kind: 'added'; readonly item: Item<Value> }
  | { readonly kind: 'changed'; readonly item: Item<Value>; readonly before: Item<Value> }
  | { readonly kind: 'removed'; readonly before: Item<Value> };

export interface ReadStore<Value> {
  /** false: what is missing here may well exist. From the first full list on true for good. */
  readonly synced: boolean;
  readonly size: number;
  get(namespace: string, name: string): Item<Value> | undefined;
  /** More than one only where uids are not unique, which a restored backup or a hand-made object can bring. */
  withUid(uid: string): readonly Item<Value>[];
  items(): IterableIterator<Item<Value>>;
}

/** A name and a namespace hold no slash. */
export const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

const none: readonly never[] = [];

export class Store<Value> implements ReadStore<Value> {
  readonly #byKey = new Map<string, Item<Value>>();
  /** One item is kept bare: an array for each would cost as much as the map. */
  readonly #byUid = new Map<string, Item<Value> | readonly Item<Value>[]>();
  #synced = false;

  get synced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(namespace: string, name: string): Item<Value> | undefined {
    return this.#byKey.get(keyOf(namespace, name));
  }

  withUid(uid: string): readonly Item<Value>[] {
    const found = this.#byUid.get(uid);
    if (found === undefined) return none;
    return isMany(found) ? found : [found];
  }

  items(): IterableIterator<Item<Value>> {
    return this.#byKey.values();
  }

  put(item: Item<Value>): Change<Value>[] {
    const before = this.get(item.namespace, item.name);
    if (before === item) return [];
    if (before?.uid === item.uid && before.resourceVersion === item.resourceVersion) return [];
    if (before) this.#forgetUid(before);
    this.#byKey.set(keyOf(item.namespace, item.name), item);
    this.#rememberUid(item);
    if (before === undefined) return [{ kind: 'added', item }];
    if (before.uid === item.uid) return [{ kind: 'changed', item, before }];
    return [
      { kind: 'removed', before },
      { kind: 'added', item },
    ];
  }

  /** Of another uid than the one that is here: the news of its end came after its successor, which stays. */
  remove(namespace: string, name: string, uid?: string): Change<Value>[] {
    const before = this.get(namespace, name);
    if (before === undefined || (uid !== undefined && before.uid !== uid)) return [];
    this.#byKey.delete(keyOf(namespace, name));
    this.#forgetUid(before);
    return [{ kind: 'removed', before }];
  }

  /** The whole of it at one moment: what is not in it is gone. */
  replace(items: Iterable<Item<Value>>): Change<Value>[] {
    const all = new Map<string, Item<Value>>();
    for (const item of items) all.set(keyOf(item.namespace, item.name), item);
    const gone = [...this.#byKey].filter(([key]) => !all.has(key)).map(([, item]) => item);
    const changes = gone.flatMap(({ namespace, name }) => this.remove(namespace, name));
    for (const item of all.values()) for (const change of this.put(item)) changes.push(change);
    this.#synced = true;
    return changes;
  }

  #rememberUid(item: Item<Value>): void {
    const others = this.withUid(item.uid);
    this.#byUid.set(item.uid, others.length === 0 ? item : [...others, item]);
  }

  #forgetUid(item: Item<Value>): void {
    const others = this.withUid(item.uid).filter((one) => one !== item);
    if (others.length === 0) this.#byUid.delete(item.uid);
    else this.#byUid.set(item.uid, others.length === 1 ? others[0]! : others);
  }
}

const isMany = <Value>(found: Item<Value> | readonly Item<Value>[]): found is readonly Item<Value>[] =>
  Array.isArray(found);
