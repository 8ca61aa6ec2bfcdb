/** Many small objects on a real API server, and whether a store has what the server has. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { ListWatch, type ListWatchOptions } from '../../../kube/list-watch.ts';
import { type KubeObject, pathOf } from '../../../kube/resource.ts';
import type { ReadStore } from '../../../kube/store.ts';
import type { ControlPlane } from '../control-plane.ts';

export const configMaps = { group: '', version: 'v1', plural: 'configmaps' } as const;
const namespaces = { group: '', version: 'v1', plural: 'namespaces' } as const;

/** The administrator's connection, by another way where a URL is given. */
export function connectTo(plane: ControlPlane, url?: string): Promise<Connection> {
  if (url === undefined) return connect({ kubeconfig: plane.kubeconfig });
  const path = join(plane.folder, `${new URL(url).port}.kubeconfig`);
  writeFileSync(path, readFileSync(plane.kubeconfig, 'utf8').replace(plane.url, url), { mode: 0o600 });
  return connect({ kubeconfig: path });
}

/** ConfigMaps of a namespace of their own. */
export class ConfigMaps {
  readonly connection: Connection;
  readonly namespace: string;

  constructor(connection: Connection, namespace: string) {
    this.connection = connection;
    this.namespace = namespace;
  }

  static async make(connection: Connection, namespace: string): Promise<ConfigMaps> {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await connection.request({ method: 'POST', path: pathOf(namespaces), body });
    return new ConfigMaps(connection, namespace);
  }

  async create(name: string, data: Readonly<Record<string, string>> = {}): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { kept: 'yes' } }, data };
    await this.connection.request({ method: 'POST', path: this.#path(), body });
  }

  async change(name: string, data: Readonly<Record<string, string>>): Promise<void> {
    const contentType = 'application/merge-patch+json';
    await this.connection.request({ method: 'PATCH', path: this.#path(name), body: { data }, contentType });
  }

  async remove(name: string): Promise<void> {
    await this.connection.request({ method: 'DELETE', path: this.#path(name) });
  }

  async createMany(count: number, prefix: string): Promise<void> {
    const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    const next = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) await this.create(name, { a: name });
    };
    await Promise.all(Array.from({ length: 40 }, next));
  }

  /** As one unpaged list has them. */
  async all(): Promise<KubeObject[]> {
    const { items } = (await this.connection.request({ method: 'GET', path: this.#path() })) as { items: KubeObject[] };
    return items;
  }

  /** Creates, changes, replaces and removes, each about equally often. */
  async stir(turn: number): Promise<void> {
    const name = `stirred-${turn % 7}`;
    await this.remove(name).catch(() => undefined);
    if (turn % 5 !== 0) await this.create(name, { turn: String(turn) });
    await this.create(`new-${turn}`);
    await this.change(`new-${Math.floor(turn / 2)}`, { turn: String(turn) }).catch(() => undefined);
    if (turn % 3 === 0) await this.remove(`new-${turn - 1}`).catch(() => undefined);
  }

  #path(name?: string): string {
    return pathOf(configMaps, { namespace: this.namespace, name });
  }
}

export type Data = Readonly<Record<string, string>>;

/** A list-watch of them that runs until disposed, and everything that it said was wrong. */
export async function follow(
  connection: Connection,
  namespace: string,
  options: Partial<ListWatchOptions<Data>> = {},
): Promise<{ list: ListWatch<Data>; failures: string[] } & AsyncDisposable> {
  const failures: string[] = [];
  const list = new ListWatch<Data>(connection, {
    resource: configMaps,
    namespace,
    transform: ({ data }) => (data ?? {}) as Data,
    failed: (error) => failures.push(`${error.code}: ${error.message}`),
    ...options,
  });
  const abort = new AbortController();
  const running = list.run(abort.signal);
  await list.synced;
  return {
    list,
    failures,
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await running;
    },
  };
}

const versionsOf = (objects: readonly { uid?: string; resourceVersion?: string; namespace?: string; name: string }[]) =>
  objects.map(({ namespace, name, uid, resourceVersion }) => `${namespace}/${name} ${uid} ${resourceVersion}`).sort();

/** Waits for the store to have exactly what a fresh list has: the same objects in the same versions. Milliseconds. */
export async function equalsFreshList(store: ReadStore<Data>, maps: ConfigMaps, withinMillis: number): Promise<number> {
  const begun = performance.now();
  const expected = versionsOf((await maps.all()).map(({ metadata }) => metadata));
  while (performance.now() - begun < withinMillis) {
    if (JSON.stringify(versionsOf([...store.items()])) === JSON.stringify(expected)) return performance.now() - begun;
    await sleep(20);
  }
  assert.deepEqual(versionsOf([...store.items()]), expected);
  return performance.now() - begun;
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMillis: number,
): Promise<number> {
  const begun = performance.now();
  while (!(await holds())) {
    assert.ok(performance.now() - begun < withinMillis, `${what} within ${withinMillis} ms`);
    await sleep(10);
  }
  return performance.now() - begun;
}
