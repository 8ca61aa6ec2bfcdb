/**
 * The spec of a node's object: what the operator wants the agent of one node to do. One writer, ebb-operator; every list
 * is atomic. It holds names and numbers only: any agent can read it.
 */
import * as z from 'zod';
import { bounds, words } from './bounds.ts';
import { reasonText } from './conditions.ts';
import { choice, integer, list, record, text } from './fields.ts';
import { nodeProfile, profileName, uid } from './node-profile.ts';

export const nodeAdviceKind = 'NodeMemoryAdvice';

const container = record({
  name: text(63, /^[a-z0-9-]+$/, 'the name of a container').describe('Its name in the pod.'),
  id: text(128, /^[A-Za-z0-9_.-]{16,}$/, 'a container ID, or at least 16 digits of its start').describe(
    'The runtime’s ID without its scheme; the start of it is enough.',
  ),
});

const pod = record({
  uid: uid().describe('The UID of the pod.'),
  cgroupUID: uid().optional().describe('What its cgroup is named by, where that is not the UID: mirror pods.'),
  namespace: text(63, /^[a-z0-9-]+$/, 'a namespace').describe('The namespace of the pod.'),
  name: text(253, /^[a-z0-9.-]+$/, 'the name of a pod').describe('The name of the pod.'),
  qosClass: choice(words.qosClass).describe('The QoS class of the pod.'),
  profile: profileName().describe('Which of profiles it follows.'),
  declaredIdle: z.boolean().optional().describe('What its annotation ebb.dev/idle says.'),
  containers: list(container, 0, 64, 'containers').describe('Those that the profile is for.'),
});

const namespaceLimit = record({
  name: text(63, /^[a-z0-9-]+$/, 'a namespace').describe('Which namespace.'),
  maxSwappedBytes: integer(...bounds.maxSwappedBytesPerNode).describe(
    'Bytes that its pods listed here may have in swap together.',
  ),
});

const nodeLimits = record({
  maxBytesPerSecond: integer(...bounds.maxBytesPerSecond)
    .optional()
    .describe('Bytes advised per second, all containers together.'),
  maxSwapWriteBytesPerDay: integer(...bounds.maxSwapWriteBytesPerDay)
    .optional()
    .describe('Bytes that page-outs may write to swap in any 24 hours.'),
  minSwapFreePercent: integer(...bounds.percent)
    .optional()
    .describe('At least this share of the swap stays free.'),
  namespaces: list(namespaceLimit, 0, 256, 'namespaces').optional().describe('Bounds for single namespaces.'),
});

const paused = record({
  reasons: list(reasonText(), 1, 8, 'reasons').describe('Why, such as NodeDraining.'),
});

/** All but the profiles, each of which is decoded by itself. */
export const specFields = {
  nodeUID: uid().describe('The UID of the Node: a name that is used again is another node.'),
  limits: nodeLimits.optional().describe('Shared by all containers of the node.'),
  pods: list(pod, 0, 512, 'pods').describe('Pods of this node that a policy selects.'),
  omittedPods: integer(0, 10_000).optional().describe('Pods that found no room in this object.'),
  paused: paused.optional().describe('Stops Cold and PageOut on this node; WillNeed is still allowed.'),
} as const;

export const nodeSpec = record({
  profiles: list(nodeProfile, 0, 64, 'profiles').describe('Each resolved policy once.'),
  ...specFields,
}).describe('What the operator wants; nobody else writes it.');

export type NodeSpec = z.infer<typeof nodeSpec>;
export type NodePod = z.infer<typeof pod>;
