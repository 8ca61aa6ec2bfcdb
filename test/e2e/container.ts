/** A container that a kubelet of the cluster runs, as this machine sees it: its cgroup and its processes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Usage, usage } from '../../demo/memory.ts';
import type { QoSClass } from '../../node-agent/observe/container.ts';
import { hierarchies } from '../kernel/hierarchies.ts';
import type { EbbCluster } from './ebb.ts';

interface Said {
  readonly name: string;
  readonly containerID: string;
  readonly restartCount: number;
}

interface PodObject {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly qosClass: QoSClass;
    readonly containerStatuses: readonly Said[];
    readonly initContainerStatuses?: readonly Said[];
  };
}

/** Where a kubelet has pods, below the cgroup of its node. */
const folders: Readonly<Record<QoSClass, string>> = {
  Guaranteed: '',
  Burstable: '/burstable',
  BestEffort: '/besteffort',
};

export class RunningContainer {
  readonly node: string;
  readonly qos: QoSClass;
  /** Path below the mount of the memory hierarchy. */
  readonly cgroup: string;
  readonly restarts: number;

  private constructor(ebb: EbbCluster, pod: PodObject, said: Said) {
    this.node = pod.spec.nodeName;
    this.qos = pod.status.qosClass;
    this.restarts = said.restartCount;
    const { cgroup } = ebb.cluster.nodes.find(({ name }) => name === this.node)!.options;
    const id = said.containerID.replace('containerd://', '');
    this.cgroup = `${cgroup}/kubepods${folders[this.qos]}/pod${pod.metadata.uid}/${id}`;
  }

  /** As it runs now: a container that has restarted is another one. */
  static async of(ebb: EbbCluster, namespace: string, pod: string, name: string): Promise<RunningContainer> {
    const text = await ebb.kubectlOk('-n', namespace, 'get', 'pod', pod, '-o', 'json');
    const object = JSON.parse(text) as PodObject;
    const { containerStatuses, initContainerStatuses = [] } = object.status;
    const said = [...containerStatuses, ...initContainerStatuses].find((one) => one.name === name)!;
    return new RunningContainer(ebb, object, said);
  }

  /** Its first process, as this process sees it. */
  get pid(): number {
    const path = join(hierarchies().memory, this.cgroup, 'cgroup.procs');
    return Number(readFileSync(path, 'utf8').split('\n')[0]);
  }

  /** What /proc and its cgroup say now. */
  get usage(): Usage {
    return usage(hierarchies().memory, this.cgroup);
  }

  /** As the kernel adds up the mappings of its first process: figures that Ebb does not read. */
  get rollup(): { readonly anonymousBytes: number; readonly swapBytes: number } {
    const text = readFileSync(`/proc/${this.pid}/smaps_rollup`, 'utf8');
    const bytes = (field: string): number => 1024 * Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(text)![1]);
    return { anonymousBytes: bytes('Anonymous'), swapBytes: bytes('Swap') };
  }
}
