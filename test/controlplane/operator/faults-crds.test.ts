/**
 * The operator's own kinds are not there when it starts, and are deleted under it: it says so, plans with what there is, and
 * goes on when they are back. (Two pods of one UID can't be made through a real API server: test/unit/kube/store.test.ts.)
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { resources } from '../../../operator/resources.ts';
import { installCRDs } from '../crds.ts';
import { until } from '../kube/config-maps.ts';
import type { OperatorProcess } from './operator-process.ts';
import { becomesAsPlanned, programmed } from './planned.ts';
import { StirredCluster } from './stirred-cluster.ts';

const deleteCRD = (cluster: StirredCluster, plural: string) =>
  cluster.plane.kubectlOk(['delete', 'crd', `${plural}.ebb.dev`, '--timeout=30s']);

const notFound = (operator: OperatorProcess, resource: string) =>
  operator.metric(`ebb_operator_watch_failures_total{resource="${resource}",code="NotFound"}`);

async function programmedPods({ objects }: StirredCluster): Promise<number> {
  return Object.values(await programmed(objects)).reduce((sum, { pods }) => sum + pods.length, 0);
}

describe('CRDs that are not there', { concurrency: true }, () => {
  test('not yet at the start: it says which it waits for, and goes on once they are applied', async () => {
    await using cluster = await StirredCluster.start();
    await cluster.rest();
    for (const { plural } of [resources.limits, resources.nodeAdvices]) await deleteCRD(cluster, plural);
    const operator = await cluster.operator();
    await until('it to say so', async () => (await notFound(operator, 'limits')) > 1, 10_000);
    assert.equal(await operator.get('/readyz'), 'waits for limits (NotFound), nodeAdvices (NotFound)\n');
    assert.ok(operator.lines.some(({ resource, reason }) => resource === 'nodeAdvices' && reason === 'NotFound'));
    assert.equal(operator.count('Leading'), 0);
    await installCRDs(cluster.plane);
    await cluster.limit('swap');
    await operator.says('Leading', 30_000);
    assert.equal(await operator.get('/readyz'), 'ok\n');
    await becomesAsPlanned(cluster.objects, 20_000);
  });

  test('deleted under it: policies of that kind hold no more, objects come back, and it never ends', async () => {
    await using cluster = await StirredCluster.start();
    const operator = await cluster.operator();
    await operator.says('Leading', 20_000);
    await cluster.rest();
    await becomesAsPlanned(cluster.objects, 20_000);
    const before = await programmedPods(cluster);

    await deleteCRD(cluster, resources.policies.plural);
    // Those of idle-lab and the others that only the cluster policy takes now stay; none is of a policy that is gone.
    const sources = async (): Promise<string[]> =>
      Object.values(await programmed(cluster.objects)).flatMap(({ profiles }) =>
        profiles.flatMap((profile) => profile.sources.map(({ kind }) => kind)),
      );
    await until('a plan without them', async () => !(await sources()).includes('MemoryAdvicePolicy'), 20_000);
    assert.equal(await programmedPods(cluster), before, 'the cluster policy has them');
    await until('it to say so', async () => (await notFound(operator, 'policies')) > 0, 20_000);
    await installCRDs(cluster.plane);
    await cluster.objects.policy('idle-web', { podSelector: { matchLabels: { tier: 'web' } } });
    await until('the policy to work', async () => (await sources()).includes('MemoryAdvicePolicy'), 40_000);
    await becomesAsPlanned(cluster.objects, 10_000);

    await deleteCRD(cluster, resources.nodeAdvices.plural);
    await sleep(1000);
    await installCRDs(cluster.plane);
    await becomesAsPlanned(cluster.objects, 60_000);
    assert.equal(operator.ended, false);
    assert.equal(operator.count('Leading no more'), 0);
  });
});
