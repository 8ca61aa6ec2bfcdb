/**
 * The rules that are nowhere looser than either of two, and whether one is looser than another anywhere. What a
 * MemoryAdviceLimit may tighten is tightened by bounds.ts; the other fields are here. held.ts asks during a roll-out.
 */
import type { Window } from '../api/profile.ts';
import { type LimitSpec, mostCautious, type Rules, tighten } from './bounds.ts';
import { stricterLadder } from './ladders.ts';

/** As the schema of a profile says it. */
const maxCommands = 64;

/**
 * Where both have nothing in common that a profile could say (windows, kinds of memory), it stays at DryRun: what touches
 * nothing is looser than nothing.
 */
export function stricterOf(current: Rules, before: Rules): Rules {
  const tight = tighten(current, asLimit(before));
  const windows = windowsOfBoth(current.windows, before.windows);
  const kinds = current.memory.kinds.filter((kind) => before.memory.kinds.includes(kind));
  const excludeCommands = [...new Set([...current.memory.excludeCommands, ...before.memory.excludeCommands])];
  const stepped = { ...tight, idle: stricterIdle(current.idle, before.idle), wake: smallerWake(current, before) };
  const memory = {
    ...tight.memory,
    minRangeBytes: Math.max(current.memory.minRangeBytes, before.memory.minRangeBytes),
  };
  const steps = stricterLadder(current.steps, before.steps);
  if (windows === null || kinds.length === 0 || excludeCommands.length > maxCommands)
    return { ...stepped, mode: mostCautious(tight.mode, 'DryRun'), steps, memory };
  return { ...stepped, steps, memory: { ...memory, kinds, excludeCommands }, windows };
}

/** Rules that touch nothing are looser than none. */
export function isNoLooser(rules: Rules, than: Rules): boolean {
  return rules.mode !== 'Enforce' || JSON.stringify(stricterOf(rules, than)) === JSON.stringify(rules);
}

function asLimit({ mode, limits, guards, memory }: Rules): LimitSpec {
  const { swapMinFreePercent, pressure, refault, minGainBytes } = guards;
  return {
    mode,
    limits,
    guards: { swap: { minFreePercent: swapMinFreePercent }, pressure: [...pressure], refault, minGainBytes },
    memory: { keepResidentBytes: memory.keepResidentBytes },
  };
}

function stricterIdle(a: Rules['idle'], b: Rules['idle']): Rules['idle'] {
  return {
    windowSeconds: Math.max(a.windowSeconds, b.windowSeconds),
    maxCPUMillicores: Math.min(a.maxCPUMillicores, b.maxCPUMillicores),
    maxNetworkBytesPerSecond: lower(a.maxNetworkBytesPerSecond, b.maxNetworkBytesPerSecond),
    maxIOBytesPerSecond: lower(a.maxIOBytesPerSecond, b.maxIOBytesPerSecond),
    // Honor may call idle what the signals do not, Ignore what the annotation does not: Require asks both.
    declared: a.declared === b.declared ? a.declared : 'Require',
    minPodAgeSeconds: Math.max(a.minPodAgeSeconds, b.minPodAgeSeconds),
  };
}

/** null: not looked at. */
function lower(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** To bring memory back takes memory. */
function smallerWake({ wake: a }: Rules, { wake: b }: Rules): Rules['wake'] {
  return { advice: a.advice === 'None' ? a.advice : b.advice, maxBytes: Math.min(a.maxBytes, b.maxBytes) };
}

/** Windows that open at the same moments, for the shorter of their times; null: none, and yet both have some. */
function windowsOfBoth(current: readonly Window[], before: readonly Window[]): readonly Window[] | null {
  if (current.length === 0 || before.length === 0) return current.length === 0 ? before : current;
  const kept = current.flatMap((window) => {
    const same = before.filter(
      ({ schedule, timeZone }) => schedule === window.schedule && timeZone === window.timeZone,
    );
    const longest = Math.max(0, ...same.map(({ durationSeconds }) => durationSeconds));
    return longest === 0 ? [] : [{ ...window, durationSeconds: Math.min(window.durationSeconds, longest) }];
  });
  return kept.length === 0 ? null : kept;
}
