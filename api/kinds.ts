/** The four kinds of the API, as an API server is told of them: names, columns, schemas. crd.ts makes the CRDs from it. */
import type * as z from 'zod';
import { group, version } from './group.ts';
import { limitKind, limitSpec } from './limit.ts';
import { nodeAdviceKind, nodeSpec } from './node-spec.ts';
import { nodeStatus } from './node-status.ts';
import { clusterPolicyKind, clusterPolicySpec, policyKind, policySpec } from './policy.ts';
import { clusterPolicyStatus, limitStatus, policyStatus } from './policy-status.ts';

export { group, version };
export const category = 'ebb';

/** Goes up by one with every change of a schema: the operator leaves out profiles that need a newer CRD. */
export const schemaRevision = 5;
export const revisionAnnotation = 'ebb.dev/schema-revision';

/** A column of `kubectl get`; priority 1 shows with -o wide only. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly description: string;
  readonly jsonPath: string;
  readonly priority?: 1;
}

export interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly about: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  /** Whether people write its spec: then the API server says in words what is allowed. */
  readonly writtenByUsers: boolean;
  readonly columns: readonly Column[];
}

const conditionStatus = (type: string) => `.status.conditions[?(@.type=="${type}")].status`;
const mode: Column = { name: 'Mode', type: 'string', description: 'DryRun, Enforce or Paused', jsonPath: '.spec.mode' };
const accepted: Column = {
  name: 'Accepted',
  type: 'string',
  description: 'Whether the operator understands all of it',
  jsonPath: conditionStatus('Accepted'),
};
const age: Column = {
  name: 'Age',
  type: 'date',
  description: 'Since when it exists',
  jsonPath: '.metadata.creationTimestamp',
};
const matched: Column = {
  name: 'Matched',
  type: 'integer',
  description: 'Pods that it selects',
  jsonPath: '.status.matchedPods',
};

const policyColumns: readonly Column[] = [
  mode,
  {
    name: 'Effective',
    type: 'string',
    description: 'What it really does, or why nothing comes of it',
    jsonPath: '.status.effective',
  },
  matched,
  { name: 'Idle', type: 'integer', description: 'Idle containers', jsonPath: '.status.idleContainers' },
  { name: 'Swapped', type: 'string', description: 'Bytes in swap', jsonPath: '.status.summary.swapped', priority: 1 },
  { name: 'Reclaimed', type: 'string', description: 'Bytes freed', jsonPath: '.status.summary.reclaimed' },
  {
    name: 'WouldReclaim',
    type: 'string',
    description: 'Bytes of what is idle now that Enforce would have put into swap',
    jsonPath: '.status.summary.wouldReclaim',
  },
  { ...accepted, priority: 1 },
  {
    name: 'Programmed',
    type: 'string',
    description: 'Whether it has reached its nodes',
    jsonPath: conditionStatus('Programmed'),
    priority: 1,
  },
  { name: 'Priority', type: 'integer', description: 'Lower wins', jsonPath: '.spec.priority', priority: 1 },
  age,
];

const nodeColumns: readonly Column[] = [
  { name: 'Ready', type: 'string', description: 'Whether the agent follows', jsonPath: conditionStatus('Ready') },
  { name: 'Paused', type: 'string', description: 'Why it is paused', jsonPath: '.spec.paused.reasons' },
  { name: 'Swap', type: 'string', description: 'The kind of swap', jsonPath: '.status.node.swapKind' },
  { name: 'Agent', type: 'string', description: 'Its version', jsonPath: '.status.agent.version', priority: 1 },
  { name: 'Kernel', type: 'string', description: 'uname -r', jsonPath: '.status.agent.kernelRelease', priority: 1 },
  { name: 'Reported', type: 'date', description: 'When the agent reported', jsonPath: '.status.reportTime' },
  age,
];

export const kinds: readonly Kind[] = [
  {
    kind: policyKind,
    plural: 'memoryadvicepolicies',
    singular: 'memoryadvicepolicy',
    shortName: 'madv',
    scope: 'Namespaced',
    about:
      'Says which pods of its namespace are meant, what idle means for them, and what is done with their memory then.',
    spec: policySpec,
    status: policyStatus,
    writtenByUsers: true,
    columns: policyColumns,
  },
  {
    kind: clusterPolicyKind,
    plural: 'clustermemoryadvicepolicies',
    singular: 'clustermemoryadvicepolicy',
    shortName: 'cmadv',
    scope: 'Cluster',
    about: 'A policy for pods of any namespace that no MemoryAdvicePolicy selects.',
    spec: clusterPolicySpec,
    status: clusterPolicyStatus,
    writtenByUsers: true,
    columns: policyColumns,
  },
  {
    kind: limitKind,
    plural: 'memoryadvicelimits',
    singular: 'memoryadvicelimit',
    shortName: 'madl',
    scope: 'Cluster',
    about: 'What no policy may exceed where it matches. It selects no work and has no defaults.',
    spec: limitSpec,
    status: limitStatus,
    writtenByUsers: true,
    columns: [mode, matched, accepted, age],
  },
  {
    kind: nodeAdviceKind,
    plural: 'nodememoryadvices',
    singular: 'nodememoryadvice',
    shortName: 'nma',
    scope: 'Cluster',
    about: 'What the agent of the node of the same name is asked to do, and what it did. Written by Ebb only.',
    spec: nodeSpec,
    status: nodeStatus,
    writtenByUsers: false,
    columns: nodeColumns,
  },
];
