/** An agent writes the status of the object of its own node, by the node that its token is bound to, and nothing else. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { apply } from '../../../kube/apply.ts';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { readObject } from '../../../kube/objects.ts';
import { nodeAdviceOf, nodeSpecOf, nodeStatusOf } from '../../policies/node-advice.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { type Installed, installAccess, ownNamespace } from './installed.ts';

const advices = { group: 'ebb.dev', version: 'v1alpha1', plural: 'nodememoryadvices' } as const;
const nodes = ['node-1', 'node-2'] as const;

let plane: ControlPlane;
let installed: Installed;
const open: Connection[] = [];

before(async () => {
  plane = await startControlPlane();
  installed = await installAccess(plane);
  const operator = await connected(await installed.operator());
  for (const node of nodes)
    await apply(operator, advices, nodeAdviceOf(node, nodeSpecOf(1, 1)), { fieldManager: 'ebb-operator' });
});
after(async () => {
  for (const connection of open) connection[Symbol.dispose]();
  await plane?.stop();
});

async function connected(kubeconfig: string): Promise<Connection> {
  const connection = await connect({ kubeconfig });
  open.push(connection);
  return connection;
}

const agentOf = async (node: string) => connected(await installed.agent(node));

/** As the agent does it. */
function report(agent: Connection, node: string, fields: object = {}, status: object = nodeStatusOf(1)) {
  const { spec: _, metadata, ...object } = nodeAdviceOf(node, {});
  const body = { ...object, metadata: { ...metadata, ...fields }, status };
  return apply(agent, advices, body, { fieldManager: 'ebb-agent', subresource: 'status', force: true });
}

const refused = (words: RegExp) => (error: unknown) => {
  assert.ok(isKubeError(error, 'Forbidden'), String(error));
  assert.match(error.message, words);
  return true;
};

const stored = async (node: string) => readObject(await connected(plane.kubeconfig), advices, { name: node });

test('each of two agents writes the status of its own node’s object', async () => {
  for (const node of nodes) {
    await report(await agentOf(node), node);
    assert.deepEqual((await stored(node))['status'], nodeStatusOf(1));
  }
});

test('each of two agents is refused the status of the other’s object', async () => {
  for (const [own, other] of [nodes, nodes.toReversed()] as [string, string][]) {
    const before = await stored(other);
    const words = new RegExp(`the agent of node ${own} may not write the status of ${other}`);
    await assert.rejects(report(await agentOf(own), other), refused(words));
    assert.deepEqual(await stored(other), before);
  }
});

test('a token of the account that is bound to no pod, or to a pod without a node, writes nothing', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'unscheduled', namespace: ownNamespace },
    spec: { serviceAccountName: 'ebb-agent', containers: [{ name: 'agent', image: 'none.test/agent' }] },
  };
  await plane.kubectlOk(['create', '-f', '-'], { input: JSON.stringify(pod) });
  for (const bound of [undefined, { kind: 'Pod', name: 'unscheduled' }] as const) {
    const token = await plane.token(ownNamespace, 'ebb-agent', bound);
    const agent = await connected(plane.kubeconfigWithToken(token));
    for (const node of nodes) await assert.rejects(report(agent, node), refused(/this one names no node/));
  }
});

test('through the status an agent changes neither the spec of its object nor its metadata', async () => {
  const agent = await agentOf('node-1');
  const before = await stored('node-1');
  const path = '/apis/ebb.dev/v1alpha1/nodememoryadvices/node-1/status';
  const body = {
    metadata: { labels: { mine: 'yes' }, finalizers: ['ebb.dev/mine'] },
    spec: { ...nodeSpecOf(2, 2), paused: { reasons: ['Mine'] } },
    status: { omittedContainers: 77 },
  };
  await agent.request({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
  await report(agent, 'node-1', { labels: { mine: 'yes' } }, { ...nodeStatusOf(1), omittedContainers: 77 });
  const { spec, metadata, status } = await stored('node-1');
  assert.deepEqual(spec, before['spec']);
  assert.equal(metadata['labels'], undefined);
  assert.equal(metadata['finalizers'], undefined);
  assert.equal(metadata['generation'], before.metadata['generation']);
  assert.equal((status as { omittedContainers: number }).omittedContainers, 77);
});

test('with more rights than it should have, bound by mistake, an agent still writes no more than its status', async () => {
  const words = ['--clusterrole=cluster-admin', `--serviceaccount=${ownNamespace}:ebb-agent`];
  await plane.kubectlOk(['create', 'clusterrolebinding', 'mistaken', ...words]);
  const agent = await agentOf('node-1');
  const nothingElse = refused(/an agent writes nothing but the status/);
  const options = { fieldManager: 'ebb-agent', force: true };
  await assert.rejects(apply(agent, advices, nodeAdviceOf('node-1', nodeSpecOf(2, 1)), options), nothingElse);
  await assert.rejects(apply(agent, advices, nodeAdviceOf('node-3', nodeSpecOf(1, 1)), options), nothingElse);
  const path = '/apis/ebb.dev/v1alpha1/nodememoryadvices';
  await assert.rejects(agent.request({ method: 'DELETE', path: `${path}/node-1` }), nothingElse);
  await assert.rejects(agent.request({ method: 'DELETE', path }), nothingElse);
  await assert.rejects(report(agent, 'node-2'), refused(/may not write the status of node-2/));
  await plane.kubectlOk(['delete', 'clusterrolebinding', 'mistaken']);
});

test('the operator, and whoever else has the right, is not asked for a node', async () => {
  const operator = await connected(await installed.operator());
  const fieldManager = 'ebb-operator';
  await apply(operator, advices, nodeAdviceOf('node-2', nodeSpecOf(2, 1)), { fieldManager });
  await apply(operator, advices, nodeAdviceOf('node-4', nodeSpecOf(1, 1)), { fieldManager });
  await report(await connected(plane.kubeconfig), 'node-4');
});
