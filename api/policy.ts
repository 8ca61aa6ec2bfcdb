/**
 * MemoryAdvicePolicy and ClusterMemoryAdvicePolicy, the one source of their schemas: decode checks by them, the CRDs and
 * the pages are made from them, and the types are inferred from them.
 */
import * as z from 'zod';
import { bounds } from './bounds.ts';
import { integer, record } from './fields.ts';
import { clusterMetadata, metadata } from './metadata.ts';
import { policyBody } from './policy-body.ts';
import { labelSelector } from './selector.ts';

export const apiVersion = 'ebb.dev/v1alpha1';
export const policyKind = 'MemoryAdvicePolicy';
export const clusterPolicyKind = 'ClusterMemoryAdvicePolicy';

/** What stands around every spec. */
export function typed<const K extends string>(kind: K) {
  return {
    apiVersion: z.literal(apiVersion, { error: apiVersion }).describe('The version of the API.'),
    kind: z.literal(kind, { error: kind }).describe('The kind of object.'),
  };
}

export const unreadStatus = z.unknown().optional().describe('Written by the operator; not read from files.');

export const policySpec = record({
  podSelector: labelSelector.describe('Pods of the policy’s own namespace; {} selects all of them.'),
  ...policyBody,
}).describe('What is wanted.');

export const memoryAdvicePolicy = record({
  ...typed(policyKind),
  metadata: metadata.describe('As in every Kubernetes object.'),
  spec: policySpec,
  status: unreadStatus,
});

const rollout = record({
  nodesPercent: integer(...bounds.nodesPercent)
    .default(5)
    .describe('So many of the nodes get in one step what the policy adds or loosens.'),
  stepSeconds: integer(...bounds.stepSeconds)
    .default(900)
    .describe('The time between two steps.'),
  haltRefaultPercent: integer(...bounds.percent)
    .default(30)
    .describe('When more than this share of what was paged out comes back, no further node gets it.'),
});

export const clusterPolicySpec = record({
  namespaceSelector: labelSelector.optional().describe('Namespaces by their labels. Absent: every namespace.'),
  nodeSelector: labelSelector.optional().describe('Nodes by their labels. Absent: every node.'),
  podSelector: labelSelector.describe('Pods of these namespaces on these nodes; {} selects all of them.'),
  ...policyBody,
  rollout: rollout.prefault({}).describe('How a change reaches the nodes. What removes or tightens goes out at once.'),
}).describe('What is wanted.');

export const clusterMemoryAdvicePolicy = record({
  ...typed(clusterPolicyKind),
  metadata: clusterMetadata.describe('As in every Kubernetes object.'),
  spec: clusterPolicySpec,
  status: unreadStatus,
});

export type MemoryAdvicePolicy = z.infer<typeof memoryAdvicePolicy>;
export type ClusterMemoryAdvicePolicy = z.infer<typeof clusterMemoryAdvicePolicy>;
