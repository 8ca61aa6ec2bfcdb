/**
 * Ebb beside Karpenter: nodes that drift, that are consolidated and whose claim somebody deletes are paused as Karpenter marks
 * them, go away in time with Ebb's pods on them, and what they had counted stays in the policy.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { until } from '../../controlplane/kube/config-maps.ts';
import { Autoscaled } from './autoscaled.ts';
import { agentApp, operatorApp } from './ebb.ts';
import { nodePool, type Pool, workload } from './pools.ts';
import { buildKarpenter } from './programs.ts';
import type { Story } from './timeline.ts';

/** Two pods a node: one node, two and two. */
const drifting: Pool = { name: 'drifting', replicas: 2, consolidateAfter: 'Never' };
const shrinking: Pool = { name: 'shrinking', replicas: 4, consolidateAfter: '0s' };
const deleted: Pool = { name: 'deleted', replicas: 4, consolidateAfter: 'Never' };
const pools = [drifting, shrinking, deleted];

const pausedWithinMillis = 2000;
/** Karpenter drains for at least 5 s, and looks each second. */
const goneWithinMillis = 15_000;
const reclaimedBytes = 1_000_000;

let cluster: Autoscaled;
/** Nodes of each pool before anything was disrupted. */
const firstNodes = new Map<string, readonly string[]>();

