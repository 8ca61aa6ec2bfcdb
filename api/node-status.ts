/**
 * The status of a node's object: what its agent saw and did. One writer, ebb-agent of that node; every list is atomic.
 * Words are free CamelCase texts, no enums: an older CRD must not refuse what a newer agent reports.
 */
import type * as z from 'zod';
import { anyCount } from './bounds.ts';
import { nodeConditionList, reasonText } from './conditions.ts';
import { integer, list, record, text, time } from './fields.ts';
import { uid } from './node-profile.ts';

const number = (meaning: string) =>
  integer(...anyCount)
    .optional()
    .describe(meaning);
const word = (meaning: string) => reasonText().optional().describe(meaning);
const printable = (maxLength: number) => text(maxLength, /^[\x20-\x7e]+$/, 'printable ASCII');

const agent = record({
  version: printable(64).optional().describe('Of the agent.'),
  kernelRelease: printable(128).optional().describe('As uname -r says it.'),
  cgroupVersion: integer(1, 2).optional().describe('Where the memory controller is.'),
  supportedAdvice: list(reasonText(), 0, 8, 'kinds of advice')
    .optional()
    .describe('Advice that this kernel takes for another process: Cold, PageOut, WillNeed, Collapse.'),
});

const node = record({
  swapTotalBytes: number('Swap of the node.'),
  swapFreeBytes: number('Swap that is free.'),
  swapKind: word('Zram, Disk, Mixed or None.'),
});

const policy = record({
  uid: uid().describe('The UID of the policy.'),
  reason: word('Why the node does not follow it, such as Unsupported. Absent: it does.'),
  containers: number('Containers that follow it.'),
  idleContainers: number('Those that are idle.'),
  residentBytes: number('Anonymous memory that is resident.'),
  swappedBytes: number('Memory that is in swap.'),
  netByteSeconds: text(32, /^-?[0-9]{1,24}$/, 'a whole number, as text')
    .optional()
    .describe('Bytes kept out of memory, less what that cost, times seconds. As text: it may pass 2^53.'),
  reclaimedBytesTotal: number('Bytes freed since the object was made.'),
  wouldReclaimBytes: number('Mode DryRun: bytes of containers idle now that Enforce would have put into swap.'),
  refaultedBytesTotal: number('Bytes that came back since the object was made.'),
});

const blocker = record({
  signal: text(64, /^[A-Za-z][A-Za-z0-9.]*$/, 'the name of a signal').describe('What was looked at.'),
  observed: integer(...anyCount).describe('What it was.'),
  allowed: integer(...anyCount).describe('What it may be.'),
});

const container = record({
  podUID: uid().describe('The UID of its pod.'),
  name: text(63, /^[a-z0-9-]+$/, 'the name of a container').describe('Its name in the pod.'),
  state: reasonText().describe('Idle, Cold, PagedOut, Waking, Skipped or Backoff.'),
  reason: word('Why; docs/reasons.md has them all.'),
  since: time().optional().describe('When it came into this state.'),
  anonBytes: number('Anonymous memory that is resident.'),
  swapBytes: number('Memory that is in swap.'),
  swapLimitBytes: number('What it may have in swap. Absent: no limit.'),
  wouldReclaimBytes: number('Mode DryRun: what Enforce would have put into swap since it became idle.'),
  peakResidentBytes: number('The most that was resident since it was last idle.'),
  lastAdvice: word('Cold, PageOut or WillNeed.'),
  lastAdviceTime: time().optional().describe('When that was.'),
  blocker: blocker.optional().describe('What keeps it from the next step.'),
});

export const nodeStatus = record({
  observedGeneration: number('The generation of spec that the agent follows.'),
  reportTime: time().optional().describe('When the agent wrote this; at least every 300 seconds.'),
  conditions: nodeConditionList.optional(),
  agent: agent.optional().describe('Who reports.'),
  node: node.optional().describe('The node as a whole.'),
  policies: list(policy, 0, 64, 'policies').optional().describe('Sums, one entry a policy.'),
  containers: list(container, 0, 256, 'containers')
    .optional()
    .describe('Containers that are not Active, those with the most memory first.'),
  omittedContainers: number('Containers that found no room in the list.'),
}).describe('What the agent of the node saw and did; nobody else writes it.');

export type NodeStatus = z.infer<typeof nodeStatus>;
export type ContainerStatus = z.infer<typeof container>;
