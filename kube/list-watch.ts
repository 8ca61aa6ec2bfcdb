/**
 * Keeps a store equal to what the API server has of one resource: a paged list, then watches that go on from the last
 * resourceVersion, again and again until aborted. A list anew only where the server says that it no longer knows the way
 * from there. No failure ends it: it waits, longer each time, and tells what is wrong.
 */
import { isAbsent } from './absent.ts';
import { type BackoffLimits, defaultBackoff, retryMillis } from './backoff.ts';
import { type Clock, realClock } from './clock.ts';
import type { Connection } from './connection.ts';
import { decodeObject, type WatchEvent } from './decode.ts';
import { isKubeError, KubeError, type KubeErrorCode, kubeErrorCodes } from './errors.ts';
import { listPages, type Selection } from './pages.ts';
import { type KubeObject, shownAs } from './resource.ts';
import { type Change, type Item, type ReadStore, Store } from './store.ts';
import { watch } from './watch.ts';

export interface ListWatchOptions<Value> extends Selection {
  /** Keeps of an object what is needed, before anything is kept; undefined leaves it out, as if it did not exist. */
  readonly transform: (object: KubeObject) => Value | undefined;
  /** After the store changed. What it throws ends run(). */
  readonly changed?: (changes: readonly Change<Value>[]) => void;
  /** For the log; the next try comes by itself. */
  readonly failed?: (error: KubeError) => void;
  readonly pageSize?: number;
  /** A watch is asked for this long, or down to the half of it by chance. */
  readonly watchSeconds?: number;
  readonly graceMillis?: number;
  /** A watch that told nothing for this long, not even a bookmark, is not trusted. Servers send one each minute. */
  readonly quietMillis?: number;
  readonly maxLineBytes?: number;
  readonly backoff?: BackoffLimits;
  readonly clock?: Clock;
}

export interface Counters {
  lists: number;
  pages: number;
  watches: number;
  events: number;
  bookmarks: number;
  /** Objects that transform threw at: what was kept of them before stays. */
  refused: number;
  readonly errors: Record<KubeErrorCode, number>;
}

const noErrors = (): Record<KubeErrorCode, number> =>
  Object.fromEntries(kubeErrorCodes.map((code) => [code, 0])) as Record<KubeErrorCode, number>;

/** A watch that lasted this long was no failure, whether it told anything or not. */
const settledMillis = 5000;
/** Failures in a row after which the way from a resourceVersion is taken for lost. */
const lostAfter = 3;

export class ListWatch<Value> {
  readonly counters: Counters = {
    lists: 0,
    pages: 0,
    watches: 0,
    events: 0,
    bookmarks: 0,
    refused: 0,
    errors: noErrors(),
  };
  readonly #connection: Pick<Connection, 'request' | 'open'>;
  readonly #options: ListWatchOptions<Value>;
  readonly #clock: Clock;
  readonly #store = new Store<Value>();
  readonly #synced = Promise.withResolvers<void>();
  #version: string | null = null;
  #failures = 0;
  #openedAt: number | null = null;
  #heardAt: number | null = null;
  #trouble: KubeError | null = null;
  /** The server serves no such resource any more. */
  #absent = false;
  #hurried = new AbortController();

  constructor(connection: Pick<Connection, 'request' | 'open'>, options: ListWatchOptions<Value>) {
    this.#connection = connection;
    this.#options = options;
    this.#clock = options.clock ?? realClock;
  }

  get store(): ReadStore<Value> {
    return this.#store;
  }

  /** Resolves with the first full list. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** How long nothing has been heard of the server; null before the first answer. A quiet watch has bookmarks each minute. */
  get silentMillis(): number | null {
    return this.#heardAt === null ? null : this.#clock.now() - this.#heardAt;
  }

  /** Why there is no watch now; null while there is one. */
  get trouble(): KubeError | null {
    return this.#trouble;
  }

  /** Whether the store follows the server: there is a watch, or there is no such resource any more and so nothing to watch. */
  get isCurrent(): boolean {
    return this.#store.synced && (this.#trouble === null || this.#absent);
  }

