/** Nodes' objects and policies as the API server would give them, for the tests of the status of policies. */
import { nodeStatus } from '../../../api/node-status.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { type NodeReport, readNodeReport } from '../../../operator/node-report.ts';
import { plan } from '../../../operator/plan.ts';
import { type PolicyObject, type PolicyObjectKind, readPolicyObject } from '../../../operator/policy-object.ts';
import { overviewOf, type Situation } from '../../../operator/situation.ts';
import type { Policy, Snapshot } from '../../../operator/snapshot.ts';
import { settings } from './small-cluster.ts';

export const now = new Date('2026-01-01T12:00:00Z');

export const ready = {
  type: 'Ready',
  status: 'True',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  reason: 'Ready',
  message: '',
};

/** `status` of an agent that follows and reported a moment ago, unless it says otherwise. */
export function reportOf(node: string, spec: unknown, status: object | null, meta: object = {}): NodeReport {
  const said = { reportTime: '2026-01-01T11:59:00Z', conditions: [ready], ...status };
  return readNodeReport({
    metadata: { name: node, uid: `nma-${node}`, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', ...meta },
    spec,
    ...(status && { status: nodeStatus.parse(said) }),
  });
}

export function objectOf(policy: Policy, status?: unknown, meta: object = {}): PolicyObject {
  const { kind, namespace, name, uid, generation, createdAt, spec } = policy;
  const metadata = { name, uid, generation, creationTimestamp: createdAt, resourceVersion: '1', ...meta };
  return read(kind, { metadata: { ...metadata, ...(namespace !== null && { namespace }) }, spec, status });
}

export const read = (kind: PolicyObjectKind, object: object): PolicyObject =>
  readPolicyObject(kind, object, windowMeaning);

/** Every node reports, with the rows given of it; null: it has no object yet. */
export function situationOf(
  snapshot: Snapshot,
  statusOf: (node: string) => object | null | undefined,
  more: Partial<Situation> = {},
): Situation {
  const planned = plan(snapshot, settings);
  const reports = [...planned.nodes.values()].flatMap(({ node, spec }) => {
    const status = statusOf(node);
    return status === undefined ? [] : [reportOf(node, spec, status)];
  });
  const policies = snapshot.policies.map((policy) => objectOf(policy));
  return { policies, plan: planned, reports, unprogrammable: new Map(), rollouts: new Map(), ...more };
}

export const overviewFor = (...of: Parameters<typeof situationOf>) => overviewOf(situationOf(...of));
