/** Reads what it takes to say which policy a pod follows. */

import { limitKind } from '../../../api/limit.ts';
import { clusterPolicyKind, policyKind } from '../../../api/policy.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { isKubeError } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { type PolicyObjectKind, readPolicyObject } from '../../../operator/policy-object.ts';
import { readNamespace, readNode } from '../../../operator/read.ts';
import { resources } from '../../../operator/resources.ts';
import type { Pod } from '../../../operator/snapshot.ts';
import { ebbNamespace } from '../home.ts';
import type { Session } from '../look.ts';
import { type NodeView, nodeViewOf } from '../node-view.ts';
import type { Question } from './judge.ts';

/** Rejects with what is missing: half of the policies would give a wrong answer. */
export async function questionOf(session: Session, pod: Pod, node: string): Promise<Question | null> {
  const { reader } = session;
  const { namespace } = pod;
  const read = (kind: PolicyObjectKind) => (object: KubeObject) => readPolicyObject(kind, object, windowMeaning);
  const [home, around, itsNode, own, wide, limits] = await Promise.all([
    ebbNamespace(session),
    reader.one(resources.namespaces, { name: namespace }),
    reader.one(resources.nodes, { name: node }),
    reader.all({ resource: resources.policies, namespace }, read(policyKind)),
    reader.all({ resource: resources.clusterPolicies }, read(clusterPolicyKind)),
    reader.all({ resource: resources.limits }, read(limitKind)),
  ]);
  if (itsNode === null) return null;
  return {
    pod,
    node: readNode(itsNode),
    namespace: around && readNamespace(around),
    policies: [...own, ...wide],
    limits,
    ebbNamespace: home,
    now: Date.now(),
  };
}

/** undefined: it may not be seen. */
export async function nodeViewIfSeen({ reader }: Session, name: string): Promise<NodeView | null | undefined> {
  try {
    return await nodeView(reader, name);
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return undefined;
    throw error;
  }
}

export async function nodeView(reader: Session['reader'], name: string): Promise<NodeView | null> {
  const selection = { resource: resources.nodeAdvices, fieldSelector: `metadata.name=${name}` };
  return (await reader.all(selection, nodeViewOf))[0] ?? null;
}
