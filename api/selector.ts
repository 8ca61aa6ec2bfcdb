/** Label selectors, as Kubernetes has them: matchLabels and matchExpressions, all of which must hold. */
import * as z from 'zod';
import { choice, list, oneOf, record, refuse, text } from './fields.ts';
import { rules } from './rules.ts';

const namePart = '[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const prefixPart = '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?';
const keyPattern = new RegExp(`^(${prefixPart}/)?${namePart}$`);
const valuePattern = new RegExp(`^(${namePart})?$`);

const keyText = 'a label key such as tier or example.com/tier';
const valueText = 'a label value: letters, digits, "-", "_", "." (at most 63 characters; quote numbers and true)';

export const labelKey = text(317, keyPattern, keyText);
export const labelValue = z
  .string({ error: valueText })
  .max(63, valueText)
  .regex(valuePattern, valueText)
  .meta({ allowed: valueText });
export const labels = z
  .record(labelKey, labelValue, { error: labelMapError })
  .refine((map) => Object.keys(map).length <= 64, { error: 'a map of at most 64 labels' })
  .meta({ maxProperties: 64, allowedKeys: keyText });

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

const operatorRules = rules(
  {
    rule: '!(self.operator in ["In", "NotIn"]) || (has(self.values) && size(self.values) > 0)',
    message: 'values: at least one label value, which In and NotIn need',
  },
  {
    rule: 'self.operator in ["In", "NotIn"] || !has(self.values) || size(self.values) == 0',
    message: 'values: no values with Exists and DoesNotExist; In or NotIn take them',
  },
);

const expression = record({
  key: labelKey.describe('The key of the label.'),
  operator: choice(operators).describe('In and NotIn need values, Exists and DoesNotExist take none.'),
  values: list(labelValue, 0, 64, 'label values').optional().describe('What In and NotIn compare with.'),
})
  .check((context) => {
    const { operator, values = [] } = context.value;
    const needed = operator === 'In' || operator === 'NotIn';
    if (needed && values.length === 0) refuse(context, ['values'], `at least one label value, which ${operator} needs`);
    if (!needed && values.length > 0)
      refuse(context, ['values'], `no values with ${operator}; ${oneOf(['In', 'NotIn'])} take them`);
  })
  .meta(operatorRules);

export const labelSelector = record({
  matchLabels: labels.optional().describe('Labels that a pod must have with exactly these values.'),
  matchExpressions: list(expression, 0, 64, 'expressions').optional().describe('Conditions on labels; all must hold.'),
});

export type LabelSelector = z.infer<typeof labelSelector>;

/** {} selects everything; so do an empty matchLabels and an empty matchExpressions. */
export function selectsEverything(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

function labelMapError(issue: z.core.$ZodRawIssue): string {
  return issue.code === 'invalid_key' ? keyText : 'a map of labels, such as {tier: web}';
}
