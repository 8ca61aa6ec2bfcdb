/**
 * The operator as a process on a cluster of one size: how long until every object says what is planned, and then how long
 * each change takes to its node's object under a steady stream of them, and what that costs.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../kube/connect.ts';
import type { Installed } from '../../controlplane/access/installed.ts';
import type { ControlPlane } from '../../controlplane/control-plane.ts';
import { until } from '../../controlplane/kube/config-maps.ts';
import { OperatorProcess } from '../../controlplane/operator/operator-process.ts';
import type { Figure } from '../figures.ts';
import { Arrivals } from './arrivals.ts';
import { Changes, type Kind, kinds, type Streamed } from './changes.ts';
import type { MadePod, Population, Size } from './population.ts';
import { at, cpuSeconds, peakBytes, rssBytes, sumOf } from './usage.ts';

export interface Cluster {
  readonly plane: ControlPlane;
  readonly installed: Installed;
  readonly population: Population;
  readonly size: Size;
  readonly pods: readonly MadePod[];
}

const budgetMillis: Readonly<Record<Kind, number>> = { removal: 2000, 'opt-out': 2000, pause: 2000, addition: 12_000 };
const startMillis = 120_000;

export const sizeText = ({ nodes, pods }: Size): string =>
  `${nodes.toLocaleString('en')} nodes, ${pods.toLocaleString('en')} pods`;

export async function operatorFigures(cluster: Cluster, perSecond: number, seconds: number): Promise<Figure[]> {
  const { plane, installed, population, size, pods } = cluster;
  using connection = await connect({ kubeconfig: plane.kubeconfig, userAgent: 'bench-watch' });
  await using arrivals = new Arrivals(connection);
  const kubeconfig = await installed.operator();
  const begun = performance.now();
  await using operator = new OperatorProcess(kubeconfig, ['--no-default-policy']);
  const planned = await operator.says('Planned every node', startMillis);
  const { millis } = operator.lines.find(({ msg }) => msg === 'Planned every node')!;
  const listed = (): boolean => pods.every(({ node, uid }) => arrivals.of(node)?.pods.has(uid));
  await until('every pod to be listed', () => arrivals.objects === size.nodes && listed(), startMillis);
  const written = performance.now() - begun;
  const startCPU = cpuSeconds(operator.pid);
  await sleep(3000);
  const before = await usage(plane, operator);
  const streamed = await new Changes(population, arrivals, pods, size).stream(perSecond, seconds);
  const after = await usage(plane, operator);
  const costs = costFigures(size, streamed, before, after, operator);
  await operator.end('SIGTERM');
  return [
    ...startFigures(size, planned, written, `of it planning ${String(millis)} ms; ${startCPU.toFixed(1)} s of CPU`),
    ...kinds.map((kind) => arrivalFigure(size, kind, streamed)),
    ...costs,
  ];
}

interface Usage {
  readonly at: number;
  readonly operatorCPU: number;
  readonly serverCPU: number;
  readonly etcdCPU: number;
  readonly requests: number;
  readonly written: number;
}

/** Nobody else speaks of these resources here, but for one watch. */
const own = /group="(ebb\.dev|coordination\.k8s\.io|events\.k8s\.io)"/;

async function usage(plane: ControlPlane, operator: OperatorProcess): Promise<Usage> {
  const text = await plane.kubectlOk(['get', '--raw', '/metrics']);
  return {
    at: performance.now(),
    operatorCPU: cpuSeconds(operator.pid),
    serverCPU: cpuSeconds(plane.pids.apiServer!),
    etcdCPU: cpuSeconds(plane.pids.etcd),
    requests: sumOf(text, 'apiserver_request_total', own),
    written: await operator.metric('ebb_operator_settled_total{outcome="Written"}'),
  };
}

function startFigures(size: Size, planned: number, written: number, detail: string): Figure[] {
  const shown = { bench: 'cluster', unit: 's', budget: null } as const;
  return [
    { ...shown, what: `start to first full plan: ${sizeText(size)}`, value: planned / 1000, detail },
    {
      ...shown,
      what: 'start to every object written',
      value: written / 1000,
      detail: 'no object was there before; seen by another client',
    },
  ];
}

function arrivalFigure(size: Size, kind: Kind, { arrivals, answers, perSecond: rate }: Streamed): Figure {
  const all = arrivals[kind];
  const seconds = (share: number): string => `${(at(all, share) / 1000).toFixed(2)} s`;
  const server = `in etcd after p50 ${at(answers, 0.5).toFixed(0)} ms, p99 ${at(answers, 0.99).toFixed(0)} ms`;
  return {
    bench: 'cluster',
    what: `${kind} to its node's object, p99: ${sizeText(size)}`,
    value: at(all, 0.99) / 1000,
    unit: 's',
    budget: { most: budgetMillis[kind] / 1000 },
    detail: `${all.length} at ${rate.toFixed(0)} changes/s in all; p50 ${seconds(0.5)}, longest ${seconds(1)}; ${server}; load ${loadavg()[0]!.toFixed(1)}`,
  };
}

function costFigures(
  size: Size,
  { changes }: Streamed,
  before: Usage,
  after: Usage,
  operator: OperatorProcess,
): Figure[] {
  const seconds = (after.at - before.at) / 1000;
  const cpu = after.operatorCPU - before.operatorCPU;
  const server = after.serverCPU - before.serverCPU;
  const etcd = after.etcdCPU - before.etcdCPU;
  const written = after.written - before.written;
  const mebibytes = (bytes: number): number => bytes / 2 ** 20;
  return [
    {
      bench: 'cluster',
      what: `CPU of the operator meanwhile: ${sizeText(size)}`,
      value: (100 * cpu) / seconds,
      unit: '% of a core',
      budget: null,
      detail: `${cpu.toFixed(1)} s in ${seconds.toFixed(0)} s, ${((1000 * cpu) / changes).toFixed(2)} ms a change; the API server ${server.toFixed(1)} s, etcd ${etcd.toFixed(1)} s`,
    },
    {
      bench: 'cluster',
      what: `RSS of the operator, most seen: ${sizeText(size)}`,
      value: mebibytes(peakBytes(operator.pid)),
      unit: 'MiB',
      budget: { most: 1024 },
      detail: `${mebibytes(rssBytes(operator.pid)).toFixed(0)} MiB at the end`,
    },
    {
      bench: 'cluster',
      what: `requests to the API server per change: ${sizeText(size)}`,
      value: (after.requests - before.requests) / changes,
      unit: 'requests',
      budget: null,
      detail: `${after.requests - before.requests} for ${changes} changes, ${written} of them writes of a node's object (apiserver_request_total)`,
    },
  ];
}
