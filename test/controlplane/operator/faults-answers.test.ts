/** The real API server answers the operator with 429 and with 500, in bursts, while the cluster changes: it counts them and goes on. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { resources } from '../../../operator/resources.ts';
import { ownNamespace } from '../access/installed.ts';
import { TcpProxy } from '../kube/proxy.ts';
import { inBursts, refuseWith429, refuseWith500 } from '../kube/refusals.ts';
import type { OperatorProcess } from './operator-process.ts';
import { becomesAsPlanned } from './planned.ts';
import { StirredCluster } from './stirred-cluster.ts';

const serviceAccount = { namespace: ownNamespace, name: 'ebb-operator' };

const failedWrites = (operator: OperatorProcess, code: string) =>
  operator.metric(`ebb_operator_write_failures_total{code="${code}"}`);
const failedWatches = (operator: OperatorProcess, code: string) =>
  operator.metric(`ebb_operator_watch_failures_total{resource="pods",code="${code}"}`);

describe('answers that refuse', { concurrency: true }, () => {
  test('429 in bursts: failed writes and watches are counted, and all is as planned afterwards', async () => {
    await using cluster = await StirredCluster.start();
    await using proxy = await TcpProxy.start(cluster.plane.url);
    const operator = await cluster.operator(proxy.url);
    await operator.says('Leading', 20_000);
    await sleep(1000);
    const refuse = () => refuseWith429(cluster.plane, { kind: 'ServiceAccount', serviceAccount });
    await inBursts(2, refuse, () => failedWrites(operator, 'TooManyRequests'));
    // A watch that is open is not refused; one that has to be opened again is.
    const cutting = setInterval(() => proxy.cut(), 500);
    try {
      await inBursts(1, refuse, () => failedWatches(operator, 'TooManyRequests'));
    } finally {
      clearInterval(cutting);
    }
    await sleep(1000);
    await cluster.rest();
    await becomesAsPlanned(cluster.objects, 60_000);
    assert.deepEqual(cluster.history.stepsBack, []);
    assert.equal(operator.ended, false);
  });

  test('500 in bursts: failed writes are counted, and all is as planned afterwards', async () => {
    await using cluster = await StirredCluster.start();
    const operator = await cluster.operator();
    await operator.says('Leading', 20_000);
    await sleep(1000);
    const refuse = () => refuseWith500(cluster.plane, resources.nodeAdvices);
    await inBursts(2, refuse, () => failedWrites(operator, 'ServerError'));
    await sleep(1000);
    await cluster.rest();
    await becomesAsPlanned(cluster.objects, 60_000);
    assert.equal(operator.count('Leading no more'), 0);
    assert.deepEqual(cluster.history.stepsBack, []);
  });
});
