/** What a cluster does to Ebb: nodes are cordoned, an agent is killed, the operator that leads is killed. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunningContainer } from '../container.ts';
import { ownNamespace } from '../ebb.ts';
import { ladderSeconds } from './policy.ts';
import { shop, type Tell } from './stage.ts';

export function interruptions(tell: Tell): void {
  tell(
    'a cordoned node is paused while the other goes on, and goes on itself when it is uncordoned',
    async (stage, t) => {
      const { ebb, apps } = stage;
      const here = apps.filter(({ node }) => node === 'node1');
      const there = apps.filter(({ node }) => node !== 'node1');
      const paused = async () => (await stage.node('node1')).spec.paused?.reasons.includes('NodeCordoned') ?? false;
      await ebb.kubectlOk('cordon', 'node1');
      const millis = await stage.until('the node to be paused', paused, 10);
      t.diagnostic(`paused ${Math.round(millis)} ms after it was cordoned`);
      for (const app of apps) await app.wake();
      await stage.until('the other node to go on', () => stage.areOut(there), 60);
      await sleep(ladderSeconds * 1000);
      assert.ok(stage.areIn(here), 'nothing is paged out on a cordoned node');
      await ebb.kubectlOk('uncordon', 'node1');
      await stage.until('the node to go on', () => stage.areOut(here), 60);
    },
  );

  tell('an agent that is killed comes back and goes on, advises nothing twice, and harms no pod', async (stage, t) => {
    const [first] = stage.apps;
    const { node } = first!;
    const before = await stage.agentOn(node);
    const said = async () => (await stage.saidToBeOut(node)).length > 0;
    await stage.until('its agent to say what is out', said, 30);
    const out = await stage.saidToBeOut(node);
    const killed = Date.now();
    process.kill(before.pid, 'SIGKILL');
    const restarted = async () => (await stage.agentOn(node)).restarts === before.restarts + 1;
    await stage.until('its container to start again', restarted, 30);
    const reported = async () => {
      const { reportTime, containers } = (await stage.node(node)).status;
      return Date.parse(reportTime ?? '') > killed && (containers?.length ?? 0) > 0;
    };
    const millis = await stage.until('the new agent to report', reported, 60);
    t.diagnostic(`reports ${(millis / 1000).toFixed(1)} s after its container started again`);
    const told = await stage.saidToBeOut(node);
    assert.deepEqual(
      out.filter((one) => !told.includes(one)),
      [],
      'what is out is told on, with when it was advised',
    );
    await sleep(ladderSeconds * 1000);
    const advised = await stage.metricOn(node, /^ebb_advised_bytes_total\{policy="shop\/idle",advice="PageOut"\}/);
    assert.equal(advised, 0, 'what is out is left alone');
    await first!.assertIntact();
    await stage.until('it to be out again', () => stage.areOut([first!]), 60);
  });

  tell('where the operator that leads is killed, another takes over, and the plan goes on', async (stage, t) => {
    interface Lease {
      readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number };
    }
    const lease = () => stage.json<Lease>('-n', ownNamespace, 'lease', 'ebb-operator');
    const { holderIdentity, leaseTransitions } = (await lease()).spec;
    const pod = holderIdentity.split('_')[0]!;
    const leader = await RunningContainer.of(stage.ebb, ownNamespace, pod, 'operator');
    process.kill(leader.pid, 'SIGKILL');
    const taken = async () => (await lease()).spec.leaseTransitions > leaseTransitions;
    const millis = await stage.until('another to lead', taken, 30);
    t.diagnostic(`another led after ${(millis / 1000).toFixed(1)} s`);
    const { holderIdentity: next } = (await lease()).spec;
    assert.notEqual(next, holderIdentity);
    const added = await stage.add({ namespace: shop, name: 'late', qos: 'BestEffort' });
    await stage.until('a pod that came later to be out', () => stage.areOut(added), 60);
  });
}
