/** The cluster in numbers, for the metrics: nodes by what their agents say, policies by their conditions. Pure. */
import { policyConditions } from '../api/conditions.ts';
import { reasons } from '../api/reasons.ts';
import { isSilent } from './figures.ts';
import type { NodeReport } from './node-report.ts';
import { listAt, textAt } from './raw.ts';

/** Ready and NotReady are what the agent says; NoReport: there is an object, and no agent has written into it yet. */
export const nodeStates = ['Ready', 'NotReady', 'Silent', 'NoReport'] as const;
export type NodeState = (typeof nodeStates)[number];

export function nodeCensus(reports: Iterable<NodeReport>, now: number): ReadonlyMap<NodeState, number> {
  const counts = new Map<NodeState, number>(nodeStates.map((state) => [state, 0]));
  for (const report of reports) add(counts, stateOf(report, now));
  return counts;
}

function stateOf(report: NodeReport, now: number): NodeState {
  if (report.reportTime === null) return 'NoReport';
  if (isSilent(report, now)) return 'Silent';
  return report.conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ? 'Ready' : 'NotReady';
}

export interface ConditionCount {
  readonly condition: string;
  readonly status: string;
  readonly reason: string;
  readonly count: number;
}

const statuses = ['True', 'False', 'Unknown'];

/** Whatever stands in a status: what has no meaning to Ebb is counted under Other, so that nobody can make series. */
export function conditionCensus(all: Iterable<{ readonly status: unknown }>): ConditionCount[] {
  const counts = new Map<string, number>();
  for (const { status } of all)
    for (const one of listAt(status, 'conditions')) {
      const condition = textAt(one, 'type') ?? '';
      if (!Object.hasOwn(policyConditions, condition)) continue;
      const said = textAt(one, 'status') ?? '';
      const reason = textAt(one, 'reason') ?? '';
      const known = Object.hasOwn(reasons, reason) ? reason : 'Other';
      add(counts, [condition, statuses.includes(said) ? said : 'Unknown', known].join(' '));
    }
  return [...counts].map(([key, count]) => {
    const [condition = '', status = '', reason = ''] = key.split(' ');
    return { condition, status, reason, count };
  });
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
