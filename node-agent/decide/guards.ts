/**
 * Guards: an ordered list of small checks that stop an advice here and name their reason. The same are asked before a
 * pass (ladder.ts) and, those that can change meanwhile, between its slices.
 */
import type { Profile } from '../../api/profile.ts';
import type { Reason } from '../../api/reasons.ts';
import type { Backoff } from './backoff.ts';
import type { ContainerInput, NodeInput, PressureInput, Refusal } from './inputs.ts';
import { leftBytes, noSwapBounds, type SwapBounds } from './swap-bounds.ts';

export interface LastPass {
  readonly at: number;
  readonly ranges: 'KeepHot' | 'All';
  /** ContainerInput.anonBytes right after it; null: it ended early or was a dry run, so that more is to be had. */
  readonly anonBytesAfter: number | null;
}

export interface GuardInput {
  readonly now: number;
  readonly node: NodeInput;
  readonly container: ContainerInput;
  readonly swap: SwapBounds;
  /** WorkerGone, Degraded, AnotherAgent: why this agent begins nothing now. */
  readonly unable: Reason | null;
}

/** One question to the guards. */
export interface GuardQuestion extends GuardInput {
  readonly guards: Profile['guards'];
  readonly cooldownSeconds: number;
  readonly keepResidentBytes: number;
  readonly ranges: 'KeepHot' | 'All';
  /** What would move next and is counted as moved; 0 before a pass and during a slice, else the slice. */
  readonly nextBytes: number;
  readonly lastPageOut: LastPass | null;
  readonly backoff: Backoff;
}

export type Guard = (question: GuardQuestion) => Refusal | null;

const refusal = (reason: Reason, signal: string, observed: number, allowed: number): Refusal => ({
  reason,
  blocker: { signal, observed: Math.round(observed), allowed: Math.round(allowed) },
});

const unable: Guard = ({ unable }) => (unable === null ? null : { reason: unable, blocker: null });

const swapoff: Guard = ({ node }) => (node.swapoff ? { reason: 'SwapoffInProgress', blocker: null } : null);

const noSwap: Guard = ({ node }) => (node.swapTotalBytes > 0 ? null : refusal('NoSwap', 'swapTotalBytes', 0, 1));

const swapForbidden: Guard = ({ container }) =>
  container.swapMaxBytes === 0 ? refusal('SwapForbidden', 'memory.swap.max', 0, 1) : null;

/** For what moves next, and at least what is worth a pass. */
export const neededRoom = ({ minGainBytes }: Pick<Profile['guards'], 'minGainBytes'>, nextBytes = 0): number =>
  Math.max(nextBytes, Math.min(minGainBytes, 1024 * 1024), 1);

const swapLimited: Guard = ({ container, guards, nextBytes }) => {
  const needed = neededRoom(guards, nextBytes);
  if (container.swapRoomBytes === null || container.swapRoomBytes >= needed) return null;
  return refusal('SwapLimited', 'memory.swap.max.room', container.swapRoomBytes, needed);
};

const bounded =
  (which: keyof SwapBounds, reason: Reason, signal: string): Guard =>
  ({ swap, guards, nextBytes }) => {
    const bound = swap[which];
    if (bound === null || leftBytes({ ...noSwapBounds, [which]: bound }) >= neededRoom(guards, nextBytes)) return null;
    return refusal(reason, signal, bound.usedBytes + nextBytes, bound.allowedBytes);
  };

const namespaceSwapLimited = bounded('namespace', 'NamespaceSwapLimited', 'namespaceSwapBytes');
const swapWriteLimited = bounded('writes', 'SwapWriteLimited', 'swapWriteBytesPerDay');

/** Counts what moves next as used already: others swap at the same time. */
const swapFull: Guard = ({ node, guards, nextBytes }) => {
  const freePercent = (100 * (node.swapFreeBytes - nextBytes)) / Math.max(1, node.swapTotalBytes);
  if (node.swapFreeBytes <= 0 || freePercent < guards.swapMinFreePercent) {
    return refusal('SwapFull', 'swapFreePercent', Math.max(0, freePercent), guards.swapMinFreePercent);
  }
  if (node.zram === null) return null;
  const zramPercent = (100 * (node.zram.limitBytes - node.zram.usedBytes)) / Math.max(1, node.zram.limitBytes);
  return zramPercent > 0 && zramPercent >= guards.swapMinFreePercent
    ? null
    : refusal('SwapFull', 'zramFreePercent', Math.max(0, zramPercent), guards.swapMinFreePercent);
};

