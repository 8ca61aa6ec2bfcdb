/** Whether the nodes can do what a policy asks: what their agents say of it, and which of them say nothing. Pure. */

import type { Condition } from '../api/conditions.ts';
import { countText } from '../api/count.ts';
import { carries, isSilent, silentMillis } from './figures.ts';
import type { NodeReport } from './node-report.ts';
import { byText } from './precedence.ts';

interface Effective {
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

export function effective(uid: string, reports: readonly NodeReport[], now: number): Effective {
  const here = reports.filter((report) => carries(report, uid));
  const heard = here.map((report) => ({ report, says: saysOf(report, uid, now) }));
  const problems = Map.groupBy(
    heard.filter(({ says }) => says !== 'yes' && says !== 'nothing yet'),
    ({ says }) => says,
  );
  const waiting = heard.filter(({ says }) => says === 'nothing yet').length;
  const note = waiting > 0 ? `; ${countText(waiting, 'have', 'has')} not reported of it yet` : '';
  const first = [...problems].sort(([a, some], [b, others]) => others.length - some.length || byText(a, b));
  if (first[0]) {
    const message = first.map(
      ([reason, nodes]) => `${reason} on ${nodes.length} of ${countText(here.length, 'nodes')}${named(nodes)}`,
    );
    return { status: 'False', reason: first[0][0], message: message.join('; ') + note };
  }
  if (waiting === here.length) return { status: 'Unknown', reason: 'NoReports', message: unheard(here.length) };
  return {
    status: 'True',
    reason: 'Effective',
    message: `${here.length - waiting} of ${countText(here.length, 'nodes')} can do it${note}`,
  };
}

function unheard(nodes: number): string {
  if (nodes === 0) return 'no node’s object has it';
  return nodes === 1 ? 'its only node has not reported of it yet' : `none of ${nodes} nodes has reported of it yet`;
}

/** 'yes', 'nothing yet', or the reason why not. */
export function saysOf(report: NodeReport, uid: string, now: number): string {
  const isNew = now - Date.parse(report.createdAt) <= silentMillis;
  if (report.reportTime === null && isNew) return 'nothing yet';
  if (isSilent(report, now)) return 'AgentSilent';
  const unready = report.conditions.find(({ type, status }) => type === 'Ready' && status === 'False');
  const row = report.policies.get(uid)?.row ?? null;
  return row?.reason ?? (unready?.reason || null) ?? (row === null ? 'nothing yet' : 'yes');
}

const maxNamed = 3;

function named(nodes: readonly { readonly report: NodeReport }[]): string {
  const names = nodes.map(({ report }) => report.node).sort(byText);
  return ` (${names.slice(0, maxNamed).join(', ')}${names.length > maxNamed ? ', …' : ''})`;
}