before(async () => {
  await buildKarpenter((line) => console.log(line));
  cluster = await Autoscaled.start(shrinking.name);
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const policy = {
  apiVersion: 'ebb.dev/v1alpha1',
  kind: 'MemoryAdvicePolicy',
  metadata: { name: 'idle', namespace: 'shop' },
  spec: { mode: 'Enforce', podSelector: {}, steps: [{ advice: 'PageOut', afterIdleSeconds: 900 }] },
};

async function totalOfPolicy(): Promise<string> {
  const words = ['-n', 'shop', 'get', 'madv', 'idle', '-o', 'jsonpath={.status.reclaimedBytesTotal}'];
  return await cluster.plane.kubectlOk(words);
}

/** As its agent would say it. */
async function reports(node: string, uid: string): Promise<void> {
  const status = {
    reportTime: new Date().toISOString(),
    policies: [{ uid, containers: 2, reclaimedBytesTotal: reclaimedBytes }],
  };
  const words = ['patch', 'nma', node, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
  await cluster.plane.kubectlOk(words);
}

test('each node that Karpenter makes has an agent, and an object that names its pods', async () => {
  const { timeline, plane } = cluster;
  await plane.kubectlOk(['create', 'namespace', 'shop']);
  await plane.kubectlOk(['label', 'namespace', 'shop', 'ebb.dev/allow=enforce']);
  await cluster.apply([policy, ...pools.map(nodePool), ...pools.map(workload)]);
  const isUp = (): boolean =>
    pools.every(({ name, replicas }) => timeline.ready(name).length === replicas) &&
    timeline.ready(operatorApp).length === 2 &&
    timeline.ready(agentApp).length === timeline.nodes.size;
  await until('every pod to run', isUp, 180_000);
  for (const { name } of pools) firstNodes.set(name, timeline.nodesOf(name));
  assert.deepEqual(
    pools.map(({ name }) => firstNodes.get(name)!.length),
    [1, 2, 2],
  );
  // Karpenter thinks about half a minute before it takes away what it could do without.
  // One of each node: the second to go is of the node that has two yet.
  for (const replicas of [3, 2]) {
    await plane.kubectlOk(['-n', 'shop', 'scale', 'deployment', shrinking.name, `--replicas=${replicas}`]);
    await until('a pod less', () => timeline.ready(shrinking.name).length === replicas, 60_000);
  }
  const isNamed = (node: string): boolean => {
    const pods = timeline.podsOn(node).filter(({ app }) => pools.some(({ name }) => name === app));
    return timeline.advices.get('', node)?.value.pods.length === pods.length;
  };
  const isSettled = (): boolean => [...firstNodes.values()].flat().every(isNamed);
  await until('the pods in the objects of their nodes', isSettled, 60_000);
  timeline.forget();
});

test('what agents reported is in the status of the policy', async () => {
  const words = ['-n', 'shop', 'get', 'madv', 'idle', '-o', 'jsonpath={.metadata.uid}'];
  const uid = await cluster.plane.kubectlOk(words);
  for (const node of [...firstNodes.values()].flat()) await reports(node, uid);
  await until('the sum', async () => (await totalOfPolicy()) === String(5 * reclaimedBytes), 30_000);
});

/** What happened to the nodes that Karpenter took away, by pool. */
async function disrupt(): Promise<ReadonlyMap<string, readonly Story[]>> {
  const { timeline, plane } = cluster;
  const template = { metadata: { labels: { release: 'second' } } };
  await Promise.all([
    plane.kubectlOk(['delete', 'nodeclaims', '-l', `karpenter.sh/nodepool=${deleted.name}`, '--wait=false']),
    plane.kubectlOk(['patch', 'nodepool', drifting.name, '--type=merge', '-p', JSON.stringify({ spec: { template } })]),
  ]);
  const gone = (pool: Pool): Story[] =>
    firstNodes
      .get(pool.name)!
      .map((node) => timeline.story(node))
      .filter((story) => story.gone && story.adviceGone);
  const isDone = () => gone(drifting).length === 1 && gone(shrinking).length >= 1 && gone(deleted).length === 2;
  await until('the nodes to be gone', isDone, 180_000).catch((error: Error) => {
    throw new Error([error.message, ...cluster.ended].join('\n'));
  });
  return new Map(pools.map((pool) => [pool.name, gone(pool)]));
}

test('nodes that are disrupted', async (t) => {
  const stories = await disrupt();
  const all = [...stories.values()].flat();
  for (const [pool, each] of stories) for (const story of each) t.diagnostic(`${pool}: ${told(story)}`);

  await t.test('are paused within two seconds of Karpenter’s taint', () => {
    for (const { tainted, paused } of all)
      assert.ok(paused!.atMillis - tainted!.atMillis < pausedWithinMillis, 'paused after the taint');
  });
  // Elsewhere Karpenter waits for nothing between taint and eviction, and Ebb may come a moment later.
  await t.test('are paused before their first pod is evicted, where Karpenter waits for a replacement', () => {
    for (const { paused, evicted } of stories.get(drifting.name)!)
      assert.ok(paused!.version < evicted!.version, 'in the order of the API server');
  });
  await t.test('go away in time, with the agent there until the end', () => {
    for (const { deleted: from, gone, agentEnds } of all) {
      assert.ok(gone!.atMillis - from!.atMillis < goneWithinMillis, 'gone after Karpenter deleted it');
      assert.ok(agentEnds === undefined || agentEnds.atMillis >= gone!.atMillis, 'nobody evicts the agent');
    }
  });
  await t.test('give their operators to others, one at a time', async () => {
    const { timeline } = cluster;
    await until('two operators', () => timeline.ready(operatorApp).length === 2, 20_000);
    assert.ok(timeline.fewestOperators >= 1);
    const left = timeline.nodesOf(shrinking.name);
    for (const { node } of timeline.ready(operatorApp)) assert.ok(left.includes(node!), node!);
  });
  await t.test('leave what they had counted to the policy', async () => {
    assert.equal(await totalOfPolicy(), String(5 * reclaimedBytes));
  });
});

/** Milliseconds from the taint on. */
function told(story: Story): string {
  const since = (name: keyof Story): string => {
    const at = story[name];
    return at === undefined ? `${name} never` : `${name} ${Math.round(at.atMillis - story.tainted!.atMillis)} ms`;
  };
  const order = story.evicted && (story.paused!.version < story.evicted.version ? 'paused first' : 'evicted first');
  return `${(['deleted', 'paused', 'evicted', 'gone', 'adviceGone'] as const).map(since).join(', ')}: ${order}`;
}