const pressure =
  (scope: 'Node' | 'Container', reason: Reason): Guard =>
  (question) => {
    const stalls = scope === 'Node' ? question.node.pressure : question.container.pressure;
    for (const guard of question.guards.pressure) {
      if (guard.scope !== scope) continue;
      const signal = `pressure${scope}${guard.resource}${guard.kind}`;
      const stall = stallOf(stalls, guard.resource, guard.kind);
      if (stall === null) return refusal('SignalMissing', signal, 0, guard.maxStallMillisecondsPerMinute);
      if (stall > guard.maxStallMillisecondsPerMinute)
        return refusal(reason, signal, stall, guard.maxStallMillisecondsPerMinute);
    }
    return null;
  };

function stallOf(pressures: PressureInput, resource: 'Memory' | 'IO' | 'CPU', kind: 'Some' | 'Full'): number | null {
  const stalls = { Memory: pressures.memory, IO: pressures.io, CPU: pressures.cpu }[resource];
  if (stalls === null) return null;
  return kind === 'Some' ? stalls.some : stalls.full;
}

const nodePressure = pressure('Node', 'NodePressure');
const containerPressure = pressure('Container', 'ContainerPressure');

/** process_madvise ignores memory.min and memory.low; Ebb does not. */
const protectedMemory: Guard = ({ container, nextBytes }) => {
  if (container.protectedBytes === 0 || container.usageBytes === null) return null;
  const left = container.usageBytes - nextBytes;
  return left > container.protectedBytes
    ? null
    : refusal('Protected', 'memory.current', left, container.protectedBytes);
};

const frozen: Guard = ({ container }) => (container.frozen ? { reason: 'Frozen', blocker: null } : null);
const traced: Guard = ({ container }) => (container.traced ? { reason: 'Traced', blocker: null } : null);
const realTime: Guard = ({ container }) => (container.realTime ? { reason: 'RealTime', blocker: null } : null);

const refaultBackoff: Guard = ({ backoff, now }) =>
  backoff.until !== null && now < backoff.until ? { reason: 'RefaultBackoff', blocker: backoff.blocker } : null;

const cooldown: Guard = ({ lastPageOut, now, cooldownSeconds }) => {
  if (lastPageOut === null) return null;
  const seconds = (now - lastPageOut.at) / 1000;
  return seconds >= cooldownSeconds ? null : refusal('Cooldown', 'secondsSincePageOut', seconds, cooldownSeconds);
};

const belowMinGain: Guard = ({ container, guards, keepResidentBytes }) => {
  const gain = Math.max(0, container.anonBytes - container.lockedBytes - container.pinnedBytes - keepResidentBytes);
  return gain > 0 && gain >= guards.minGainBytes
    ? null
    : refusal('BelowMinGain', 'reclaimableBytes', gain, guards.minGainBytes);
};

/** Android's ratio: below 12 MB nothing is worth a pass, below 8 MB of change nothing is worth another. */
const changeShare = 2 / 3;

/** A pass of the same strength would find what the last one left. */
const littleChanged: Guard = ({ container, guards, lastPageOut, ranges }) => {
  if (
    lastPageOut === null ||
    lastPageOut.anonBytesAfter === null ||
    (ranges === 'All' && lastPageOut.ranges === 'KeepHot')
  )
    return null;
  const changed = Math.abs(container.anonBytes - lastPageOut.anonBytesAfter);
  const needed = guards.minGainBytes * changeShare;
  return changed >= needed ? null : refusal('BelowMinGain', 'bytesChangedSincePageOut', changed, needed);
};

/** What can turn while a page-out runs. What can't be helped by waiting comes first, so that it is what `why` shows. */
const pageOutSliceGuards: readonly Guard[] = [
  unable,
  noSwap,
  swapoff,
  swapForbidden,
  swapLimited,
  namespaceSwapLimited,
  swapWriteLimited,
  swapFull,
  protectedMemory,
  frozen,
  traced,
  realTime,
  nodePressure,
  containerPressure,
];

export const pageOutGuards: readonly Guard[] = [
  ...pageOutSliceGuards,
  refaultBackoff,
  belowMinGain,
  cooldown,
  littleChanged,
];

/** Cold moves nothing and needs no swap. */
const coldSliceGuards: readonly Guard[] = [unable, frozen, traced, realTime];
export const coldGuards: readonly Guard[] = [...coldSliceGuards, belowMinGain];

/** A further round of a step that reached maxBytesPerRound: what only guards its start is settled. */
export const nextRoundGuards: readonly Guard[] = pageOutGuards.filter(
  (guard) => guard !== cooldown && guard !== littleChanged,
);

export function firstRefusal(guards: readonly Guard[], question: GuardQuestion): Refusal | null {
  for (const guard of guards) {
    const refused = guard(question);
    if (refused) return refused;
  }
  return null;
}

/** Between slices of a pass; null: go on. */
export const guardsBetweenSlices = (advice: 'Cold' | 'PageOut', question: GuardQuestion): Refusal | null =>
  firstRefusal(advice === 'Cold' ? coldSliceGuards : pageOutSliceGuards, question);
