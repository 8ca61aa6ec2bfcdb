/** `helm test` as far as it goes without a kubelet: what its pod runs, under the rights that it has, on a real API server. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { chartFolder } from '../helm.ts';
import { until } from '../kube/config-maps.ts';
import { OperatorProcess } from '../operator/operator-process.ts';
import { ChartCluster, objectsOf, podsOf } from './chart-cluster.ts';

const program = join(import.meta.dirname, '../../../dist/ebb.js');
let cluster: ChartCluster;
let kubeconfig: string;
let args: readonly string[];

before(async () => {
  cluster = await ChartCluster.start();
  const { plane } = cluster;
  await cluster.helmOk('install', 'ebb', chartFolder);
  const hooks = objectsOf(await cluster.helmOk('get', 'hooks', 'ebb'));
  const rights = hooks.filter(({ kind }) => kind !== 'Pod').map((object) => JSON.stringify(object));
  await plane.kubectlOk(['create', '-f', '-'], { input: rights.join('\n---\n') });
  kubeconfig = plane.kubeconfigWithToken(await plane.token('ebb-system', 'ebb-test'));
  args = podsOf(hooks)[0]!.spec.containers[0]!.args;
});
after(async () => await cluster?.[Symbol.asyncDispose]());

/** As the pod runs it, but for how long it waits. */
function check(seconds: number): { readonly code: number | null; readonly out: string } {
  const words = args.map((word) => (word.startsWith('--check=') ? `--check=${seconds}` : word));
  const all = [program, 'operator', ...words, '--kubeconfig', kubeconfig];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
  return { code: status, out: stdout + stderr };
}

const patch = (kind: string, name: string, status: object, ...words: readonly string[]) =>
  cluster.plane.kubectlOk([
    ...['patch', kind, name, ...words, '--subresource=status', '--type=merge'],
    ...['-p', JSON.stringify({ status })],
  ]);

/** Stands for the controller of DaemonSets and for the agents; test/e2e has real ones. */
async function agentsWork(count: number, reporting: number): Promise<void> {
  const { metadata } = await cluster.get('daemonset', '-n', 'ebb-system', 'ebb-node-agent');
  const counts = {
    currentNumberScheduled: count,
    desiredNumberScheduled: count,
    numberMisscheduled: 0,
    numberReady: count,
  };
  const observedGeneration = (metadata as unknown as { generation: number }).generation;
  await patch('daemonset', 'ebb-node-agent', { ...counts, observedGeneration }, '-n', 'ebb-system');
  for (let node = 1; node <= reporting; node++)
    await patch('nodememoryadvice', `node-${node}`, { reportTime: new Date().toISOString().replace(/\.\d+/, '') });
}

test('where nothing runs yet it fails and names what is missing', () => {
  const { code, out } = check(0);
  assert.equal(code, 1, out);
  assert.match(out, /^FAIL no operator leads\nFAIL 0 of 0 agents are ready\n/);
});

test('with a leader, ready agents and their reports it says so, and waits for none where none can run', async () => {
  for (const [name, labels] of [
    ['node-0', { type: 'virtual-kubelet' }],
    ['node-1', { type: 'other' }],
    ['node-2', {}],
  ] as const)
    await cluster.plane.kubectlOk(['create', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }),
    });
  const token = await cluster.plane.token('ebb-system', 'ebb-operator');
  await using operator = new OperatorProcess(cluster.plane.kubeconfigWithToken(token));
  await operator.says('Leading', 30_000);
  const objects = async () => (await cluster.get('nodememoryadvices')).items.length;
  await until('an object of each node', async () => (await objects()) === 2, 30_000);
  await agentsWork(2, 1);
  const one = check(0);
  assert.equal(one.code, 1);
  assert.match(
    one.out,
    /^ok {3}operator \S+ leads, .*\nok {3}2 of 2 agents are ready\nFAIL 1 of 2 .*; not those of node-2\n$/,
  );
  await agentsWork(2, 2);
  const { code, out } = check(20);
  assert.equal(code, 0, out);
  assert.match(out, /\nok {3}2 of 2 agents reported in the last 10 minutes\n$/);
});

test('it may read that, and nothing else', async () => {
  for (const [what, allowed] of [
    ['list nodememoryadvices.ebb.dev', 'yes'],
    ['get leases.coordination.k8s.io/ebb-operator', 'yes'],
    ['get daemonsets.apps/ebb-node-agent', 'yes'],
    ['patch nodememoryadvices.ebb.dev', 'no'],
    ['list pods', 'no'],
    ['get secrets', 'no'],
    ['get configmaps/ebb-switch', 'no'],
    ['update leases.coordination.k8s.io/ebb-operator', 'no'],
  ] as const) {
    const { out } = await cluster.plane.kubectl(['auth', 'can-i', '-n', 'ebb-system', ...what.split(' ')], {
      kubeconfig,
    });
    assert.equal(out.trim(), allowed, what);
  }
});
