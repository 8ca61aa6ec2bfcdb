/**
 * An installation as a whole: the switch, the operator, agents and nodes, policies, what was reclaimed, and what stands in
 * the way. Made of what the API server has; what the caller may not see is left out and named. Pure.
 */
import { valueAt } from '../../../api/decode.ts';
import { sumAt, textAt } from '../../../operator/raw.ts';
import { conditionOf, hearing, type NodeView } from '../node-view.ts';
import type { SwitchView } from '../switch/state.ts';
import { type Obstacle, obstacles } from './obstacles.ts';

/** Something read, or why it could not be. */
export type Seen<Value> = { readonly value: Value } | { readonly refused: string };

export interface PolicySeen {
  readonly kind: string;
  /** "shop/idle-web". */
  readonly name: string;
  readonly mode: string;
  readonly status: unknown;
}

export interface Everything {
  readonly switch: Seen<SwitchView>;
  readonly lease: Seen<unknown>;
  readonly deployment: Seen<unknown>;
  readonly daemonSet: Seen<unknown>;
  readonly nodes: Seen<readonly NodeView[]>;
  readonly policies: Seen<readonly PolicySeen[]>;
}

export interface StatusView {
  readonly switch: SwitchView | null;
  readonly operator: OperatorView | null;
  readonly agents: AgentsView | null;
  readonly nodes: NodesView | null;
  readonly policies: PoliciesView | null;
  readonly inTheWay: readonly Obstacle[];
  /** What the caller may not see. */
  readonly unseen: readonly string[];
}

export interface OperatorView {
  /** null: none leads. */
  readonly leader: string | null;
  readonly renewedSecondsAgo: number | null;
  readonly replicas: number | null;
  readonly readyReplicas: number | null;
}

export interface AgentsView {
  /** Nodes that the DaemonSet is for, 0 where there is none; null: not to be seen. */
  readonly desired: number | null;
  readonly ready: number | null;
  readonly reporting: number;
  readonly silent: readonly string[];
}

interface NodesView {
  readonly total: number;
  readonly following: number;
  readonly paused: number;
  readonly swapTotalBytes: number;
  readonly swapFreeBytes: number;
  /** Nodes by the kind of their swap. */
  readonly swapKinds: Readonly<Record<string, number>>;
  readonly idleContainers: number;
  readonly residentBytes: number;
  readonly swappedBytes: number;
  /** Of what is idle now under DryRun. */
  readonly wouldReclaimBytes: number;
}

interface PoliciesView {
  readonly total: number;
  readonly modes: Readonly<Record<string, number>>;
  /** Since the beginning, of all policies that there are. */
  readonly reclaimedBytesTotal: string;
  readonly refaultedBytesTotal: string;
  readonly netByteSeconds: string;
}

export function statusView(all: Everything, now: number): StatusView {
  const nodes = shownOf(all.nodes);
  const policies = shownOf(all.policies);
  const parts = {
    switch: shownOf(all.switch),
    operator: operatorView(all.lease, all.deployment, now),
    agents: nodes && agentsView(nodes, all.daemonSet, now),
  };
  return {
    ...parts,
    nodes: nodes && nodesView(nodes),
    policies: policies && policiesView(policies),
    inTheWay: obstacles({ ...parts, nodes, policies }, now),
    unseen: [
      ...new Set(Object.values(all).flatMap((seen: Seen<unknown>) => ('refused' in seen ? [seen.refused] : []))),
    ],
  };
}

const shownOf = <Value>(seen: Seen<Value>): Value | null => ('value' in seen ? seen.value : null);

function operatorView(lease: Seen<unknown>, deployment: Seen<unknown>, now: number): OperatorView | null {
  if ('refused' in lease) return null;
  const holder = valueAt(lease.value, ['spec', 'holderIdentity']);
  const renewed = Date.parse(String(valueAt(lease.value, ['spec', 'renewTime'])));
  const seconds = number(lease.value, 'spec', 'leaseDurationSeconds') ?? 0;
  const ago = Number.isNaN(renewed) ? null : Math.max(0, Math.round((now - renewed) / 1000));
  const pods = shownOf(deployment);
  return {
    leader: typeof holder === 'string' && holder !== '' && ago !== null && ago <= seconds ? holder : null,
    renewedSecondsAgo: ago,
    replicas: number(pods, 'spec', 'replicas'),
    readyReplicas: pods ? (number(pods, 'status', 'readyReplicas') ?? 0) : null,
  };
}

function agentsView(nodes: readonly NodeView[], daemonSet: Seen<unknown>, now: number): AgentsView {
  const count = (field: string) => ('value' in daemonSet ? (number(daemonSet.value, 'status', field) ?? 0) : null);
  return {
    desired: count('desiredNumberScheduled'),
    ready: count('numberReady'),
    reporting: nodes.filter((node) => hearing(node, now) === 'heard').length,
    silent: nodes.filter((node) => hearing(node, now) === 'silent').map(({ name }) => name),
  };
}

function nodesView(nodes: readonly NodeView[]): NodesView {
  const kinds = nodes.flatMap(({ status }) => status.node?.swapKind ?? []);
  const rows = nodes.flatMap(({ status }) => status.policies ?? []);
  const sum = (values: readonly (number | undefined)[]): number => values.reduce<number>((a, b) => a + (b ?? 0), 0);
  return {
    total: nodes.length,
    following: nodes.filter((node) => conditionOf(node, 'Ready')?.status === 'True').length,
    paused: nodes.filter(({ paused }) => paused.length > 0).length,
    swapTotalBytes: sum(nodes.map(({ status }) => status.node?.swapTotalBytes)),
    swapFreeBytes: sum(nodes.map(({ status }) => status.node?.swapFreeBytes)),
    swapKinds: counted(kinds),
    idleContainers: sum(rows.map((row) => row.idleContainers)),
    residentBytes: sum(rows.map((row) => row.residentBytes)),
    swappedBytes: sum(rows.map((row) => row.swappedBytes)),
    wouldReclaimBytes: sum(rows.map((row) => row.wouldReclaimBytes)),
  };
}

function policiesView(policies: readonly PolicySeen[]): PoliciesView {
  const total = (field: string): string =>
    String(policies.reduce((sum, { status }) => sum + (sumAt(status, field) ?? 0n), 0n));
  return {
    total: policies.length,
    modes: counted(policies.map(({ mode }) => mode)),
    reclaimedBytesTotal: total('reclaimedBytesTotal'),
    refaultedBytesTotal: total('refaultedBytesTotal'),
    netByteSeconds: total('netByteSeconds'),
  };
}

export function counted(words: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function number(object: unknown, ...path: readonly string[]): number | null {
  const found = valueAt(object, path);
  return typeof found === 'number' ? found : null;
}

/** Of a policy as the API server has it. */
export function policySeen(kind: string, object: unknown): PolicySeen {
  const metadata = valueAt(object, ['metadata']);
  const namespace = textAt(metadata, 'namespace');
  const name = textAt(metadata, 'name') ?? '';
  return {
    kind,
    name: namespace === null ? name : `${namespace}/${name}`,
    mode: textAt(valueAt(object, ['spec']), 'mode') ?? 'DryRun',
    status: valueAt(object, ['status']),
  };
}
