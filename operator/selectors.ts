/** Label selectors made into functions, with Kubernetes' own meaning. candidates.ts makes each once, select.ts asks it. */
import type { LabelSelector } from '../api/selector.ts';
import type { TextMap } from './snapshot.ts';

export type Matches = (labels: TextMap) => boolean;

export const matchesAll: Matches = () => true;

/** An absent selector, and an empty one, match everything. */
export function selectorMatches(selector: LabelSelector | undefined): Matches {
  const wanted = [
    ...Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => hasValue(key, [value])),
    ...(selector?.matchExpressions ?? []).map(expressionMatches),
  ];
  return wanted.length === 0 ? matchesAll : (labels) => wanted.every((matches) => matches(labels));
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

/** A missing label is in no set, so NotIn takes it; a label with an empty value exists. */
function expressionMatches({ key, operator, values = [] }: Expression): Matches {
  switch (operator) {
    case 'In':
      return hasValue(key, values);
    case 'NotIn':
      return not(hasValue(key, values));
    case 'Exists':
      return (labels) => Object.hasOwn(labels, key);
    case 'DoesNotExist':
      return (labels) => !Object.hasOwn(labels, key);
  }
}

function hasValue(key: string, values: readonly string[]): Matches {
  const allowed = new Set(values);
  return (labels) => Object.hasOwn(labels, key) && allowed.has(labels[key]!);
}

function not(matches: Matches): Matches {
  return (labels) => !matches(labels);
}
