/**
 * MemoryAdvicePolicy as a file of the standalone agent may hold it: the cluster's schema word for word, plus one block
 * that selects without pods (docs/decisions/0002-standalone-selection.md). A policy has podSelector or that block.
 */
import type * as z from 'zod';
import { words } from './bounds.ts';
import { choice, list, record, refuse, set, text } from './fields.ts';
import { memoryAdvicePolicy } from './policy.ts';
import { policyBody } from './policy-body.ts';
import { labelSelector } from './selector.ts';

const segment = '(?!\\.{1,2}(/|$))[^/\\x00-\\x1f\\x7f]+';
const cgroupPattern = new RegExp(`^(/${segment})+$`);
const idPattern = /^([a-z][a-z-]{0,31}:\/\/)?[A-Za-z0-9][A-Za-z0-9_.-]*$/;

const cgroup = text(1024, cgroupPattern, 'a cgroup path such as /system.slice/*.service, starting with "/"');
const containerID = text(160, idPattern, 'a container ID, or at least 8 digits of its start');

const selection = record({
  cgroups: list(cgroup, 1, 64, 'cgroup paths')
    .optional()
    .describe(
      'Paths below the memory controller’s mount. * stands for anything within one name, ** for any number of names.',
    ),
  containerIDs: list(containerID, 1, 64, 'container IDs')
    .optional()
    .describe('Whole IDs as the runtime says them, or the first 8 or more hexadecimal digits.'),
}).check((context) => {
  const { cgroups, containerIDs } = context.value;
  if (!cgroups && !containerIDs) refuse(context, [], 'cgroups, containerIDs or both');
});

const spec = record({
  podSelector: labelSelector
    .optional()
    .describe('As in a cluster; without one only {} selects, and only where no namespace is given.'),
  standalone: selection
    .optional()
    .describe('Selects without a cluster, in place of podSelector; a cluster refuses it.'),
  ...policyBody,
  qosClasses: set(choice(words.qosClass), 1, 3, 'QoS classes')
    .optional()
    .describe('Absent: Burstable, BestEffort, and what has no QoS class. Written: only these.'),
}).check((context) => {
  const { podSelector, standalone } = context.value;
  if (podSelector && standalone) refuse(context, ['standalone'], 'podSelector or standalone, not both');
  if (!podSelector && !standalone)
    refuse(context, ['podSelector'], 'podSelector or standalone; {} selects every pod container');
});

export const standalonePolicy = memoryAdvicePolicy.extend({ spec: spec.describe('What is wanted.') });
export type StandalonePolicy = z.infer<typeof standalonePolicy>;
export type StandaloneSelection = z.infer<typeof selection>;
