/** What a pass did, in words and a table: what left, what was freed, and what stayed behind and why. */
import { type Reason, reasons } from '../../api/reasons.ts';
import type { Advice } from '../../native/worker.ts';
import type { PassOutcome, ProcessOutcome } from '../../node-agent/act/outcome.ts';
import type { Skip } from '../../node-agent/decide/ranges.ts';
import { commShown } from '../comm.ts';
import { type Column, renderTable, type TableLook } from '../table.ts';
import { bytesText, microsText } from '../units.ts';
import type { Dropped } from './reclaim.ts';

export interface Asked {
  readonly advice: Advice;
  readonly dryRun: boolean;
}

/** `dropped`: of the swap cache; null: it was not asked for. */
export function showPass(outcome: PassOutcome, asked: Asked, dropped: Dropped | null, look: TableLook): string {
  const rows = outcome.processes.map((one) => processRow(one, asked));
  return [
    renderTable(columns(asked), rows, look),
    ...skippedLines(outcome.processes),
    ...errorLines(outcome.processes),
    ...summary(outcome, asked, dropped).map((line) => `${line}\n`),
  ].join('');
}

function columns({ dryRun }: Asked): Column[] {
  const right = 'align' as const;
  const numbers = dryRun
    ? ['ANON', 'SWAP', 'WOULD ADVISE', 'WOULD MOVE']
    : ['ANON', 'AFTER', 'SWAP', 'AFTER', 'ADVISED', 'LEFT', 'FREED', 'CALLS', 'LONGEST'];
  return [
    { title: 'PID', [right]: 'right' },
    { title: 'CPID', [right]: 'right' },
    { title: 'COMMAND', flexible: true },
    { title: 'PROVEN BY' },
    ...numbers.map((title) => ({ title, [right]: 'right' as const })),
    { title: 'ERROR' },
  ];
}

function processRow(one: ProcessOutcome, { dryRun }: Asked): string[] {
  const numbers = dryRun
    ? [one.rssAnonBytes.before, one.swapBytes.before, one.advisedBytes, one.movableBytes].map(bytesText)
    : [
        ...[one.rssAnonBytes.before, one.rssAnonBytes.after, one.swapBytes.before, one.swapBytes.after].map(bytesText),
        ...[one.advisedBytes, one.reclaimedBytes, one.freedBytes].map(bytesText),
        String(one.calls),
        microsText(one.longestCallMicros),
      ];
  const names = [
    String(one.pid),
    one.containerPid === null ? '-' : String(one.containerPid),
    commShown(one.comm ?? '-'),
  ];
  return [...names, one.identity ?? '-', ...numbers, one.error ?? '-'];
}

/** One line for each reason, over all processes; the largest first. */
function skippedLines(processes: readonly ProcessOutcome[]): string[] {
  const sums = new Map<Reason, number>();
  for (const { reason, bytes } of processes.flatMap((one): readonly Skip[] => one.skipped)) {
    sums.set(reason, (sums.get(reason) ?? 0) + bytes);
  }
  const rows = [...sums].filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1]);
  if (rows.length === 0) return [];
  return [
    '\nleft alone:\n',
    ...rows.map(([reason, bytes]) => `  ${bytesText(bytes).padStart(9)}  ${reason}: ${reasons[reason]}\n`),
  ];
}

function errorLines(processes: readonly ProcessOutcome[]): string[] {
  const failed = processes.filter((one) => one.error !== null);
  if (failed.length === 0) return [];
  return ['\nerrors:\n', ...failed.map((one) => `  PID ${one.pid}: ${one.error}: ${reasons[one.error!]}\n`)];
}

function summary(outcome: PassOutcome, asked: Asked, dropped: Dropped | null): string[] {
  const { reason } = outcome;
  const stopped = reason === null ? [] : [`stopped before the end: ${reason}: ${reasons[reason]}.`];
  return ['', ...saidText(outcome, asked, dropped), ...stopped];
}

function saidText(outcome: PassOutcome, { advice, dryRun }: Asked, dropped: Dropped | null): string[] {
  const sum = (of: (one: ProcessOutcome) => number) => outcome.processes.reduce((total, one) => total + of(one), 0);
  const advised = bytesText(sum((one) => one.advisedBytes));
  const took = microsText(outcome.wallMillis * 1000);
  const movableBytes = sum((one) => one.movableBytes);
  const leftBytes = sum((one) => one.reclaimedBytes);
  const movable = bytesText(movableBytes);
  if (dryRun)
    return [`${advice}, dry run: would advise ${advised}, of which ${movable} can move; nothing was touched.`];
  if (advice !== 'PageOut') return [`${advice}: ${advised} advised in ${took}. ${meaning[advice]}`];
  return [
    `PageOut: ${advised} advised, ${bytesText(leftBytes)} left in ${took}, ${freedText(outcome)}.`,
    ...stayedText(movableBytes, leftBytes),
    ...awaitingText(outcome, dropped),
  ];
}

const meaning: Readonly<Record<Exclude<Advice, 'PageOut'>, string>> = {
  Cold: 'The kernel takes these pages first when memory runs short; until then they stay resident.',
  WillNeed: 'What was in swap is read back and waits in the swap cache; RssAnon rises as the process touches it.',
  Collapse: 'Huge pages were made where the kernel could.',
};

function freedText({ freedBytes, compressedBytes }: PassOutcome): string {
  if (freedBytes === null) return "what was freed can't be told (no memory cgroup of its own)";
  if (freedBytes <= 0) return 'nothing freed';
  const net = compressedBytes > 0 ? ` net of the ${bytesText(compressedBytes)} that compressed swap grew` : '';
  return `${bytesText(freedBytes)} freed${net}`;
}

/** A few pages that stay are no riddle. */
const leastToldBytes = 2 ** 20;

/** The kernel says it took the advice whether or not it did anything. */
function stayedText(movableBytes: number, leftBytes: number): string[] {
  if (movableBytes < leastToldBytes || leftBytes >= movableBytes / 2) return [];
  return [
    'Most of it stayed: the kernel passes over pages that several processes map (after a fork), pinned pages, and what ' +
      'swap, or memory.swap.max, has no room for.',
  ];
}

function awaitingText({ awaitingReclaimBytes }: PassOutcome, dropped: Dropped | null): string[] {
  if (dropped !== null) {
    const [freed, waited] = [dropped.droppedBytes, dropped.waitedBytes].map(bytesText);
    return [`Reclaimed: ${freed} of the ${waited} that waited in the swap cache are free now.`];
  }
  if (awaitingReclaimBytes === 0) return [];
  const waiting = bytesText(awaitingReclaimBytes);
  return [
    `AwaitingReclaim: ${waiting} unmapped and written to swap, but still in memory as swap cache until something ` +
      'reclaims them; of these nothing is saved yet (--allow-reclaim has the cgroup drop them).',
  ];
}
