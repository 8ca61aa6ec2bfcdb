/**
 * MemoryAdviceLimit: what nobody may exceed. It selects no work and has no defaults: what it does not say, it does not
 * touch. The plan takes the tighter of policy and limits.
 */
import type * as z from 'zod';
import { bounds, words } from './bounds.ts';
import { choice, integer, keyedList, quantity, record } from './fields.ts';
import { clusterMetadata } from './metadata.ts';
import { typed, unreadStatus } from './policy.ts';
import { pressureGuard, refuseShortMaximum, shortMaximum } from './policy-body.ts';
import { rules } from './rules.ts';
import { labelSelector } from './selector.ts';

export const limitKind = 'MemoryAdviceLimit';

const limits = record({
  maxBytesPerSecond: quantity(...bounds.maxBytesPerSecond)
    .optional()
    .describe('No container is advised faster.'),
  maxBytesPerRound: quantity(...bounds.maxBytesPerRound)
    .optional()
    .describe('No pass over a container advises more.'),
  maxStallMicroseconds: integer(...bounds.maxStallMicroseconds)
    .optional()
    .describe('No call may hold the lock on a target’s address space longer.'),
  cooldownSeconds: integer(...bounds.cooldownSeconds)
    .optional()
    .describe('After a PageOut, the next one waits at least this long.'),
});

const refault = record({
  maxPercent: integer(...bounds.percent)
    .optional()
    .describe('More than this share came back: back off.'),
  withinSeconds: integer(...bounds.withinSeconds)
    .optional()
    .describe('At least what came back within this time counts.'),
  backoffSeconds: integer(...bounds.backoffSeconds)
    .optional()
    .describe('The first pause is at least this long.'),
  maxBackoffSeconds: integer(...bounds.maxBackoffSeconds)
    .optional()
    .describe('The longest pause is at least this long; not less than backoffSeconds.'),
})
  .check(({ value, issues }) => refuseShortMaximum(value, { value, issues }))
  .meta(rules(shortMaximum));

const swapGuard = record({
  minFreePercent: integer(...bounds.percent)
    .optional()
    .describe('At least this share of the swap stays free.'),
});

const guards = record({
  swap: swapGuard.optional().describe('Room that is left in the swap.'),
  pressure: keyedList(pressureGuard, ['resource', 'scope', 'kind'], 12, 'pressure guards')
    .optional()
    .describe('Asked as well as those of the policy; of two alike the lower bound holds.'),
  refault: refault.optional().describe('What happens when too much comes back too soon.'),
  minGainBytes: quantity(...bounds.minGainBytes)
    .optional()
    .describe('Less to gain than this is not worth a pass.'),
});

const memory = record({
  keepResidentBytes: quantity(...bounds.keepResidentBytes)
    .optional()
    .describe('At least this much of each container stays resident.'),
});

const node = record({
  maxBytesPerSecond: quantity(...bounds.maxBytesPerSecond)
    .optional()
    .describe('Bytes advised per second on one node, all containers together.'),
  maxSwapWriteBytesPerDay: quantity(...bounds.maxSwapWriteBytesPerDay)
    .optional()
    .describe(
      'Bytes that page-outs write to the swap of one node in any 24 hours, all containers together: what a disk endures.',
    ),
  minSwapFreePercent: integer(...bounds.percent)
    .optional()
    .describe('At least this share of the node’s swap stays free.'),
});

const namespace = record({
  maxSwappedBytesPerNode: quantity(...bounds.maxSwappedBytesPerNode)
    .optional()
    .describe('Bytes that the pods of one namespace that follow policies may have in the swap of one node.'),
});

export const limitSpec = record({
  namespaceSelector: labelSelector.optional().describe('Namespaces by their labels. Absent: every namespace.'),
  nodeSelector: labelSelector.optional().describe('Nodes by their labels. Absent: every node.'),
  mode: choice(words.mode)
    .optional()
    .describe('No policy may go further: Paused is the most cautious, then DryRun, then Enforce.'),
  limits: limits.optional().describe('The lower of these and the policy’s holds, of cooldownSeconds the higher.'),
  guards: guards.optional().describe('Added to the policy’s; of two alike the more cautious holds.'),
  memory: memory.optional().describe('The higher floor holds.'),
  node: node.optional().describe('Shared by all containers of a node.'),
  namespace: namespace.optional().describe('Shared by all containers of a namespace on one node.'),
}).describe('What nobody may exceed where this limit matches.');

export const memoryAdviceLimit = record({
  ...typed(limitKind),
  metadata: clusterMetadata.describe('As in every Kubernetes object.'),
  spec: limitSpec,
  status: unreadStatus,
});

export type MemoryAdviceLimit = z.infer<typeof memoryAdviceLimit>;
