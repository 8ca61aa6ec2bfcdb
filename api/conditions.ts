/** Conditions, as Kubernetes has them (metav1.Condition): which types there are, and the schema of one. */
import * as z from 'zod';
import { anyCount } from './bounds.ts';
import { choice, integer, keyedList, list, record, text, time } from './fields.ts';

/** Of policies and limits. */
export const policyConditions = {
  Accepted: 'The operator understands all of it.',
  Programmed: 'It has reached every node that it is for.',
  Overridden: 'All pods that it matches follow another policy.',
  Effective: 'The nodes can do what it asks.',
} as const;

/** Of a node’s object. */
export const nodeConditions = {
  Ready: 'The agent follows what spec says.',
  SwapAvailable: 'The node has swap that may be used.',
} as const;

export type PolicyCondition = keyof typeof policyConditions;
export type NodeCondition = keyof typeof nodeConditions;

/** CamelCase, so that a condition, an event and a metric can carry it unchanged (api/reasons.ts). */
export const reasonText = () => text(64, /^[A-Za-z][A-Za-z0-9]*$/, 'a reason in CamelCase');

const condition = record({
  type: reasonText().describe('What is said.'),
  status: choice(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  observedGeneration: integer(...anyCount)
    .optional()
    .describe('The generation of spec that was looked at.'),
  lastTransitionTime: time().describe('When status changed last.'),
  reason: reasonText().describe('Why, in one word; docs/reasons.md has them all.'),
  message: z.string().max(2048).describe('Why, for people.'),
});

export type Condition = z.infer<typeof condition>;

const listed = (types: Readonly<Record<string, string>>) =>
  Object.entries(types)
    .map(([type, meaning]) => `${type}: ${meaning}`)
    .join(' ');

/** Told apart by type, so that several writers may each own one. */
export const policyConditionList = keyedList(condition, ['type'], 8, 'conditions').describe(listed(policyConditions));

/** One writer, and every list of a node's object is atomic: map lists of its size are refused by etcd. */
export const nodeConditionList = list(condition, 0, 8, 'conditions').describe(listed(nodeConditions));
