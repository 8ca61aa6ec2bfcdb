/**
 * This machine as the one node of a cluster: a Node object without a kubelet, and pods whose containers run for real, through
 * CRI, in the cgroups that a kubelet would have named. The pod objects say what a kubelet would have said of them.
 */
import type { Connection } from '../../kube/connection.ts';
import { createObject, readObject } from '../../kube/objects.ts';
import { pathOf, type Resource } from '../../kube/resource.ts';
import type { Containerd, RunningPod } from '../../test/runtime/containerd.ts';

export const namespace = 'shop';

const core = (plural: string): Resource => ({ group: '', version: 'v1', plural });

export interface Workload {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of test/targets/target.c: what the container does before it waits. */
  readonly commands: readonly string[];
}

export class Machine {
  readonly #connection: Connection;
  readonly #runtime: Containerd;
  readonly node: string;

  constructor(connection: Connection, runtime: Containerd, node: string) {
    this.#connection = connection;
    this.#runtime = runtime;
    this.node = node;
  }

  /** The namespace, where policies may act, and this node, ready. */
  async join(): Promise<{ readonly nodeUID: string }> {
    const labels = { 'ebb.dev/allow': 'enforce' };
    await this.#make('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
    // No controller manager makes the account that every pod has.
    await this.#make('serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    });
    const conditions = [{ type: 'Ready', status: 'True', reason: 'Demo', message: 'no kubelet' }];
    await this.#say('nodes', undefined, this.node, { conditions });
    return { nodeUID: (await readObject(this.#connection, core('nodes'), { name: this.node })).metadata.uid! };
  }

  /** The object first: its UID names the cgroup. */
  async run({ name, labels, commands }: Workload): Promise<RunningPod> {
    const container = { name: 'app', image: 'ebb.test/target:1', resources: { requests: { memory: '64Mi' } } };
    const made = await this.#make('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels },
      spec: { nodeName: this.node, containers: [container] },
    });
    const running = await this.#runtime.runPod({
      name,
      uid: made.metadata.uid!,
      qos: 'Burstable',
      containers: [{ name: 'app', commands }],
    });
    const startedAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const containerStatuses = running.containers.map(({ id }) => ({
      name: 'app',
      containerID: `containerd://${id}`,
      image: container.image,
      imageID: '',
      ready: true,
      restartCount: 0,
      state: { running: { startedAt } },
    }));
    await this.#say('pods', namespace, name, { phase: 'Running', startTime: startedAt, containerStatuses });
    return running;
  }

  async #make(plural: string, body: Parameters<typeof createObject>[2]): ReturnType<typeof createObject> {
    return await createObject(this.#connection, core(plural), body);
  }

  async #say(plural: string, within: string | undefined, name: string, status: object): Promise<void> {
    const path = pathOf(core(plural), { namespace: within, name, subresource: 'status' });
    const contentType = 'application/merge-patch+json';
    await this.#connection.request({ method: 'PATCH', path, body: { status }, contentType });
  }
}
