/** The answer of `policies` as text: whom the pod follows, then a line for each policy and limit. Pure. */
import { escapeText } from '../../../api/escape.ts';
import type { Profile } from '../../../api/profile.ts';
import { profileWords } from '../../policy-words.ts';
import { type Column, renderPairs, renderTable, type TableLook } from '../../table.ts';
import { meaningOf, reasonText, toned } from '../text.ts';
import type { PoliciesView } from './view.ts';

/** `rules`: those in force, for -o wide; null: none, or not asked for. */
export function showPolicies(view: PoliciesView, rules: Profile | null, look: TableLook): string {
  const pairs: [string, string][] = [
    ['pod', `${escapeText(`${view.pod.namespace}/${view.pod.name}`, 400)} on ${escapeText(view.pod.node, 253)}`],
    ['follows', followsText(view, look)],
    ...view.notes.map((note): [string, string] => ['held back', reasonText(note)]),
    ['containers', view.containers.map((name) => escapeText(name)).join(', ') || '-'],
    ['node has it', programmedText(view, look)],
  ];
  const words = rules === null ? [] : profileWords(rules, view.containers.join(', ')).slice(2);
  const inForce = words.length === 0 ? '' : `\nin force:\n${words.map((line) => `${line}\n`).join('')}`;
  return `${renderPairs(pairs)}\n${policyTable(view, look)}${limitTable(view, look)}${inForce}`;
}

function followsText({ follows, mode, reason }: PoliciesView, { colour }: TableLook): string {
  if (follows === null) return toned(reasonText(reason ?? 'NoPolicy'), 'bad', colour);
  return `${escapeText(follows, 317)} (${escapeText(mode ?? '')})`;
}

function programmedText({ programmed, follows }: PoliciesView, { colour }: TableLook): string {
  if (programmed === null) return 'not to be seen';
  if (programmed) return follows === null ? 'yes: it does not list the pod' : 'yes';
  return toned(`not yet: ${meaningOf('Pending')}`, 'bad', colour);
}

function policyTable({ policies }: PoliciesView, look: TableLook): string {
  if (policies.length === 0) return 'there is no policy for pods of this namespace\n';
  const columns: Column[] = [
    { title: 'POLICY', flexible: true },
    { title: 'MODE' },
    { title: 'PRIORITY', align: 'right' },
    { title: 'OUTCOME' },
    { title: 'REASON' },
    { title: 'WHY', flexible: true },
  ];
  const rows = policies.map(({ policy, mode, priority, outcome, reason, words }) => [
    escapeText(policy, 317),
    mode ?? '-',
    priority === null ? '-' : String(priority),
    outcome,
    reason ?? '-',
    words,
  ]);
  return renderTable(columns, rows, look);
}

function limitTable({ limits }: PoliciesView, look: TableLook): string {
  if (limits.length === 0) return '';
  const columns: Column[] = [
    { title: 'LIMIT', flexible: true },
    { title: 'MATCHES' },
    { title: 'WHAT IT DOES', flexible: true },
  ];
  const rows = limits.map(({ limit, matches, words }) => [
    escapeText(limit, 253),
    matches ? 'yes' : 'no',
    escapeText(words, 1000),
  ]);
  return `\n${renderTable(columns, rows, look)}`;
}
