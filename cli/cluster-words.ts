/** What the kinds that only a cluster knows would do, in words; policy-words.ts says the rest. Pure. */
import type { MemoryAdviceLimit } from '../api/limit.ts';
import type { ClusterMemoryAdvicePolicy } from '../api/policy.ts';
import type { Profile } from '../api/profile.ts';
import { type LabelSelector, selectsEverything } from '../api/selector.ts';
import { classWords, duration, nameWords, profileWords } from './policy-words.ts';

const clusterOnly = '  for a cluster; an agent without one refuses the file';

export function clusterPolicyWords({ spec }: ClusterMemoryAdvicePolicy, profile: Profile): string[] {
  const { nodesPercent, stepSeconds, haltRefaultPercent } = spec.rollout;
  const { include = null, exclude = null } = spec.containers;
  const selects = [
    selectorWords('pod', spec.podSelector),
    whereWords(spec),
    classWords({ qosClasses: spec.qosClasses, withoutQoSClass: false }),
    nameWords({ include, exclude }),
  ];
  return [
    ...profileWords(profile, selects.filter((words) => words !== '').join(', ')),
    `  reaches ${nodesPercent} % of the nodes every ${duration(stepSeconds)}, halts above ${haltRefaultPercent} % coming back`,
    clusterOnly,
  ];
}

export function limitWords({ metadata, spec }: MemoryAdviceLimit): string[] {
  const { namespaceSelector: _, nodeSelector: __, ...bounds } = spec;
  const lines = boundLines(bounds, []);
  return [
    `${metadata.name}: a limit for ${whereWords(spec)}`,
    ...(lines.length > 0 ? lines : ['  limits nothing']),
    clusterOnly,
  ];
}

type Where = Pick<MemoryAdviceLimit['spec'], 'namespaceSelector' | 'nodeSelector'>;

function whereWords({ namespaceSelector = {}, nodeSelector = {} }: Where): string {
  return `${selectorWords('namespace', namespaceSelector)}, ${selectorWords('node', nodeSelector)}`;
}

/** As kubectl writes selectors. Keys and values are plain ASCII by the schema. */
function selectorWords(what: string, selector: LabelSelector): string {
  if (selectsEverything(selector)) return `every ${what}`;
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const others = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(', ')})`;
  });
  return `${what}s with ${[...equal, ...others].join(', ')}`;
}

/** One line a bound, by the path of its field. */
function boundLines(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value))
    return value.map((item) => `  ${path.join('.')}: ${Object.values(item as object).join(' ')}`);
  if (typeof value !== 'object' || value === null) return [`  ${path.join('.')}: ${value}`];
  return Object.entries(value).flatMap(([name, field]) => boundLines(field, [...path, name]));
}