  /**
   * Somebody knows that the server answers again: tries at once where it waits after a failure, unless the server asked to
   * wait, and soon again where that fails, as it may with a server that has just started.
   */
  hurry(): void {
    this.#failures = 0;
    if (this.#trouble?.retryAfterMillis == null) this.#hurried.abort();
  }

  /** Resolves once aborted. Rejects only where transform's or the consumer's code is wrong. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const error = await this.#round(signal);
        const { random } = this.#clock;
        const backoff = this.#options.backoff ?? defaultBackoff;
        const wait = retryMillis(this.#failures, error?.retryAfterMillis ?? null, random(), backoff);
        await this.#pause(wait, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #pause(millis: number, signal: AbortSignal): Promise<void> {
    const hurried = new AbortController();
    this.#hurried = hurried;
    try {
      await this.#clock.sleep(millis, AbortSignal.any([signal, hurried.signal]));
    } catch (error) {
      if (signal.aborted || !hurried.signal.aborted) throw error;
    }
  }

  /** One watch, after a list where one is needed. */
  async #round(signal: AbortSignal): Promise<KubeError | null> {
    this.#openedAt = null;
    const before = this.#counted;
    try {
      this.#version ??= await this.#list(signal);
      await this.#watch(this.#version, signal);
      const told = this.#settle(before);
      // From a resourceVersion of before etcd was restored the server waits in silence, without an error, for ever.
      if (!told && this.#lasted >= (this.#options.quietMillis ?? 75_000)) this.#version = null;
      return null;
    } catch (error) {
      if (signal.aborted || !isKubeError(error)) throw error;
      this.#settle(before);
      this.#note(error);
      if (error.code === 'NotFound') await this.#emptyIfAbsent(signal);
      return error;
    }
  }

  /** A kind that was deleted took its objects along; where no watch was open then, nobody has said so. */
  async #emptyIfAbsent(signal: AbortSignal): Promise<void> {
    if (this.#failures < lostAfter || this.#absent || !this.#store.synced) return;
    this.#absent = await isAbsent(this.#connection, this.#options.resource, { signal });
    if (this.#absent) this.#tell(this.#store.replace([]));
  }

  get #counted(): number {
    return this.counters.events + this.counters.bookmarks;
  }

  /** Whether the watch told anything. */
  #settle(before: number): boolean {
    const told = this.#counted > before;
    this.#failures = told || this.#lasted >= settledMillis ? 0 : this.#failures + 1;
    return told;
  }

  get #lasted(): number {
    return this.#openedAt === null ? 0 : this.#clock.now() - this.#openedAt;
  }

  #note(error: KubeError): void {
    this.#trouble = error;
    this.counters.errors[error.code]++;
    if (this.#needsList(error)) this.#version = null;
    this.#options.failed?.(error);
  }

  #needsList(error: KubeError): boolean {
    if (['Gone', 'Invalid', 'NotFound'].includes(error.code)) return true;
    // A Status in the middle of a watch: the server's own watch broke, and may have lost something.
    if (this.#openedAt !== null && error.status > 0) return true;
    return this.#failures >= lostAfter && ['Malformed', 'ServerError', 'Timeout'].includes(error.code);
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { pageSize = 500 } = this.#options;
    this.counters.lists++;
    let items: Item<Value>[] = [];
    const version = await listPages(this.#connection, this.#options, {
      pageSize,
      signal,
      begin: () => {
        items = [];
      },
      page: (page) => {
        this.counters.pages++;
        this.#heard();
        for (const one of page) this.#listed(decodeObject(one), items);
      },
    });
    this.#absent = false;
    const changes = this.#store.replace(items);
    this.#synced.resolve();
    this.#tell(changes);
    return version;
  }

  #listed(object: KubeObject, items: Item<Value>[]): void {
    const { namespace = '', name, uid, resourceVersion } = object.metadata;
    const before = this.#store.get(namespace, name);
    const same = before?.uid === uid && before?.resourceVersion === resourceVersion;
    const item = same ? before : this.#transformed(object);
    if (item === 'refused') before && items.push(before);
    else if (item) items.push(item);
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { watchSeconds = 180, graceMillis = 10_000, maxLineBytes } = this.#options;
    this.counters.watches++;
    await watch(this.#connection, this.#options, {
      resourceVersion,
      timeoutSeconds: Math.max(1, Math.ceil(watchSeconds * (0.5 + this.#clock.random() / 2))),
      graceMillis,
      signal,
      maxLineBytes,
      opened: () => {
        this.#openedAt = this.#clock.now();
        this.#trouble = null;
        this.#heard();
      },
      event: (event) => this.#take(event),
    });
  }

  #take(event: WatchEvent): void {
    this.#heard();
    if (event.type === 'BOOKMARK') {
      this.counters.bookmarks++;
      this.#version = event.resourceVersion;
      return;
    }
    this.counters.events++;
    this.#tell(event.type === 'DELETED' ? this.#removed(event.object) : this.#put(event.object));
    this.#version = event.object.metadata.resourceVersion!;
  }

  #put(object: KubeObject): Change<Value>[] {
    const item = this.#transformed(object);
    if (item === 'refused') return [];
    // Left out now, perhaps kept before: whatever its uid was, it has no value under this name any more.
    if (item === undefined) return this.#store.remove(object.metadata.namespace ?? '', object.metadata.name);
    return this.#store.put(item);
  }

  #removed({ metadata }: KubeObject): Change<Value>[] {
    return this.#store.remove(metadata.namespace ?? '', metadata.name, metadata.uid);
  }

  #transformed(object: KubeObject): Item<Value> | 'refused' | undefined {
    const { namespace = '', name, uid, resourceVersion } = object.metadata;
    try {
      const value = this.#options.transform(object);
      return value === undefined ? undefined : { namespace, name, uid: uid!, resourceVersion: resourceVersion!, value };
    } catch (cause) {
      this.counters.refused++;
      const which = `${shownAs(this.#options.resource)} ${namespace}/${name}`;
      this.#options.failed?.(new KubeError('Malformed', `${which}: ${(cause as Error).message}`, { cause }));
      return 'refused';
    }
  }

  #heard(): void {
    this.#heardAt = this.#clock.now();
  }

  #tell(changes: readonly Change<Value>[]): void {
    if (changes.length > 0) this.#options.changed?.(changes);
  }
}
