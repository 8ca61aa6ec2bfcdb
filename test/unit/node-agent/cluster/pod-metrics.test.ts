/** Series of single pods: as many as were asked for, those with the most memory out, and none of a pod that is gone. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Exposition } from '../../../../kube/exposition.ts';
import { type OfPod, PodMetrics } from '../../../../node-agent/cluster/pod-metrics.ts';

const container = (pod: number, outBytes: number): OfPod => ({
  pod: { podUID: `uid-${pod}`, podName: `web-${pod}`, namespace: 'shop' },
  input: { anonBytes: 10, swapBytes: outBytes + 1 },
  ledger: { outBytes },
});

async function shown(metrics: Exposition): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith('ebb_pod_'));
}

test('a pod is the sum of its containers, and is gone with them', async () => {
  const metrics = new Exposition('ebb_', '1');
  const pods = new PodMetrics(metrics, 5);
  const unknown = { pod: null, input: { anonBytes: 1, swapBytes: 1 }, ledger: { outBytes: 1 } };
  pods.show([container(1, 5), container(1, 7), unknown, { ...container(2, 9), input: null }]);
  assert.deepEqual(await shown(metrics), [
    'ebb_pod_anonymous_bytes{pod_namespace="shop",pod_name="web-1"} 20',
    'ebb_pod_swapped_bytes{pod_namespace="shop",pod_name="web-1"} 14',
    'ebb_pod_out_bytes{pod_namespace="shop",pod_name="web-1"} 12',
  ]);
  pods.show([]);
  assert.deepEqual(await shown(metrics), []);
});

test('of 1,000 pods those with the most memory out are shown, as many as were asked for', async () => {
  const metrics = new Exposition('ebb_', '1');
  new PodMetrics(metrics, 3).show(Array.from({ length: 1000 }, (_, pod) => container(pod, pod)));
  const lines = await shown(metrics);
  assert.equal(lines.length, 9);
  assert.deepEqual(new Set(lines.map((line) => /web-\d+/.exec(line)![0])), new Set(['web-999', 'web-998', 'web-997']));
});
