/**
 * What the operator writes into the status of policies and limits. Bytes are quantities here: `kubectl get` shows them.
 * No enum: an older CRD must not refuse the status that a newer operator writes.
 */
import type * as z from 'zod';
import { anyCount } from './bounds.ts';
import { policyConditionList, reasonText } from './conditions.ts';
import { anyMap, integer, list, record, text, time } from './fields.ts';
import { uid } from './node-profile.ts';

const count = (meaning: string) => integer(0, 10_000_000).optional().describe(meaning);

/** Beyond 2^53 too: a cluster's sum over years. Net figures may be below zero. */
const sum = (meaning: string) =>
  text(32, /^-?[0-9]{1,28}(Ki|Mi|Gi|Ti|Pi|Ei)?$/, 'a quantity such as 512Mi')
    .optional()
    .describe(meaning);

const topPod = record({
  namespace: text(63, /^[a-z0-9-]+$/, 'a namespace').describe('The namespace of the pod.'),
  name: text(253, /^[a-z0-9.-]+$/, 'the name of a pod').describe('The name of the pod.'),
  node: text(253, /^[a-z0-9.-]+$/, 'the name of a node')
    .optional()
    .describe('Where it runs.'),
  residentBytes: sum('Anonymous memory that is resident.'),
  swappedBytes: sum('Memory that is in swap.'),
});

const nodes = record({
  total: count('Nodes that have pods of the policy.'),
  ready: count('Those whose agent follows it.'),
  silent: count('Those whose agent has said nothing for 600 seconds.'),
});

/** Nodes that vanish at once, beyond which one has to wait for the next. */
export const maxFolded = 256;

const vanished = record({
  netByteSeconds: sum('Of nodes that are gone.'),
  reclaimedBytesTotal: sum('Of nodes that are gone.'),
  refaultedBytesTotal: sum('Of nodes that are gone.'),
  objects: list(uid(), 0, maxFolded, 'UIDs')
    .optional()
    .describe('NodeMemoryAdvices that count here already and are not yet gone, by UID.'),
});

const seen = {
  observedGeneration: integer(...anyCount)
    .optional()
    .describe('The generation of spec that the operator has read.'),
  conditions: policyConditionList.optional(),
};

/** What it does in truth, and for how many of its pods where that is not so for all: DryRun 3/5. */
const inForce = text(96, /^[A-Za-z][A-Za-z0-9]*( [0-9]+\/[0-9]+)?$/, 'a word, and a share of the pods such as 3/5')
  .optional()
  .describe(
    'What it really does: Enforce, DryRun or Paused after limits, namespaces, pauses and ebb-switch, or the reason why nothing comes of it (docs/reasons.md). Where pods differ, what holds for most of them, and for how many: DryRun 3/5.',
  );

const rounded = (meaning: string) =>
  text(16, /^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|Ei)?$/, 'a rounded quantity such as 1.25Gi')
    .optional()
    .describe(meaning);

const summary = record({
  swapped: rounded('swappedBytes.'),
  reclaimed: rounded('reclaimedBytesTotal.'),
  wouldReclaim: rounded('wouldReclaimBytes.'),
});

export const policyStatus = record({
  ...seen,
  effective: inForce,
  matchedPods: count('Pods that the policy selects.'),
  overriddenPods: count('Those of them that follow another policy.'),
  nodes: nodes.optional().describe('Nodes that have pods of the policy.'),
  idleContainers: count('Containers that are idle now.'),
  residentBytes: sum('Anonymous memory of its containers that is resident.'),
  swappedBytes: sum('Memory of its containers that is in swap.'),
  netByteSeconds: sum('Bytes kept out of memory, less what that cost, times seconds, since the beginning.'),
  reclaimedBytesTotal: sum('Bytes freed since the beginning; never falls.'),
  wouldReclaimBytes: sum('Where it is a DryRun: bytes of containers idle now that Enforce would have put into swap.'),
  refaultedBytesTotal: sum('Bytes that came back since the beginning; never falls.'),
  summary: summary.optional().describe('The same figures, rounded down for kubectl get.'),
  topPods: list(topPod, 0, 20, 'pods').optional().describe('The pods with the most memory in swap.'),
  vanished: vanished
    .optional()
    .describe('What nodes that are gone had reached: part of the totals, which so never fall.'),
}).describe('What the operator has seen; nobody else writes it.');

const halted = record({
  since: time().describe('Since when.'),
  reason: reasonText().describe('Why: RolloutHalted.'),
  message: text(1024, /^[\x20-\x7e]+$/, 'printable ASCII').describe('Why, for people.'),
});

/** All that the operator needs to go on where the last one left off. */
export const rolloutStatus = record({
  generation: integer(...anyCount).describe('The generation of spec that is rolled out.'),
  nodesPercent: integer(1, 100).describe('Of the nodes that it has reached; 100: every one.'),
  since: time().describe('When it reached the last of them.'),
  settledGeneration: integer(...anyCount)
    .optional()
    .describe('The last generation that reached every node.'),
  settled: anyMap().optional().describe('The spec of that generation: in force on nodes that are not reached.'),
  reclaimedBytes: sum('Bytes freed on nodes that are reached, during this roll-out.'),
  refaultedBytes: sum('Bytes that came back there, during this roll-out.'),
  halted: halted.optional().describe('Present: no further node gets it until spec changes.'),
});

export const clusterPolicyStatus = policyStatus
  .extend({ rollout: rolloutStatus.optional().describe('How far the last change of spec has come.') })
  .describe('What the operator has seen; nobody else writes it.');

export const limitStatus = record({
  ...seen,
  matchedPods: count('Pods that the limit holds for.'),
}).describe('What the operator has seen; nobody else writes it.');

export type PolicyStatus = z.infer<typeof policyStatus>;
export type ClusterPolicyStatus = z.infer<typeof clusterPolicyStatus>;
export type RolloutStatus = z.infer<typeof rolloutStatus>;
export type LimitStatus = z.infer<typeof limitStatus>;
