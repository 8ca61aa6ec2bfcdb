/** The agent's answer as text for people: one container in full, or a line for each. */
import { countText } from '../../api/count.ts';
import { escapeText } from '../../api/escape.ts';
import { type Reason, reasons } from '../../api/reasons.ts';
import type { AgentState, Blocker, ContainerState, DecisionState } from '../../node-agent/report/state.ts';
import { type Column, renderPairs, renderTable, type TableLook } from '../table.ts';
import { bytesText, microsText, secondsText } from '../units.ts';

export function showContainer(one: ContainerState, nowMillis: number, look: TableLook): string {
  const pairs: [string, string][] = [
    ['container', one.id === null ? '-' : escapeText(one.id)],
    ['cgroup', escapeText(one.cgroup, 1024)],
    ['pod', one.podUID === null ? '-' : escapeText(one.podUID)],
    ['policy', policyText(one)],
    ['state', `${stateText(one)} since ${sinceText(one.since, nowMillis)}`],
    ['reason', reasonText(one.reason)],
    ['held back by', one.blocker === null ? '-' : blockerText(one.blocker)],
    ['next', nextText(one)],
    [
      'memory',
      `${bytesText(one.anonBytes)} anonymous resident, ${bytesText(one.swapBytes)} in swap, ${countText(one.processes, 'processes')}`,
    ],
    ['last advice', lastText(one)],
    ['ledger', ledgerText(one)],
  ];
  if (one.passRunning !== null) pairs.push(['running now', one.passRunning]);
  return `${renderPairs(pairs)}\n${showDecisions(one.decisions, look)}`;
}

export function showAll(state: AgentState, nowMillis: number, look: TableLook): string {
  const columns: Column[] = [
    { title: 'CONTAINER' },
    { title: 'STATE' },
    { title: 'REASON' },
    { title: 'FOR', align: 'right' },
    { title: 'ANON', align: 'right' },
    { title: 'SWAP', align: 'right' },
    { title: 'FREED', align: 'right' },
    { title: 'POLICY', flexible: true },
    { title: 'CGROUP', flexible: true },
  ];
  const rows = state.containers.map((one) => [
    escapeText(one.id?.slice(0, 12) ?? '-'),
    stateText(one),
    one.reason,
    agoText(one.since, nowMillis),
    bytesText(one.anonBytes),
    bytesText(one.swapBytes),
    bytesText(one.ledger.freedBytes),
    escapeText(one.policy ?? '-'),
    escapeText(one.cgroup, 1024),
  ]);
  const table = rows.length === 0 ? 'the agent sees no container\n' : renderTable(columns, rows, look);
  return `${agentText(state, nowMillis)}\n\n${table}${policyErrors(state)}`;
}

function agentText({ agent, policies, node }: AgentState, nowMillis: number): string {
  const names = policies.map(({ name, mode }) => `${escapeText(name)} (${mode})`).join(', ');
  const swap =
    node.swapTotalBytes === 0
      ? 'no swap'
      : `${bytesText(node.swapFreeBytes)} of ${bytesText(node.swapTotalBytes)} swap free`;
  const held = agent.held === null ? '' : `\nheld back by ${reasonText(agent.held)}`;
  return `agent ${escapeText(agent.version)} (PID ${agent.pid}) for ${agoText(agent.since, nowMillis)}, ${swap}; policies: ${names || 'none'}${held}`;
}

const policyErrors = (state: AgentState): string =>
  state.policyErrors.map((error) => `policy error: ${escapeText(error, 1000)}\n`).join('');

/** In DryRun it is the state that would be. */
const stateText = ({ state, mode }: ContainerState): string => (mode === 'DryRun' ? `${state} (DryRun)` : state);

function policyText(one: ContainerState): string {
  if (one.policy === null) return 'none selects it';
  return `${escapeText(one.policy)}${one.mode === null ? '' : ` (${one.mode})`}`;
}

export const reasonText = (reason: Reason): string => `${reason}: ${reasons[reason] ?? 'unknown to this version'}`;

const blockerText = ({ signal, observed, allowed }: Blocker): string =>
  `${escapeText(signal)}: observed ${number(observed)}, allowed ${number(allowed)}`;

const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));

/** A step that waits for time alone is held back by a signal in seconds. */
function nextText({ blocker, reason }: ContainerState): string {
  if (blocker === null || !waitsForTime.has(reason)) return '-';
  return `the next step in ${secondsText(Math.max(0, blocker.allowed - blocker.observed))}, if it stays idle`;
}

const waitsForTime: ReadonlySet<Reason> = new Set<Reason>(['Idle', 'Cooldown']);

function lastText(one: ContainerState): string {
  if (one.lastAdvice === null) return 'none';
  const { advice, time, dryRun, reason } = one.lastAdvice;
  const stopped = reason === null ? '' : `, stopped: ${reasonText(reason)}`;
  return `${advice}${dryRun ? ' (dry run)' : ''} at ${escapeText(time)}${stopped}`;
}

function ledgerText({ ledger }: ContainerState): string {
  if (ledger.passes === 0) return 'nothing done yet';
  const awaiting =
    ledger.awaitingReclaimBytes > 0 ? `, ${bytesText(ledger.awaitingReclaimBytes)} awaiting reclaim` : '';
  return (
    `${ledger.passes} passes: ${bytesText(ledger.unmappedBytes)} unmapped, ${bytesText(ledger.freedBytes)} freed${awaiting}, ` +
    `${bytesText(ledger.cameBackBytes)} came back, ${microsText(ledger.stallMicros)} in calls, the longest ${microsText(ledger.longestCallMicros)}`
  );
}

function showDecisions(decisions: readonly DecisionState[], look: TableLook): string {
  if (decisions.length === 0) return 'no decision yet\n';
  const columns: Column[] = [
    { title: 'TIME' },
    { title: 'TIMES', align: 'right' },
    { title: 'STATE' },
    { title: 'REASON' },
    { title: 'ACTION' },
    { title: 'HELD BACK BY', flexible: true },
    { title: 'MADE FROM', flexible: true },
  ];
  const rows = decisions.map((one) => [
    escapeText(one.time),
    String(one.times),
    one.state,
    one.reason,
    one.action,
    one.blocker === null ? '-' : blockerText(one.blocker),
    escapeText(
      Object.entries(one.inputs)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
      1000,
    ),
  ]);
  return renderTable(columns, rows, look);
}

const sinceText = (time: string, nowMillis: number): string => `${escapeText(time)} (${agoText(time, nowMillis)})`;

function agoText(time: string, nowMillis: number): string {
  const millis = nowMillis - Date.parse(time);
  return Number.isFinite(millis) ? secondsText(Math.max(0, millis / 1000)) : '-';
}
