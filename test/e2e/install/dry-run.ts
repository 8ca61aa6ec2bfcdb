/** After helm install: all runs, nothing is touched, and what would be saved is said. */
import assert from 'node:assert/strict';
import type { AppSpec } from '../app.ts';
import { soonerDefault } from './policy.ts';
import { appBytes, shop, type Tell } from './stage.ts';

/** Two of a class, so that each node has more than one pod. */
const specs: readonly AppSpec[] = [
  { namespace: shop, name: 'guaranteed', qos: 'Guaranteed' },
  { namespace: shop, name: 'burstable', qos: 'Burstable' },
  { namespace: shop, name: 'best-effort', qos: 'BestEffort' },
  { namespace: shop, name: 'burstable-2', qos: 'Burstable' },
];

interface ClusterPolicy {
  readonly spec: { readonly mode: string };
  readonly status: { readonly matchedPods: number; readonly idleContainers: number };
}

export function dryRun(tell: Tell): void {
  tell('helm install ends with an operator that leads and an agent on each node that reports', async (stage) => {
    assert.ok(await stage.everyAgentSays('Following'));
    const said = await stage.ebb.helmOk('test', 'ebb');
    assert.match(said, /^Phase:\s+Succeeded$/m);
  });

  tell('pods of every QoS class are put on both nodes by the scheduler, and hold memory', async (stage) => {
    const { ebb } = stage;
    await ebb.kubectlOk('create', 'namespace', shop);
    const apps = await stage.add(...specs);
    assert.deepEqual(
      apps.map(({ container }) => container.qos),
      specs.map(({ qos }) => qos),
    );
    assert.deepEqual([...new Set(apps.map(({ node }) => node))].toSorted(), ['node1', 'node2']);
    assert.ok(stage.areIn());
  });

  tell('by default it says what it would save, in metrics and objects, and touches nothing', async (stage, t) => {
    const { ebb } = stage;
    const patch = JSON.stringify(soonerDefault);
    await ebb.kubectlOk('patch', 'cmadv', 'ebb-default', '--type=merge', '-p', patch);
    const would = /^ebb_dry_run_bytes_total\{policy="ebb-default",advice="PageOut"\}/;
    const said = async () => (await stage.metric(would)) > 0.9 * specs.length * appBytes;
    const millis = await stage.until('the agents to say it', said, 60);
    t.diagnostic(`said ${Math.round(millis / 1000)} s after ebb-default was told to be quicker`);
    const default_ = () => stage.json<ClusterPolicy>('cmadv', 'ebb-default');
    await stage.until('the policy', async () => (await default_()).status.idleContainers === specs.length, 20);
    const { spec, status } = await default_();
    assert.equal(spec.mode, 'DryRun');
    assert.equal(status.matchedPods, specs.length);
    assert.equal(await stage.metric(/^ebb_advised_bytes_total/), 0);
    for (const { container } of stage.apps) assert.equal(container.rollup.swapBytes, 0);
    assert.ok(stage.areIn());
  });
}
