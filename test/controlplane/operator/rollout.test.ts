/**
 * A cluster policy that acts reaches some of the nodes first, goes on from there under another operator, stops where too much
 * comes back, and what tightens it is everywhere at once. Agents are played: their statuses are written as they would.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeSpec } from '../../../api/node-spec.ts';
import type { ClusterPolicyStatus } from '../../../api/policy-status.ts';
import type { Connection } from '../../../kube/connection.ts';
import { resources } from '../../../operator/resources.ts';
import { type Installed, installAccess } from '../access/installed.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { connectTo, until } from '../kube/config-maps.ts';
import { Objects } from './objects.ts';
import { OperatorProcess } from './operator-process.ts';
import { Statuses } from './reporting.ts';

const Mi = 2 ** 20;
const nodes = Array.from({ length: 10 }, (_, index) => `node-${index}`);

let plane: ControlPlane;
let connection: Connection;
let installed: Installed;
let objects: Objects;
let statuses: Statuses;
let operator: OperatorProcess;

before(async () => {
  plane = await startControlPlane();
  connection = await connectTo(plane);
  installed = await installAccess(plane);
  objects = new Objects(connection);
  statuses = new Statuses(objects);
  await objects.namespace('shop');
  for (const node of nodes) {
    await objects.node(node);
    await objects.pod(node, `on-${node}`);
  }
  operator = new OperatorProcess(await installed.operator(), ['--no-default-policy']);
  await operator.says('Leading', 20_000);
});
after(async () => {
  await operator?.[Symbol.asyncDispose]();
  connection?.[Symbol.dispose]();
  await plane?.stop();
});

/** Nodes whose object has the policy, by the mode that it has there. */
async function having(): Promise<Record<string, number>> {
  const count: Record<string, number> = {};
  for (const { spec } of await objects.all(resources.nodeAdvices)) {
    const mode = (spec as NodeSpec).profiles[0]?.mode ?? 'none';
    count[mode] = (count[mode] ?? 0) + 1;
  }
  return count;
}

const status = async (): Promise<ClusterPolicyStatus> => (await statuses.clusterPolicy('everywhere')).status ?? {};
const said = (type: string) => async () => (await statuses.said(statuses.clusterPolicy('everywhere')))[type] ?? '';
const edit = (spec: object) => objects.patch(resources.clusterPolicies, { name: 'everywhere' }, { spec });

async function becomes(what: () => Promise<string>, begins: string): Promise<string> {
  let last = '';
  const isSo = async (): Promise<boolean> => {
    last = await what();
    return last.startsWith(begins);
  };
  await until(begins, isSo, 10_000).catch((error: Error) => assert.fail(`${error.message}: ${last}`));
  return last;
}

let reached = 0;

test('a new policy that acts reaches some of the nodes first, and says so', async () => {
  const rollout = { nodesPercent: 30, stepSeconds: 3600, haltRefaultPercent: 30 };
  await objects.clusterPolicy('everywhere', { rollout });
  const isThere = async (): Promise<boolean> =>
    /^False RollingOut.* ([1-9]\d*) of \1 (nodes have|node has) it/.test(await said('Programmed')());
  await until('those that are reached to have it', isThere, 10_000);
  const count = await having();
  reached = count['Enforce']!;
  assert.ok(reached < nodes.length, JSON.stringify(count));
  assert.equal(count['none'], nodes.length - reached);
  assert.equal((await status()).rollout?.generation, 1);
});

test('another operator goes on at the same step', async () => {
  const { since } = (await status()).rollout!;
  await operator.end('SIGTERM');
  operator = new OperatorProcess(await installed.operator(), ['--no-default-policy']);
  await operator.says('Leading', 25_000);
  await objects.pod(nodes[0]!, 'another');
  await becomes(said('Programmed'), 'False RollingOut');
  assert.equal((await having())['Enforce'], reached);
  assert.equal((await status()).rollout?.since, since);
});

test('what tightens it is everywhere at once, and what takes that back is not', async () => {
  await edit({ mode: 'DryRun' });
  await until('every node to have it in DryRun', async () => (await having())['DryRun'] === nodes.length, 4000);
  await becomes(said('Programmed'), 'True Programmed');
  await edit({ mode: 'Enforce' });
  await until('those that were reached before to act', async () => (await having())['Enforce'] === reached, 4000);
  await sleep(500); // no others follow
  assert.deepEqual(await having(), { Enforce: reached, DryRun: nodes.length - reached });
});

test('where too much comes back it stops, with a reason and an Event', async () => {
  const advices = await objects.all(resources.nodeAdvices);
  const acting = advices.filter(({ spec }) => (spec as NodeSpec).profiles[0]?.mode === 'Enforce');
  const uid = (await statuses.clusterPolicy('everywhere')).metadata.uid!;
  const says = async (reclaimedBytesTotal: number, refaultedBytesTotal: number): Promise<void> => {
    for (const { metadata } of acting) {
      const reportTime = new Date().toISOString();
      const policies = [{ uid, containers: 1, idleContainers: 1, reclaimedBytesTotal, refaultedBytesTotal }];
      const place = { name: metadata.name, subresource: 'status' };
      await objects.patch(resources.nodeAdvices, place, { status: { reportTime, policies } });
    }
  };
  await says(10 * Mi, 0);
  await until(
    'the totals to be seen',
    async () => Number((await status()).nodes?.silent) === nodes.length - reached,
    10_000,
  );
  await sleep(6000); // looked at once more: from here on growth counts
  await says(210 * Mi, 150 * Mi);
  const halted = await becomes(said('Programmed'), 'False RolloutHalted');
  assert.match(halted, /came back/);
  assert.equal((await status()).rollout?.halted?.reason, 'RolloutHalted');
  await until(
    'an Event',
    async () => (await statuses.events('default', 'everywhere')).some(({ reason }) => reason === 'RolloutHalted'),
    5000,
  );
  assert.deepEqual(await having(), { Enforce: reached, DryRun: nodes.length - reached });
});
