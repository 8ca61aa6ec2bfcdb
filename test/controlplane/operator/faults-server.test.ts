/**
 * The API server goes away for long, forgets, or is cut off again and again while the cluster changes: the operators go on
 * where they can, and afterwards the objects are what a plan from scratch says. With EBB_LONG=1 for as long as the design says.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { resources } from '../../../operator/resources.ts';
import { until } from '../kube/config-maps.ts';
import { compact } from '../kube/etcd.ts';
import { TcpProxy } from '../kube/proxy.ts';
import type { OperatorProcess } from './operator-process.ts';
import { becomesAsPlanned } from './planned.ts';
import { StirredCluster } from './stirred-cluster.ts';

const long = process.env['EBB_LONG'] === '1';
const awaySeconds = long ? 120 : 40;
const cutSeconds = long ? 60 : 20;

const residentMiB = ({ pid }: OperatorProcess): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

const seriesOf = (resource: string, code: string): string =>
  `ebb_operator_watch_failures_total{resource="${resource}",code="${code}"}`;

async function oneLeads(operators: readonly OperatorProcess[], withinMillis: number): Promise<number> {
  const leads = async (): Promise<boolean> => {
    const each = await Promise.all(operators.map((operator) => operator.metric('ebb_operator_leads')));
    return each.reduce((sum, one) => sum + one, 0) === 1;
  };
  return await until('one operator to lead', leads, withinMillis);
}

async function away(cluster: StirredCluster, operators: readonly OperatorProcess[]): Promise<void> {
  const before = operators.map(residentMiB);
  await cluster.rest();
  await cluster.plane.stopApiServer('SIGKILL');
  await sleep(awaySeconds * 1000);
  for (const operator of operators) {
    assert.equal(operator.ended, false);
    assert.equal(await operator.metric('ebb_operator_leads'), 0, 'nobody leads without a lease');
    assert.equal(await operator.get('/healthz'), 'ok\n');
    assert.ok((await operator.metric(seriesOf('pods', 'Unreachable'))) > 0);
  }
  const after = operators.map(residentMiB);
  console.log(`resident MiB before ${before.map(Math.round)}, after ${awaySeconds} s alone ${after.map(Math.round)}`);
  for (const [index, one] of after.entries()) assert.ok(one < before[index]! + 32, `${before} MiB became ${after} MiB`);
  await cluster.plane.startApiServer();
}

describe('the way to the API server', { concurrency: 2 }, () => {
  test(`it is away for ${awaySeconds} s: both operators live on, and one soon leads and does what was missed`, async () => {
    await using cluster = await StirredCluster.start();
    const operators = [await cluster.operator(), await cluster.operator()] as const;
    await oneLeads(operators, 20_000);
    for (const operator of operators) await operator.says('Watching the cluster', 20_000);
    await sleep(2000);
    await away(cluster, operators);
    const begun = performance.now();
    cluster.stir();
    const led = await oneLeads(operators, 30_000);
    await sleep(3000);
    await cluster.rest();
    await becomesAsPlanned(cluster.objects, 35_000);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    for (const operator of operators) assert.equal(operator.ended, false);
    assert.deepEqual(cluster.history.stepsBack, []);
    console.log(`led ${(led / 1000).toFixed(1)} s after the API server was back, all as planned after ${seconds} s`);
  });

  test('cut off while etcd was compacted, it lists anew, and what went meanwhile is gone', async () => {
    await using cluster = await StirredCluster.start();
    await using proxy = await TcpProxy.start(cluster.plane.url);
    const operator = await cluster.operator(proxy.url);
    await operator.says('Leading', 20_000);
    await sleep(2000);
    proxy.refuse();
    await cluster.objects.remove(resources.pods, { namespace: 'shop', name: 'node-0-0' });
    await cluster.objects.remove(resources.policies, { namespace: 'shop', name: 'idle-db' });
    await sleep(2000);
    await cluster.rest();
    await compact(cluster.plane);
    await cluster.plane.restartApiServer('SIGKILL');
    cluster.stir();
    proxy.open();
    await until('a 410', async () => (await operator.metric(seriesOf('pods', 'Gone'))) > 0, 30_000);
    await cluster.rest();
    await becomesAsPlanned(cluster.objects, 30_000);
    assert.deepEqual(cluster.history.stepsBack, []);
  });

  test(`cut every second for ${cutSeconds} s, watches go on from where they were`, async () => {
    await using cluster = await StirredCluster.start();
    await using proxy = await TcpProxy.start(cluster.plane.url);
    const operator = await cluster.operator(proxy.url);
    await operator.says('Leading', 20_000);
    for (let cuts = 0; cuts < cutSeconds; cuts++) {
      await sleep(1000);
      proxy.cut();
    }
    const counted = await operator.metric(seriesOf('pods', 'Unreachable'));
    await cluster.rest();
    await becomesAsPlanned(cluster.objects, 30_000);
    assert.ok(counted > cutSeconds / 4, `${counted} failures of ${cutSeconds} cuts`);
    assert.equal(await operator.metric(seriesOf('pods', 'Gone')), 0);
    assert.deepEqual(cluster.history.stepsBack, []);
  });
});
