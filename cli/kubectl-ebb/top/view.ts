/** Pods, nodes and policies by the memory that was moved, from the objects of nodes and the status of policies. Pure. */
import { countAt, sumAt } from '../../../operator/raw.ts';
import { type ContainerView, containersOf, hearing, type NodeView } from '../node-view.ts';
import type { PolicySeen } from '../status/view.ts';

export interface PodRow {
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  readonly policy: string | null;
  readonly mode: string | null;
  /** Of its containers that the agent lists: those that are not Active. */
  readonly states: readonly string[];
  readonly swappedBytes: number;
  readonly residentBytes: number;
  /** The most that was resident since they were idle last. */
  readonly peakResidentBytes: number;
  /** Under DryRun, of what is idle now. */
  readonly wouldReclaimBytes: number;
}

export interface NodeRow {
  readonly node: string;
  readonly heard: 'heard' | 'silent' | 'not yet';
  readonly paused: readonly string[];
  readonly idleContainers: number;
  readonly swappedBytes: number;
  readonly residentBytes: number;
  readonly wouldReclaimBytes: number;
  /** Since its object was made. */
  readonly reclaimedBytesTotal: string;
  readonly refaultedBytesTotal: string;
  readonly netByteSeconds: string;
  readonly swapFreeBytes: number | null;
  readonly swapTotalBytes: number | null;
}

export interface PolicyRow {
  readonly policy: string;
  readonly kind: string;
  readonly mode: string;
  readonly matchedPods: number;
  readonly idleContainers: number;
  readonly swappedBytes: string;
  readonly residentBytes: string;
  readonly wouldReclaimBytes: string;
  /** Since the beginning. */
  readonly reclaimedBytesTotal: string;
  readonly refaultedBytesTotal: string;
  readonly netByteSeconds: string;
}

/** `namespace` null: all of them. */
export function podRows(nodes: readonly NodeView[], namespace: string | null): PodRow[] {
  const mine = nodes.flatMap(containersOf).filter((one) => namespace === null || one.namespace === namespace);
  return [...Map.groupBy(mine, (one) => `${one.node} ${one.container.podUID}`).values()].map(podRow);
}

function podRow(containers: readonly ContainerView[]): PodRow {
  const { namespace, pod, node, policy } = containers[0]!;
  const sum = (name: 'swapBytes' | 'anonBytes' | 'peakResidentBytes' | 'wouldReclaimBytes'): number =>
    containers.reduce((bytes, { container }) => bytes + (container[name] ?? 0), 0);
  return {
    namespace,
    pod,
    node,
    policy: policy?.policy ?? null,
    mode: policy?.mode ?? null,
    states: [...new Set(containers.map(({ container }) => container.state))].sort(),
    swappedBytes: sum('swapBytes'),
    residentBytes: sum('anonBytes'),
    peakResidentBytes: sum('peakResidentBytes'),
    wouldReclaimBytes: sum('wouldReclaimBytes'),
  };
}

export function nodeRow(node: NodeView, now: number): NodeRow {
  const { status } = node;
  const rows = status.policies ?? [];
  const sum = (name: 'idleContainers' | 'swappedBytes' | 'residentBytes' | 'wouldReclaimBytes'): number =>
    rows.reduce((total, row) => total + (row[name] ?? 0), 0);
  const total = (read: (row: (typeof rows)[number]) => string | number | undefined): string =>
    String(rows.reduce((all, row) => all + BigInt(read(row) ?? 0), 0n));
  return {
    node: node.name,
    heard: hearing(node, now),
    paused: node.paused,
    idleContainers: sum('idleContainers'),
    swappedBytes: sum('swappedBytes'),
    residentBytes: sum('residentBytes'),
    wouldReclaimBytes: sum('wouldReclaimBytes'),
    reclaimedBytesTotal: total((row) => row.reclaimedBytesTotal),
    refaultedBytesTotal: total((row) => row.refaultedBytesTotal),
    netByteSeconds: total((row) => row.netByteSeconds),
    swapFreeBytes: status.node?.swapFreeBytes ?? null,
    swapTotalBytes: status.node?.swapTotalBytes ?? null,
  };
}

export function policyRow({ name, kind, mode, status }: PolicySeen): PolicyRow {
  const sum = (field: string): string => String(sumAt(status, field) ?? 0n);
  return {
    policy: name,
    kind,
    mode,
    matchedPods: countIn(status, 'matchedPods'),
    idleContainers: countIn(status, 'idleContainers'),
    swappedBytes: sum('swappedBytes'),
    residentBytes: sum('residentBytes'),
    wouldReclaimBytes: sum('wouldReclaimBytes'),
    reclaimedBytesTotal: sum('reclaimedBytesTotal'),
    refaultedBytesTotal: sum('refaultedBytesTotal'),
    netByteSeconds: sum('netByteSeconds'),
  };
}

const countIn = (status: unknown, field: string): number => countAt(status, field) ?? 0;

/** What rows can be sorted by: the word of --sort-by, and the field that it stands for. */
export const orders = {
  pods: { swapped: 'swappedBytes', resident: 'residentBytes', peak: 'peakResidentBytes', would: 'wouldReclaimBytes' },
  nodes: {
    reclaimed: 'reclaimedBytesTotal',
    swapped: 'swappedBytes',
    net: 'netByteSeconds',
    resident: 'residentBytes',
    would: 'wouldReclaimBytes',
  },
  policies: {
    reclaimed: 'reclaimedBytesTotal',
    swapped: 'swappedBytes',
    net: 'netByteSeconds',
    resident: 'residentBytes',
    would: 'wouldReclaimBytes',
  },
} as const;

export type Subject = keyof typeof orders;

/** The most first; of equals in the order of their names. */
export function sorted<Row extends object>(rows: readonly Row[], field: string): Row[] {
  const value = (row: Row): bigint => BigInt((row as Record<string, string | number>)[field] ?? 0);
  return rows.toSorted((a, b) =>
    value(a) === value(b) ? compare(nameOf(a), nameOf(b)) : value(a) < value(b) ? 1 : -1,
  );
}

function nameOf(row: object): string {
  const { namespace = '', pod = '', node = '', policy = '' } = row as Record<string, string>;
  return pod === '' ? `${node}${policy}` : `${namespace}/${pod}`;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
