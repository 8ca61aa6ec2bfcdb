/** Namespaces, nodes, pods and policies on a real API server, with the status that a kubelet would write; no kubelet needed. */
import { limitKind } from '../../../api/limit.ts';
import { apiVersion, clusterPolicyKind, policyKind } from '../../../api/policy.ts';
import type { Connection } from '../../../kube/connection.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { type KubeObject, pathOf, type Resource } from '../../../kube/resource.ts';
import { resources } from '../../../operator/resources.ts';

export interface PodShape {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly containers?: readonly string[];
}

const merge = 'application/merge-patch+json';

export class Objects {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async namespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    // No controller manager makes the account that every pod has.
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } };
    await this.#create({ group: '', version: 'v1', plural: 'serviceaccounts' }, account);
  }

  async node(name: string, labels: Readonly<Record<string, string>> = {}): Promise<KubeObject> {
    const made = await this.#create(resources.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } });
    await this.patch(
      resources.nodes,
      { name, subresource: 'status' },
      {
        status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }] },
      },
    );
    return made;
  }

  /** Burstable, running, every container with an ID made from the pod's UID. */
  async pod(node: string, name: string, shape: PodShape = {}): Promise<KubeObject> {
    const { namespace = 'shop', labels = {}, annotations = {}, containers = ['app'] } = shape;
    const pod = await this.#create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels, annotations },
      spec: {
        nodeName: node,
        containers: containers.map((each) => ({
          name: each,
          image: 'none.test/app',
          resources: { requests: { memory: '16Mi' } },
        })),
      },
    });
    const containerStatuses = containers.map((each, index) => ({
      name: each,
      containerID: `containerd://${containerID(pod.metadata.uid!, index)}`,
      image: '',
      imageID: '',
      ready: true,
      restartCount: 0,
      state: { running: {} },
    }));
    const status = { phase: 'Running', containerStatuses };
    await this.patch(resources.pods, { namespace, name, subresource: 'status' }, { status });
    return pod;
  }

  async policy(name: string, spec: object = {}, namespace = 'shop'): Promise<KubeObject> {
    const body = { apiVersion, kind: policyKind, metadata: { name, namespace }, spec: { ...usual, ...spec } };
    return await this.#create(resources.policies, body);
  }

  /** At all nodes at once unless it says otherwise. */
  async clusterPolicy(name: string, spec: object = {}): Promise<KubeObject> {
    const body = { apiVersion, kind: clusterPolicyKind, metadata: { name }, spec: { ...usual, ...atOnce, ...spec } };
    return await this.#create(resources.clusterPolicies, body);
  }

  async limit(name: string, spec: object): Promise<KubeObject> {
    return await this.#create(resources.limits, { apiVersion, kind: limitKind, metadata: { name }, spec });
  }

  async patch(resource: Resource, place: Parameters<typeof pathOf>[1], body: object): Promise<void> {
    await this.connection.request({ method: 'PATCH', path: pathOf(resource, place), body, contentType: merge });
  }

  /** At once, as if its kubelet had agreed. */
  async remove(resource: Resource, place: Parameters<typeof pathOf>[1]): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 };
    await this.connection.request({ method: 'DELETE', path: pathOf(resource, place), body });
  }

  async all(resource: Resource): Promise<KubeObject[]> {
    const { items } = (await this.connection.request({ method: 'GET', path: pathOf(resource) })) as {
      items: KubeObject[];
    };
    return items;
  }

  /** null: there is none. */
  async advice(node: string): Promise<KubeObject | null> {
    try {
      const path = pathOf(resources.nodeAdvices, { name: node });
      return (await this.connection.request({ method: 'GET', path })) as KubeObject;
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return null;
      throw error;
    }
  }

  async #create(resource: Resource, body: Omit<KubeObject, 'metadata'> & { metadata: object }): Promise<KubeObject> {
    const { namespace } = body.metadata as { namespace?: string };
    const path = pathOf(resource, { namespace });
    return (await this.connection.request({ method: 'POST', path, body })) as KubeObject;
  }
}

const usual = { mode: 'Enforce', podSelector: {}, steps: [{ advice: 'PageOut', afterIdleSeconds: 900 }] };
const atOnce = { rollout: { nodesPercent: 100 } };

export function containerID(podUID: string, index: number): string {
  return `${index}${podUID.replaceAll('-', '')}`.padEnd(64, '0');
}
