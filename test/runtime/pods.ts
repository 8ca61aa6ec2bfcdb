/** A pod as the kubelet asks for it through CRI: its cgroup parent by QoS class, its namespaces, its containers. */
import type { QoSClass } from '../../node-agent/observe/container.ts';
import { image } from './config.ts';

export interface PodSpec {
  readonly name: string;
  readonly uid: string;
  readonly qos: QoSClass;
  /** One PID namespace for all containers of the pod (shareProcessNamespace). */
  readonly sharedPid?: boolean;
  readonly containers: readonly ContainerSpec[];
}

export interface ContainerSpec {
  readonly name: string;
  readonly memoryLimitBytes?: number;
  /** Commands of test/targets/target.c to run before it serves, e.g. "anon 64M 7". */
  readonly commands?: readonly string[];
}

/** NamespaceMode of cri.proto. Without a network plugin pods use the node's network. */
const mode = { pod: 0, container: 1, node: 2 } as const;

function namespaces(pod: PodSpec) {
  return { network: mode.node, pid: pod.sharedPid ? mode.pod : mode.container, ipc: mode.pod };
}

/** The kubelet's cgroupfs names below its cgroup root. */
export function podCgroup(root: string, pod: PodSpec): string {
  const parent = { Guaranteed: '', Burstable: '/burstable', BestEffort: '/besteffort' }[pod.qos];
  return `${root}/kubepods${parent}/pod${pod.uid}`;
}

/** Label keys that the kubelet sets and that discovery by CRI reads. */
function labels(pod: PodSpec) {
  return {
    'io.kubernetes.pod.name': pod.name,
    'io.kubernetes.pod.namespace': 'default',
    'io.kubernetes.pod.uid': pod.uid,
  };
}

export function sandboxConfig(root: string, pod: PodSpec, logs: string) {
  return {
    metadata: { name: pod.name, uid: pod.uid, namespace: 'default', attempt: 0 },
    log_directory: logs,
    labels: labels(pod),
    linux: { cgroup_parent: podCgroup(root, pod), security_context: { namespace_options: namespaces(pod) } },
  };
}

/** The abstract socket on which a container's target listens; the node's network makes it reachable from outside. */
export function socketName(pod: PodSpec, container: ContainerSpec): string {
  return `ebb-test-${pod.uid}-${container.name}`;
}

export function containerConfig(pod: PodSpec, container: ContainerSpec) {
  const commands = (container.commands ?? []).flatMap((command) => ['-c', command]);
  return {
    metadata: { name: container.name, attempt: 0 },
    image: { image },
    command: ['/target'],
    args: ['--listen', socketName(pod, container), ...commands],
    labels: { ...labels(pod), 'io.kubernetes.container.name': container.name },
    log_path: `${container.name}.log`,
    linux: {
      resources: { memory_limit_in_bytes: container.memoryLimitBytes ?? 0, cpu_shares: 102 },
      security_context: { namespace_options: namespaces(pod) },
    },
  };
}
