/** Why a pod's containers are as they are, as text. Pure. */
import { escapeText } from '../../../api/escape.ts';
import { type Column, renderPairs, renderTable, type TableLook } from '../../table.ts';
import { bytesText } from '../../units.ts';
import { agoText, meaningOf, reasonText, toned } from '../text.ts';
import type { WhyContainer, WhyView } from './view.ts';

export function showWhy(view: WhyView, now: number, look: TableLook): string {
  const { pod, node } = view;
  const pairs: [string, string][] = [
    ['pod', escapeText(`${pod.namespace}/${pod.name}`, 400)],
    ['node', `${escapeText(pod.node, 253)}, ${heardText(view, now)}`],
    ...node.reasons.map(({ reason, message }): [string, string] => [
      'held back by',
      toned(`${reasonText(reason)}${message === '' ? '' : ` (${escapeText(message, 300)})`}`, 'bad', look.colour),
    ]),
    ['policy', policyText(view)],
  ];
  const containers = view.containers.map((one) => `\n${renderPairs(containerPairs(one, view, now, look))}`).join('');
  return `${renderPairs(pairs)}${containers}${notTaken(view, look)}`;
}

function heardText({ node }: WhyView, now: number): string {
  if (node.heard === 'no object') return 'which has no object of Ebb';
  if (node.reportTime === null) return 'whose agent has not reported';
  const behind = node.current ? '' : ', not on the newest spec';
  return `whose agent reported ${agoText(node.reportTime, now)} ago${behind}`;
}

function policyText({ policy, pod }: WhyView): string {
  if (policy === null)
    return `none has it: kubectl ebb policies ${escapeText(pod.name, 253)} -n ${escapeText(pod.namespace)}`;
  const limits =
    policy.limits.length === 0 ? '' : `, tightened by ${policy.limits.map((name) => escapeText(name, 253)).join(', ')}`;
  const acts = policy.mode === 'DryRun' ? '; the states are what would be' : '';
  return `${escapeText(policy.name, 317)} (${escapeText(policy.mode)}${acts})${limits}`;
}

function containerPairs(one: WhyContainer, view: WhyView, now: number, { colour }: TableLook): [string, string][] {
  const { state, reason, meaning } = one;
  const stuck = state === 'Skipped' || state === 'Backoff';
  const since = one.since === null ? '' : ` for ${agoText(one.since, now)}`;
  return [
    ['container', escapeText(one.name)],
    ['state', `${toned(escapeText(state), stuck ? 'bad' : 'plain', colour)}${since}`],
    ['reason', reason === null ? meaning : `${escapeText(reason)}: ${meaning}`],
    ['next step', blockerText(one)],
    ['memory', memoryText(one)],
    ['last advice', lastText(one, view, now)],
  ];
}

function blockerText({ blocker }: WhyContainer): string {
  if (blocker === null) return '-';
  return `held back by ${escapeText(blocker.signal)}: observed ${blocker.observed}, allowed ${blocker.allowed}`;
}

function memoryText(one: WhyContainer): string {
  if (one.residentBytes === null) return '-';
  const limit = one.swapLimitBytes === null ? '' : ` of ${bytesText(one.swapLimitBytes)} that it may`;
  const peak =
    one.peakResidentBytes === null
      ? ''
      : `, at most ${bytesText(one.peakResidentBytes)} resident since it was idle last`;
  return `${bytesText(one.residentBytes)} anonymous resident, ${bytesText(one.swappedBytes)} in swap${limit}${peak}`;
}

function lastText(one: WhyContainer, { policy }: WhyView, now: number): string {
  const { lastAdvice, lastAdviceTime, wouldReclaimBytes } = one;
  const would = wouldReclaimBytes === null ? '' : `; ${bytesText(wouldReclaimBytes)} would be in swap`;
  if (lastAdvice === null) return policy?.mode === 'DryRun' ? `none: DryRun${would}` : 'none';
  return `${escapeText(lastAdvice)}${lastAdviceTime === null ? '' : ` ${agoText(lastAdviceTime, now)} ago`}`;
}

function notTaken({ notTaken: policies, containers }: WhyView, look: TableLook): string {
  if (policies === null || containers.length > 0 || policies.length === 0) return '';
  const columns: Column[] = [
    { title: 'POLICY', flexible: true },
    { title: 'OUTCOME' },
    { title: 'REASON' },
    { title: 'WHY', flexible: true },
  ];
  const rows = policies.map(({ policy, outcome, reason, words }) => [
    escapeText(policy, 317),
    outcome,
    reason ?? '-',
    outcome === 'Follows' ? meaningOf('Pending') : words,
  ]);
  return `\n${renderTable(columns, rows, look)}`;
}
