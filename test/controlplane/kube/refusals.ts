/**
 * Makes a real API server refuse for a while: 429 to one user by API Priority and Fairness, 500 to every write of a resource
 * by a webhook that nobody answers.
 */
import type { Resource } from '../../../kube/resource.ts';
import type { ControlPlane } from '../control-plane.ts';
import { until } from './config-maps.ts';

const name = 'refused';
const flowControl = 'flowcontrol.apiserver.k8s.io/v1';

export type Subject =
  | { readonly kind: 'User'; readonly user: { readonly name: string } }
  | { readonly kind: 'ServiceAccount'; readonly serviceAccount: { readonly namespace: string; readonly name: string } };

/**
 * One request at a time and no queue: all others are answered with 429, and told to wait: for a second, and for longer the
 * more of them there are, up to 32 s. Watches that are open stay so.
 */
export async function refuseWith429(plane: ControlPlane, subject: Subject): Promise<AsyncDisposable> {
  const rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] };
  const none = { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0 };
  const level = {
    apiVersion: flowControl,
    kind: 'PriorityLevelConfiguration',
    metadata: { name },
    spec: { type: 'Limited', limited: { ...none, limitResponse: { type: 'Reject' } } },
  };
  const schema = {
    apiVersion: flowControl,
    kind: 'FlowSchema',
    metadata: { name },
    spec: {
      matchingPrecedence: 50,
      priorityLevelConfiguration: { name },
      rules: [{ subjects: [subject], resourceRules: [rule] }],
    },
  };
  return await made(plane, [level, schema]);
}

/** failurePolicy Fail, and nothing listens there. */
export async function refuseWith500(
  plane: ControlPlane,
  { group, version, plural }: Resource,
): Promise<AsyncDisposable> {
  const rule = { apiGroups: [group], apiVersions: [version], resources: [plural], operations: ['CREATE', 'UPDATE'] };
  const webhook = {
    name: `${name}.none.test`,
    clientConfig: { url: 'https://127.0.0.1:1/' },
    rules: [rule],
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 1,
  };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const kind = 'ValidatingWebhookConfiguration';
  return await made(plane, [{ apiVersion, kind, metadata: { name }, webhooks: [webhook] }]);
}

async function made(plane: ControlPlane, items: readonly object[]): Promise<AsyncDisposable> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await plane.kubectlOk(['create', '-f', '-'], { input });
  return {
    [Symbol.asyncDispose]: async () => void (await plane.kubectlOk(['delete', '-f', '-'], { input })),
  };
}

/** Again and again, each time until it has been felt. */
export async function inBursts(
  times: number,
  refuse: () => Promise<AsyncDisposable>,
  refusals: () => Promise<number> | number,
): Promise<void> {
  for (let burst = 0; burst < times; burst++) {
    const before = await refusals();
    await using _ = await refuse();
    await until('refusals', async () => (await refusals()) > before, 60_000);
  }
}
