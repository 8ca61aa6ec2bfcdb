/** What the agent knows at this moment, as its report says it: from what is tracked to plain data. */

import { release } from 'node:os';
import { countText } from '../../api/count.ts';
import type { ContainerStatus, NodeStatus } from '../../api/node-status.ts';
import type { Reason } from '../../api/reasons.ts';
import { missingToAdvise, missingToLearn, rightText } from '../act/rights.ts';
import { type Clocks, clocksNow } from '../clocks.ts';
import type { NodeSignals } from '../observe/node.ts';
import type { Orders } from '../source.ts';
import type { Parts, Ticker } from '../tick.ts';
import type { Tracked } from '../tracked.ts';
import type { Following } from './following.ts';
import { policyRows } from './policy-rows.ts';
import { type Known, type Said, secondsText } from './status.ts';
import type { PolicyTotals } from './totals.ts';

export interface Knowing {
  readonly version: string;
  readonly parts: Parts;
  readonly ticker: Ticker;
  readonly following: Following;
  readonly orders: Orders;
  readonly totals: PolicyTotals;
  readonly supportedAdvice: readonly string[];
  /** As an agent before this one reported them; null: this one knows better. */
  readonly standing: readonly ContainerStatus[] | null;
}

export function knownOf(knowing: Knowing): Known {
  const { ticker, following } = knowing;
  const node = ticker.lastNode;
  return {
    generation: following.generation,
    conditions: [ready(knowing), swapAvailable(node)],
    agent: agentOf(knowing),
    ...(node && { node: nodeOf(node) }),
    policies: policyRows(following.spec, ticker, knowing.totals, missingToAdvise(knowing.parts.worker.hello)),
    containers: knowing.standing ?? [...ticker.tracked.values()].flatMap(containerStatus),
  };
}

const printable = (text: string, maxLength: number): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, maxLength);

function agentOf({ version, parts, supportedAdvice }: Knowing): NonNullable<NodeStatus['agent']> {
  return {
    version: printable(version, 64),
    kernelRelease: printable(release(), 128),
    cgroupVersion: parts.hierarchies.memoryVersion,
    supportedAdvice: [...supportedAdvice],
  };
}

function nodeOf({ swapTotalBytes, swapFreeBytes, devices }: NodeSignals): NonNullable<NodeStatus['node']> {
  return { swapTotalBytes: swapTotalBytes ?? 0, swapFreeBytes: swapFreeBytes ?? 0, swapKind: swapKind(devices) };
}

export function swapKind(devices: NodeSignals['devices']): 'Zram' | 'Disk' | 'Mixed' | 'None' {
  const zrams = devices.filter(({ kind }) => kind === 'zram').length;
  if (devices.length === 0) return 'None';
  if (zrams === 0) return 'Disk';
  return zrams === devices.length ? 'Zram' : 'Mixed';
}

function ready({ orders, following, ticker, parts }: Knowing): Said {
  const said = { type: 'Ready', holds: false } as const;
  const { stop, restore, observe } = orders;
  if (following.trouble !== null) return { ...said, ...following.trouble };
  if (stop !== null) return { ...said, reason: stop, message: 'no advice is given' };
  if (restore !== null) return { ...said, ...restoring(ticker, restore) };
  const right = missingToAdvise(parts.worker.hello);
  if (right !== null) return { ...said, reason: right, message: rightText[right] };
  if (observe !== null) return { ...said, reason: observe, message: 'every policy counts as DryRun' };
  const refused = following.spec?.refused.map(({ name }) => name) ?? [];
  const learning = parts.config.learnHotRanges ? missingToLearn(parts.worker.hello) : null;
  const lines = [
    refused.length === 0 ? [] : `without ${refused.join(', ')}`,
    learning === null ? [] : rightText[learning],
  ];
  return { type: 'Ready', holds: true, reason: 'Following', message: lines.flat().join('; ') };
}

/** How far the way back is; of those, too, that no policy means any more. */
export function restoring(ticker: Ticker, restore: Reason): { readonly reason: Reason; readonly message: string } {
  const left = [...ticker.tracked.values()].filter((one) => one.pagedOutByUs && !one.restored);
  if (left.length === 0) return { reason: 'Restored', message: 'what was paged out was brought back' };
  return {
    reason: restore,
    message: `${countText(left.length, 'containers are', 'container is')} still to be brought back`,
  };
}

function swapAvailable(node: NodeSignals | null): Said {
  const said = { type: 'SwapAvailable', holds: false, message: '' } as const;
  if (node?.swapoffInProgress) return { ...said, reason: 'SwapoffInProgress' satisfies Reason };
  if ((node?.swapTotalBytes ?? 0) === 0) return { ...said, reason: 'NoSwap' satisfies Reason };
  return { ...said, holds: true, reason: 'SwapPresent' satisfies Reason };
}

/** Those that a policy means and that are not Active. */
function containerStatus(tracked: Tracked): ContainerStatus[] {
  const { pod, profile, decision, input } = tracked;
  if (pod === null || (profile !== null && (decision?.state ?? 'Active') === 'Active')) return [];
  const waits = decision?.state === 'PagedOut' && tracked.awaitingBytes > 0;
  const blocker = decision?.blocker ?? null;
  return [
    {
      podUID: pod.podUID,
      name: pod.name,
      state: decision?.state ?? 'Skipped',
      reason: waits ? 'AwaitingReclaim' : (decision?.reason ?? tracked.unselected),
      ...(decision && { since: sinceOf(tracked, decision.since) }),
      ...(input && { anonBytes: whole(input.anonBytes), swapBytes: whole(input.swapBytes) }),
      ...(tracked.wouldReclaimBytes > 0 && { wouldReclaimBytes: whole(tracked.wouldReclaimBytes) }),
      ...(input && { peakResidentBytes: whole(tracked.peakResidentBytes) }),
      ...(input?.swapMaxBytes != null && { swapLimitBytes: whole(input.swapMaxBytes) }),
      ...lastAdviceOf(tracked),
      ...(blocker && /^[A-Za-z][A-Za-z0-9.]{0,63}$/.test(blocker.signal) && { blocker: wholeBlocker(blocker) }),
    },
  ];
}

/**
 * What an agent before this one did stands until this one does something: the next agent reads it here. Before the first look
 * it may have been done to another container.
 */
function lastAdviceOf({ before, lastRealAdvice: last, input }: Tracked): LastAdvice {
  if (last !== null) return { lastAdvice: last.advice, lastAdviceTime: secondsText(new Date(last.time)) };
  if (before === null || input === null) return {};
  return { lastAdvice: before.advice, lastAdviceTime: secondsText(new Date(before.advisedAt)) };
}

type LastAdvice = Pick<ContainerStatus, 'lastAdvice' | 'lastAdviceTime'>;

const whole = (value: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(value)));

const wholeBlocker = ({ signal, observed, allowed }: NonNullable<ContainerStatus['blocker']>) => ({
  signal,
  observed: whole(observed),
  allowed: whole(allowed),
});

/** To the nearest second: an agent after this one reads it by other clocks, and is to tell the same. */
export const sinceText = (since: number, { monotonic, wall }: Clocks): string =>
  secondsText(new Date(1000 * Math.round((wall - (monotonic - since)) / 1000)));

/** As wall time once: the two clocks drift, and a report must not change for it. */
const told = new WeakMap<Tracked, { readonly since: number; readonly text: string }>();

function sinceOf(tracked: Tracked, since: number): string {
  const before = told.get(tracked);
  if (before?.since === since) return before.text;
  const text = sinceText(since, clocksNow());
  told.set(tracked, { since, text });
  return text;
}
