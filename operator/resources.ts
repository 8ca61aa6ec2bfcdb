/** The resources that the operator speaks of. */
import { group, kinds, version } from '../api/kinds.ts';
import { limitKind } from '../api/limit.ts';
import { nodeAdviceKind } from '../api/node-spec.ts';
import { clusterPolicyKind, policyKind } from '../api/policy.ts';
import type { Resource } from '../kube/resource.ts';

const core = (plural: string): Resource => ({ group: '', version: 'v1', plural });
const own = (wanted: string): Resource => ({
  group,
  version,
  plural: kinds.find(({ kind }) => kind === wanted)!.plural,
});

export const resources = {
  pods: core('pods'),
  namespaces: core('namespaces'),
  nodes: core('nodes'),
  policies: own(policyKind),
  clusterPolicies: own(clusterPolicyKind),
  limits: own(limitKind),
  nodeAdvices: own(nodeAdviceKind),
  crds: { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' },
} as const satisfies Readonly<Record<string, Resource>>;

export type Watched = keyof typeof resources;
