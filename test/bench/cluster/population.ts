/**
 * Makes a cluster's worth of objects on a real API server, and then single changes to them. Those go into etcd, as from
 * another API server of the same cluster: on a small machine this one would be busy with them alone, and is what is measured.
 */
import { randomUUID } from 'node:crypto';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { type KubeObject, type Place, pathOf, type Resource } from '../../../kube/resource.ts';
import { resources } from '../../../operator/resources.ts';
import type { ControlPlane } from '../../controlplane/control-plane.ts';
import { writeAll } from '../../controlplane/kube/etcd.ts';
import {
  cordoned,
  likePod,
  namespaceName,
  namespaces,
  nodeBody,
  nodeName,
  nodeStatus,
  optedOut,
  type PodPlace,
  podBody,
  podPlace,
  podStatus,
  policyBodies,
} from './shapes.ts';

export interface Size {
  readonly nodes: number;
  readonly pods: number;
}

/** Objects of one transaction of etcd: it takes 128, and 1.5 MiB. */
const batch = 64;
/** A connection keeps 8 sockets open between requests. */
const connections = 8;
const each = 8;
const merge = 'application/merge-patch+json';
const json = 'application/json';

export interface MadePod extends PodPlace {
  readonly uid: string;
}

export class Population implements Disposable {
  readonly #plane: ControlPlane;
  readonly #connections: readonly Connection[];
  /** As the API server shows them. */
  readonly #nodes = new Map<string, KubeObject>();
  #model: KubeObject | null = null;
  #turn = 0;

  private constructor(plane: ControlPlane, all: readonly Connection[]) {
    this.#plane = plane;
    this.#connections = all;
  }

  static async connect(plane: ControlPlane): Promise<Population> {
    return new Population(
      plane,
      await Promise.all(
        Array.from({ length: connections }, () => connect({ kubeconfig: plane.kubeconfig, userAgent: 'bench' })),
      ),
    );
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection[Symbol.dispose]();
  }

  async namespaces(): Promise<void> {
    await this.parallel(namespaces, async (index) => {
      const name = namespaceName(index);
      const metadata = { name, labels: { 'ebb.dev/allow': 'enforce' } };
      await this.#send('POST', resources.namespaces, {}, { apiVersion: 'v1', kind: 'Namespace', metadata });
      // No controller manager makes the account that every pod has.
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } };
      const accounts = { group: '', version: 'v1', plural: 'serviceaccounts' };
      await this.#send('POST', accounts, { namespace: name }, account);
    });
  }

  async policies(): Promise<void> {
    const { own, whole } = policyBodies();
    for (const body of own) await this.#send('POST', resources.policies, { namespace: body.metadata.namespace }, body);
    await this.#send('POST', resources.clusterPolicies, {}, whole);
  }

  async nodes(count: number): Promise<void> {
    await this.parallel(count, async (index) => {
      await this.#send('POST', resources.nodes, {}, nodeBody(index));
      const place = { name: nodeName(index), subresource: 'status' };
      this.#nodes.set(place.name, await this.#send('PATCH', resources.nodes, place, { status: nodeStatus }));
    });
  }

  /**
   * In the order of their indexes. The first and the last are created and started through the API; all others are put into
   * etcd as the server shows the first, since 30,000 would take it minutes. From there on nothing tells them apart.
   */
  async pods({ nodes, pods }: Size): Promise<MadePod[]> {
    const first = await this.#pod(podPlace(0, nodes));
    const path = pathOf(resources.pods, { namespace: first.namespace, name: first.name });
    const model = (await this.#connections[0]!.request({ method: 'GET', path })) as KubeObject;
    this.#model = model;
    const others = Array.from({ length: pods - 2 }, (_, index) => {
      return { ...podPlace(index + 1, nodes), uid: randomUUID() };
    });
    const batches = Math.ceil(others.length / batch);
    await this.parallel(batches, async (index) => {
      const some = others.slice(index * batch, (index + 1) * batch);
      await writeAll(
        this.#plane,
        some.map((pod) => [keyOf(pod), likePod(model, pod)] as const),
      );
    });
    // The objects of a transaction have one resourceVersion, so a list of it may hold some of them: never one of a later.
    return [first, ...others, await this.#pod(podPlace(pods - 1, nodes))];
  }

  async #pod(place: PodPlace): Promise<MadePod> {
    const { namespace, name } = place;
    const { metadata } = await this.#send('POST', resources.pods, { namespace }, podBody(place));
    const uid = metadata.uid!;
    await this.#send('PATCH', resources.pods, { namespace, name, subresource: 'status' }, { status: podStatus(uid) });
    return { ...place, uid };
  }

  /** Its containers run. */
  async add(pod: MadePod): Promise<void> {
    await this.#write(keyOf(pod), likePod(this.#model!, pod));
  }

  async removePod(pod: MadePod): Promise<void> {
    await this.#write(keyOf(pod), null);
  }

  async optOut(pod: MadePod): Promise<void> {
    await this.#write(keyOf(pod), optedOut(likePod(this.#model!, pod)));
  }

  async cordon(name: string, unschedulable: boolean): Promise<void> {
    await this.#write(`minions/${name}`, cordoned(this.#nodes.get(name)!, unschedulable));
  }

  async #write(key: string, object: object | null): Promise<void> {
    await writeAll(this.#plane, [[key, object]]);
  }

  /** Calls for 0 up to `count`, as many at a time as there are sockets. */
  async parallel(count: number, act: (index: number) => Promise<void>): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < count) await act(next++);
    };
    await Promise.all(Array.from({ length: connections * each }, worker));
  }

  async #send(method: 'POST' | 'PATCH', resource: Resource, place: Place, body: object): Promise<KubeObject> {
    const connection = this.#connections[this.#turn++ % connections]!;
    const contentType = method === 'PATCH' ? merge : json;
    return (await connection.request({ method, path: pathOf(resource, place), body, contentType })) as KubeObject;
  }
}

const keyOf = ({ namespace, name }: PodPlace): string => `pods/${namespace}/${name}`;
