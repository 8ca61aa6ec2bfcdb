/**
 * What the statuses of 2,000 nodes cost: one process writes them by server-side apply, each when its schedule says so. The
 * objects have specs as the plan makes them, since etcd takes an object whole each time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeAdviceKind } from '../../../api/node-spec.ts';
import type { NodeStatus } from '../../../api/node-status.ts';
import { apiVersion } from '../../../api/policy.ts';
import { apply } from '../../../kube/apply.ts';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { Planner } from '../../../operator/planner.ts';
import { resources } from '../../../operator/resources.ts';
import type { ControlPlane } from '../../controlplane/control-plane.ts';
import { get } from '../../controlplane/get.ts';
import type { Figure } from '../figures.ts';
import { benchCluster } from '../plan-cluster.ts';
import { Reporter } from './reporter.ts';
import { at, cpuSeconds, sumOf } from './usage.ts';

const nodes = 2000;
const beatMillis = 1000;
/** All begin at one time, as after an update of the DaemonSet; what is counted comes after each has reported twice. */
const settleSeconds = 100;
const parallel = 64;

export async function agentFigures(plane: ControlPlane, seconds: number, transitionSeconds: number): Promise<Figure[]> {
  using connection = await connect({ kubeconfig: plane.kubeconfig, userAgent: 'bench-agents' });
  const reporters = await programmed(connection, transitionSeconds);
  await run(connection, reporters, settleSeconds);
  const before = await counted(plane);
  const { writes, millis, took } = await run(connection, reporters, seconds);
  const after = await counted(plane);
  const received = after.received - before.received;
  const stored = after.stored - before.stored;
  const sizes = reporters.map((each) => JSON.stringify(each.status(Date.now())).length).sort((a, b) => a - b);
  const of = `statuses of ${nodes.toLocaleString('en')} nodes, a transition on each every ${transitionSeconds} s`;
  return [
    {
      bench: 'cluster',
      what: `${of}: writes`,
      value: writes / took,
      unit: 'writes/s',
      budget: { most: 40 },
      detail: `${writes} in ${took.toFixed(0)} s; answered in p50 ${at(millis, 0.5).toFixed(0)} ms, p99 ${at(millis, 0.99).toFixed(0)} ms; API server ${((after.cpu - before.cpu) / took).toFixed(2)} cores`,
    },
    {
      bench: 'cluster',
      what: `${of}: bytes to etcd per write`,
      value: received / writes,
      unit: 'bytes',
      budget: null,
      detail: `its file grew by ${(stored / writes).toFixed(0)} a write, until the next compaction; a status has ${at(sizes, 0.5)} at the median, ${(received / took / 1024).toFixed(0)} KiB/s in all`,
    },
  ];
}

async function programmed(connection: Connection, transitionSeconds: number): Promise<Reporter[]> {
  const size = { nodes, pods: 30 * nodes, policies: 50 };
  const planned = [...new Planner(benchCluster(size), { ownNamespace: 'ebb-system' }).plan.nodes.values()];
  await inParallel(planned, async ({ node, spec }) => {
    const object = { apiVersion, kind: nodeAdviceKind, metadata: { name: node }, spec };
    await apply(connection, resources.nodeAdvices, object, { fieldManager: 'ebb-operator' });
  });
  return planned.map(({ node, spec }) => new Reporter(node, spec, transitionSeconds));
}

async function run(connection: Connection, reporters: readonly Reporter[], seconds: number) {
  const started = performance.now();
  const millis: number[] = [];
  while (performance.now() - started < seconds * 1000) {
    const beat = performance.now();
    const due = reporters.flatMap((reporter) => reporter.report(Date.now()) ?? []);
    await inParallel(due, async ({ node, status }) => {
      const sent = performance.now();
      await report(connection, node, status);
      millis.push(performance.now() - sent);
    });
    await sleep(Math.max(0, beatMillis - (performance.now() - beat)));
  }
  const took = (performance.now() - started) / 1000;
  return { writes: millis.length, millis: millis.sort((a, b) => a - b), took };
}

async function report(connection: Connection, name: string, status: NodeStatus): Promise<void> {
  const object = { apiVersion, kind: nodeAdviceKind, metadata: { name }, status };
  await apply(connection, resources.nodeAdvices, object, { fieldManager: 'ebb-agent', subresource: 'status' });
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) await act(items[next++]!);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function counted(plane: ControlPlane) {
  const { body } = await get(`${plane.etcd.url}/metrics`, plane.etcd.trust);
  return {
    received: sumOf(body, 'etcd_network_client_grpc_received_bytes_total'),
    stored: sumOf(body, 'etcd_mvcc_db_total_size_in_bytes'),
    cpu: cpuSeconds(plane.pids.apiServer!),
  };
}
