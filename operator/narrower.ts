/**
 * What a cluster policy selects before and after an edit: whether it is no more than before, and what both select.
 * held.ts asks during a roll-out. Where a text does not tell, it counts as more.
 */
import type { LabelSelector } from '../api/selector.ts';
import type { ClusterSpec } from './snapshot.ts';

export type Selection = Pick<
  ClusterSpec,
  'podSelector' | 'namespaceSelector' | 'nodeSelector' | 'qosClasses' | 'criticalPods' | 'containers'
>;

export function selectsNoMore(current: Selection, before: Selection): boolean {
  return (
    isNoWider(current.podSelector, before.podSelector) &&
    isNoWider(current.namespaceSelector, before.namespaceSelector) &&
    isNoWider(current.nodeSelector, before.nodeSelector) &&
    current.qosClasses.every((each) => before.qosClasses.includes(each)) &&
    (current.criticalPods === 'Exclude' || before.criticalPods === 'Include') &&
    meansNoMore(current.containers, before.containers)
  );
}

export function selectedByBoth(current: Selection, before: Selection): Selection {
  return {
    podSelector: both(current.podSelector, before.podSelector) ?? {},
    namespaceSelector: both(current.namespaceSelector, before.namespaceSelector),
    nodeSelector: both(current.nodeSelector, before.nodeSelector),
    qosClasses: current.qosClasses.filter((each) => before.qosClasses.includes(each)),
    criticalPods: current.criticalPods === 'Include' ? before.criticalPods : 'Exclude',
    containers: meantByBoth(current.containers, before.containers),
  };
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

function both(a: LabelSelector | undefined, b: LabelSelector | undefined): LabelSelector | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { matchExpressions: [...expressionsOf(a), ...expressionsOf(b)] };
}

function expressionsOf(selector: LabelSelector | undefined): Expression[] {
  const labels = Object.entries(selector?.matchLabels ?? {});
  const equal = labels.map(([key, value]) => ({ key, operator: 'In' as const, values: [value] }));
  return [...equal, ...(selector?.matchExpressions ?? [])];
}

function isNoWider(current: LabelSelector | undefined, before: LabelSelector | undefined): boolean {
  const own = expressionsOf(current);
  return expressionsOf(before).every((asked) => own.some((each) => implies(each, asked)));
}

/** Whatever the first takes, the second takes too. */
function implies(one: Expression, other: Expression): boolean {
  if (one.key !== other.key) return false;
  const [values, others] = [one.values ?? [], other.values ?? []];
  switch (other.operator) {
    case 'In':
      return one.operator === 'In' && values.every((value) => others.includes(value));
    case 'NotIn':
      if (one.operator === 'In') return !values.some((value) => others.includes(value));
      if (one.operator === 'NotIn') return others.every((value) => values.includes(value));
      return one.operator === 'DoesNotExist';
    case 'Exists':
      return one.operator === 'In' || one.operator === 'Exists';
    case 'DoesNotExist':
      return one.operator === 'DoesNotExist';
  }
}

type Containers = ClusterSpec['containers'];

function meansNoMore({ include, exclude = [] }: Containers, before: Containers): boolean {
  const isOut = (name: string): boolean => (include ? !include.includes(name) : exclude.includes(name));
  const included = before.include;
  return (
    (before.exclude ?? []).every(isOut) && (!included || include?.every((name) => included.includes(name)) === true)
  );
}

/** Both fields at once, which no policy may say, and which candidates.ts reads all the same. */
function meantByBoth(current: Containers, before: Containers): Containers {
  const include = current.include?.filter((name) => before.include?.includes(name) ?? true) ?? before.include;
  const exclude = [...new Set([...(current.exclude ?? []), ...(before.exclude ?? [])])];
  return { ...(include && { include }), ...(exclude.length > 0 && { exclude }) };
}
