import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { nodeSpec } from '../../../api/node-spec.ts';
import { maxSpecBytes } from '../../../operator/fit.ts';
import { plan } from '../../../operator/plan.ts';
import type { Pod } from '../../../operator/snapshot.ts';
import { cluster, clusterPolicy, container, limit, namespace, pod, policy, settings } from './small-cluster.ts';

/** As a real one is called: a deployment's pod, UIDs as the API server makes them. */
function realPod(index: number, containers: number): Pod {
  const digits = String(index).padStart(12, '0');
  return pod(`checkout-service-7d9c6b5f4d-${String(index).padStart(5, '0')}`, {
    namespace: 'shop',
    uid: `0f1e2d3c-4b5a-6978-8796-${digits}`,
    containers: Array.from({ length: containers }, (_, at) => container(`container-${at}`)),
  });
}

const nodePlan = (pods: readonly Pod[], policies = [policy('idle-services')]) =>
  plan(cluster({ policies, pods }), settings).nodes.get('node-1')!;

test('250 pods of 10 containers fit', () => {
  const { spec, omitted } = nodePlan(Array.from({ length: 250 }, (_, index) => realPod(index, 10)));
  assert.equal(spec.pods.length, 250);
  assert.deepEqual(omitted, { pods: 0, containers: 0 });
  assert.ok(JSON.stringify(spec).length <= maxSpecBytes);
});

test('what no longer fits is left out whole and counted, in the object too', () => {
  const pods = Array.from({ length: 250 }, (_, index) => realPod(index, 40));
  const { spec, omitted } = nodePlan(pods);
  assert.ok(spec.pods.length > 50 && spec.pods.every(({ containers }) => containers.length === 40));
  assert.deepEqual(omitted, { pods: 250 - spec.pods.length, containers: 40 * (250 - spec.pods.length) });
  assert.equal(spec.omittedPods, omitted.pods);
  assert.ok(JSON.stringify(spec).length <= maxSpecBytes);
  assert.deepEqual(nodeSpec.parse(spec), spec);
});

test('the policy of a pod that found no room is told', () => {
  const pods = Array.from({ length: 250 }, (_, index) => realPod(index, 40));
  const { policies, nodes } = plan(cluster({ policies: [policy('p')], pods }), settings);
  assert.equal(policies.get('shop/p')!.reasons.get('NoRoom'), nodes.get('node-1')!.omitted.pods);
});

test('a pod of more containers than the object can list is left out, the others are not', () => {
  const { spec, omitted } = nodePlan([realPod(1, 65), realPod(2, 64)]);
  assert.deepEqual(
    spec.pods.map(({ containers }) => containers.length),
    [64],
  );
  assert.deepEqual(omitted, { pods: 1, containers: 65 });
});

test('no profile is listed for pods that found no room', () => {
  const policies = Array.from({ length: 70 }, (_, index) =>
    policy(`p-${index}`, { podSelector: { matchLabels: { app: `${index}` } } }),
  );
  const pods = policies.map((_, index) => ({ ...realPod(index, 1), labels: { app: `${index}` } }));
  const { spec, omitted } = nodePlan(pods, policies);
  assert.deepEqual([spec.profiles.length, spec.pods.length, omitted.pods], [64, 64, 6]);
});

test('no pod is listed without the bound of its namespace', () => {
  const names = Array.from({ length: 300 }, (_, index) => `namespace-${index}`);
  const { nodes } = plan(
    cluster({
      policies: [clusterPolicy('p')],
      limits: [limit('l', { namespace: { maxSwappedBytesPerNode: '1Gi' } })],
      namespaces: names.map((name) => namespace(name)),
      pods: names.map((name, index) => ({ ...realPod(index, 1), namespace: name })),
    }),
    settings,
  );
  const { spec, omitted } = nodes.get('node-1')!;
  const bounded = new Set(spec.limits?.namespaces?.map(({ name }) => name));
  assert.ok(spec.pods.every((each) => bounded.has(each.namespace)));
  assert.deepEqual([spec.pods.length, omitted.pods], [256, 44]);
});

test('law: whatever the pods, the spec is within its size and every pod is listed or counted', () => {
  const shape = fc.record({
    pods: fc.integer({ min: 0, max: 600 }),
    containers: fc.integer({ min: 1, max: 70 }),
    length: fc.integer({ min: 1, max: 200 }),
    policies: fc.integer({ min: 1, max: 80 }),
  });
  fc.assert(
    fc.property(shape, ({ pods, containers, length, policies }) => {
      const some = Array.from({ length: policies }, (_, index) =>
        policy(`p${'x'.repeat(length)}${index}`, { podSelector: { matchLabels: { app: `${index}` } } }),
      );
      const { spec, bytes, omitted } = nodePlan(
        Array.from({ length: pods }, (_, index) => ({
          ...realPod(index, containers),
          labels: { app: `${index % policies}` },
        })),
        some,
      );
      const length_ = JSON.stringify(spec).length;
      assert.ok(length_ <= bytes && bytes <= maxSpecBytes, `${length_} ${bytes}`);
      assert.equal(spec.pods.length + omitted.pods, pods);
      assert.equal(spec.omittedPods ?? 0, omitted.pods);
    }),
    { numRuns: 25 },
  );
});
