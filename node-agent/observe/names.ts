/**
 * Pure: what a cgroup's path says of the container it belongs to. Container runtimes and the kubelet name cgroups, not
 * the kernel, so this is where every runtime's habit is written down. The outermost container wins: what a container
 * nests inside itself is its own.
 */
import type { CgroupDriver, QoSClass, Runtime } from './container.ts';

export interface ContainerName {
  /** The container's own cgroup: the path given, or the part of it that is the container. */
  readonly cgroup: string;
  readonly id: string;
  /** null: the path doesn't tell (cgroupfs driver: containerd and cri-dockerd name alike). */
  readonly runtime: Runtime | null;
  readonly driver: CgroupDriver;
  readonly podUID: string | null;
  readonly qosClass: QoSClass | null;
}

interface Pod {
  readonly podUID: string;
  readonly qosClass: QoSClass;
  readonly driver: CgroupDriver;
}

type Leaf = Pick<ContainerName, 'id' | 'runtime' | 'driver'> & { readonly pod?: Pod };

/** `path` is below a hierarchy's mount, or below the folder that counts as its root. */
export function containerName(path: string): ContainerName | null {
  const segments = path.split('/');
  if (segments[0] !== '') return null;
  for (let at = 1; at < segments.length; at++) {
    const pod = podAt(segments, at - 1);
    const leaf = leafAt(segments, at, pod);
    if (leaf === 'other') return null;
    if (leaf !== null) return named(segments.slice(0, at + 1).join('/'), leaf, leaf.pod ?? pod);
  }
  return null;
}

function named(cgroup: string, leaf: Leaf, pod: Pod | null): ContainerName {
  const { id, runtime, driver } = leaf;
  return { cgroup, id, runtime, driver, podUID: pod?.podUID ?? null, qosClass: pod?.qosClass ?? null };
}

// Pods: "…/kubepods[/burstable|/besteffort]/pod<UID>" (cgroupfs), "kubepods[-burstable|-besteffort]-pod<UID>.slice"
// (systemd; with --cgroup-root=/kubelet it is "kubelet-kubepods-…"). A static pod's UID is its config's hash: 32 hex.

const uid = '[0-9a-f]{32}|[0-9a-f]{8}(?<dash>[-_])[0-9a-f]{4}(?:\\k<dash>[0-9a-f]{4}){2}\\k<dash>[0-9a-f]{12}';
const podFolder = new RegExp(`^pod(?<uid>${uid})$`);
const podSlice = new RegExp(`^(?:.*-)?kubepods(?:-(?<qos>burstable|besteffort))?-pod(?<uid>${uid})\\.slice$`);

function podAt(segments: readonly string[], at: number): Pod | null {
  const segment = segments[at] ?? '';
  return podOfSlice(segment) ?? podOfFolder(segment, segments[at - 1], segments[at - 2]);
}

function podOfSlice(segment: string): Pod | null {
  const match = podSlice.exec(segment)?.groups;
  if (!match) return null;
  return { podUID: match['uid']!.replaceAll('_', '-'), qosClass: qosOf(match['qos']), driver: 'systemd' };
}

function podOfFolder(segment: string, parent: string | undefined, grandparent: string | undefined): Pod | null {
  const podUID = podFolder.exec(segment)?.groups?.['uid'];
  if (podUID === undefined || podUID.includes('_')) return null;
  if (parent === 'kubepods') return { podUID, qosClass: 'Guaranteed', driver: 'cgroupfs' };
  const isQoS = (parent === 'burstable' || parent === 'besteffort') && grandparent === 'kubepods';
  return isQoS ? { podUID, qosClass: qosOf(parent), driver: 'cgroupfs' } : null;
}

function qosOf(name: string | undefined): QoSClass {
  if (name === 'burstable') return 'Burstable';
  return name === 'besteffort' ? 'BestEffort' : 'Guaranteed';
}

// Containers. 'other': surely none, and nothing below it is one.

/** CRI and Docker make 64 hex digits; shorter ones only count where a pod or a runtime's prefix says so. */
const longId = /^[0-9a-f]{64}$/;
const podId = /^[0-9a-f]{12,64}$/;
const plainName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
/** A systemd triple taken as a plain name, where the runtime's driver is cgroupfs and the kubelet's systemd. */
const triple = /^(?<slice>[^:]+\.slice):(?<prefix>[a-z-]+):(?<id>[A-Za-z0-9][A-Za-z0-9_.-]*)$/;
const conmon = /^(?:crio|libpod)-conmon-/;

/** null: a runtime that Runtime has no name for. */
const prefixes: Readonly<Record<string, Runtime | null>> = {
  'cri-containerd': 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  docker: 'docker',
  libpod: null,
  runc: null,
};
const prefixList = Object.entries(prefixes);

function leafAt(segments: readonly string[], at: number, pod: Pod | null): Leaf | 'other' | null {
  const segment = segments[at]!;
  if (conmon.test(segment)) return 'other';
  return leafOfScope(segment) ?? leafOfTriple(segment) ?? leafOfFolder(segment, segments, at, pod);
}

function leafOfScope(segment: string): Leaf | null {
  for (const [prefix, runtime] of prefixList) {
    if (!segment.startsWith(`${prefix}-`) || !segment.endsWith('.scope')) continue;
    const id = segment.slice(prefix.length + 1, -'.scope'.length);
    if (plainName.test(id)) return { id, runtime, driver: 'systemd' };
  }
  return null;
}

function leafOfTriple(segment: string): Leaf | null {
  const match = triple.exec(segment)?.groups;
  const prefix = match?.['prefix'] ?? '';
  if (!match || !Object.hasOwn(prefixes, prefix)) return null;
  const pod = podOfSlice(match['slice']!);
  const leaf: Leaf = { id: match['id']!, runtime: prefixes[prefix]!, driver: 'cgroupfs' };
  return pod === null ? leaf : { ...leaf, pod };
}

function leafOfFolder(segment: string, segments: readonly string[], at: number, pod: Pod | null): Leaf | null {
  const crio = segment.startsWith('crio-') ? segment.slice('crio-'.length) : '';
  if (podId.test(crio)) return { id: crio, runtime: 'cri-o', driver: 'cgroupfs' };
  const libpod = segment.startsWith('libpod-') ? segment.slice('libpod-'.length) : '';
  if (longId.test(libpod)) return { id: libpod, runtime: null, driver: 'cgroupfs' };
  if (pod !== null) return podId.test(segment) ? { id: segment, runtime: null, driver: 'cgroupfs' } : null;
  const parent = segments[at - 1]!;
  if (longId.test(segment)) return { id: segment, runtime: folderRuntime(parent), driver: 'cgroupfs' };
  // ctr names containers freely and puts them below their containerd namespace.
  const isCtr = at === 2 && ctrNamespaces.has(parent) && plainName.test(segment);
  return isCtr ? { id: segment, runtime: 'containerd', driver: 'cgroupfs' } : null;
}

const ctrNamespaces = new Set(['default', 'k8s.io']);

function folderRuntime(parent: string): Runtime | null {
  if (parent === 'docker') return 'docker';
  return ctrNamespaces.has(parent) ? 'containerd' : null;
}
