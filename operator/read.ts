/**
 * From objects of the API server to what a plan reads of them (snapshot.ts); all else is dropped before anything is kept.
 * The server checks these kinds, but a field may be missing: that never throws, and counts as what makes Ebb do less.
 */
import type { Container, Namespace, Node, Pod, QoSClass, TextMap } from './snapshot.ts';

/** As far as it is looked at. */
interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: TextMap | null;
  readonly annotations?: TextMap | null;
  readonly deletionTimestamp?: string;
}

interface WirePod {
  readonly metadata: Metadata;
  readonly spec?: {
    readonly nodeName?: string;
    readonly priorityClassName?: string;
    readonly containers?: readonly WireContainer[];
    readonly initContainers?: readonly WireContainer[];
    readonly ephemeralContainers?: readonly WireContainer[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly qosClass?: string;
    readonly containerStatuses?: readonly WireState[];
    readonly initContainerStatuses?: readonly WireState[];
    readonly ephemeralContainerStatuses?: readonly WireState[];
  };
}

interface WireContainer {
  readonly name: string;
  readonly restartPolicy?: string;
}

interface WireState {
  readonly name: string;
  readonly containerID?: string;
}

interface WireNode {
  readonly metadata: Metadata;
  readonly spec?: { readonly taints?: readonly { readonly key: string }[]; readonly unschedulable?: boolean };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const ownPrefix = 'ebb.dev/';
const mirrorAnnotation = 'kubernetes.io/config.mirror';
const hashAnnotation = 'kubernetes.io/config.hash';
const qosClasses: readonly string[] = ['Guaranteed', 'Burstable', 'BestEffort'] satisfies readonly QoSClass[];
const nothing: TextMap = {};

export function readPod(object: object): Pod {
  const { metadata, spec = {}, status = {} } = object as WirePod;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    node: spec.nodeName || null,
    labels: metadata.labels ?? nothing,
    annotations: ownAnnotations(metadata),
    qosClass: qosClasses.includes(status.qosClass ?? '') ? (status.qosClass as QoSClass) : null,
    priorityClassName: spec.priorityClassName ?? null,
    mirrorOf: mirrorOf(metadata.annotations ?? nothing),
    terminating: metadata.deletionTimestamp !== undefined,
    finished: status.phase === 'Succeeded' || status.phase === 'Failed',
    containers: [
      ...containersOf(spec.containers, status.containerStatuses, () => 'App'),
      ...containersOf(spec.initContainers, status.initContainerStatuses, ({ restartPolicy }) =>
        restartPolicy === 'Always' ? 'Sidecar' : 'Init',
      ),
      ...containersOf(spec.ephemeralContainers, status.ephemeralContainerStatuses, () => 'Ephemeral'),
    ],
  };
}

export function readNamespace(object: object): Namespace {
  const { metadata } = object as { readonly metadata: Metadata };
  return { name: metadata.name, labels: metadata.labels ?? nothing, annotations: ownAnnotations(metadata) };
}

export function readNode(object: object): Node {
  const { metadata, spec = {}, status = {} } = object as WireNode;
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    labels: metadata.labels ?? nothing,
    annotations: ownAnnotations(metadata),
    taints: (spec.taints ?? []).map(({ key }) => key),
    unschedulable: spec.unschedulable === true,
    deleting: metadata.deletionTimestamp !== undefined,
    ready: (status.conditions ?? []).some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
  };
}

function ownAnnotations({ annotations }: Metadata): TextMap {
  const own = Object.entries(annotations ?? nothing).filter(([key]) => key.startsWith(ownPrefix));
  return own.length === 0 ? nothing : Object.fromEntries(own);
}

/** The kubelet names the cgroup of a static pod by the hash of its file. */
function mirrorOf(annotations: TextMap): string | null {
  return Object.hasOwn(annotations, mirrorAnnotation) ? (annotations[hashAnnotation] ?? '') : null;
}

function containersOf(
  specs: readonly WireContainer[] | null | undefined,
  states: readonly WireState[] | null | undefined,
  kindOf: (one: WireContainer) => Container['kind'],
): Container[] {
  return (specs ?? []).map((one) => ({
    name: one.name,
    id: states?.find(({ name }) => name === one.name)?.containerID || null,
    kind: kindOf(one),
  }));
}
