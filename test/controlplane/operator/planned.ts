/**
 * What the objects of nodes should say, found without the operator: everything is read anew from the API server and planned
 * from scratch. Whatever happened before, this must be what is there.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { limitKind } from '../../../api/limit.ts';
import type { NodeSpec } from '../../../api/node-spec.ts';
import { clusterPolicyKind, policyKind } from '../../../api/policy.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { plan } from '../../../operator/plan.ts';
import { limitOf, type PolicyObjectKind, policyOf, readPolicyObject } from '../../../operator/policy-object.ts';
import { readNamespace, readNode, readPod } from '../../../operator/read.ts';
import { resources } from '../../../operator/resources.ts';
import type { Objects } from './objects.ts';

/** By node. */
export async function plannedFromScratch(objects: Objects): Promise<Record<string, NodeSpec>> {
  const read = async <Value>(resource: keyof typeof resources, transform: (object: object) => Value) =>
    (await objects.all(resources[resource])).map(transform);
  const policyObject = (kind: PolicyObjectKind) => (object: object) => readPolicyObject(kind, object, windowMeaning);
  const snapshot = {
    pods: await read('pods', readPod),
    namespaces: await read('namespaces', readNamespace),
    nodes: await read('nodes', readNode),
    limits: (await read('limits', policyObject(limitKind))).map(limitOf),
    policies: [
      ...(await read('policies', policyObject(policyKind))),
      ...(await read('clusterPolicies', policyObject(clusterPolicyKind))),
    ]
      .filter(({ deleting }) => !deleting)
      .map(policyOf)
      .filter((one) => one !== null),
  };
  const { nodes } = plan(snapshot, { ownNamespace: 'ebb-system' });
  return Object.fromEntries([...nodes].map(([node, { spec }]) => [node, spec]));
}

export async function programmed(objects: Objects): Promise<Record<string, NodeSpec>> {
  const all = await objects.all(resources.nodeAdvices);
  return Object.fromEntries(all.map(({ metadata, spec }) => [metadata.name, spec as NodeSpec]));
}

/**
 * Waits until the objects are as planned from scratch, and tells the difference where they don't come to be, or why they
 * can't be read: a server that has just started asks for some patience.
 */
export async function becomesAsPlanned(objects: Objects, withinMillis: number): Promise<void> {
  const end = performance.now() + withinMillis;
  for (;;) {
    try {
      const [wanted, found] = await Promise.all([plannedFromScratch(objects), programmed(objects)]);
      assert.deepEqual(sorted(found), sorted(wanted));
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await sleep(200);
  }
}

/** Object keys come back in another order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}
