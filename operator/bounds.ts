/**
 * Limits over a policy: each field of a MemoryAdviceLimit tightens the resolved rules and never loosens them. Order does
 * not matter, and twice is as good as once (test/unit/operator/bounds-laws.test.ts). profiles.ts calls it.
 */
import type { MemoryAdviceLimit } from '../api/limit.ts';
import type { Mode, PressureGuard, Profile } from '../api/profile.ts';
import { type Quantity, quantityBytes } from '../api/quantity.ts';
import { byText } from './precedence.ts';

/** What a policy asks for, whoever it is and whoever else there is. */
export type Rules = Omit<Profile, 'name' | 'source' | 'priority'>;
export type LimitSpec = MemoryAdviceLimit['spec'];

/** A limit that can't be read could say anything. */
const unreadable: LimitSpec = { mode: 'DryRun' };

export function tighten(rules: Rules, limit: LimitSpec | null): Rules {
  const { mode, limits, guards, memory } = limit ?? unreadable;
  const floor = bytes(memory?.keepResidentBytes);
  return {
    ...rules,
    mode: mostCautious(rules.mode, mode),
    limits: tighterLimits(rules.limits, limits),
    guards: tighterGuards(rules.guards, guards),
    memory: { ...rules.memory, keepResidentBytes: higher(rules.memory.keepResidentBytes, floor) },
  };
}

/** In one order, so that rules that mean the same are the same. */
export function inOrder(guards: readonly PressureGuard[]): PressureGuard[] {
  return guards.toSorted((a, b) => byText(pressureKey(a), pressureKey(b)));
}

const caution: Readonly<Record<Mode, number>> = { Enforce: 0, DryRun: 1, Paused: 2 };

export function mostCautious(mode: Mode, other: Mode | undefined): Mode {
  return other !== undefined && caution[other] > caution[mode] ? other : mode;
}

function tighterLimits(limits: Rules['limits'], other: LimitSpec['limits']): Rules['limits'] {
  return {
    maxBytesPerSecond: lower(limits.maxBytesPerSecond, bytes(other?.maxBytesPerSecond)),
    maxBytesPerRound: lower(limits.maxBytesPerRound, bytes(other?.maxBytesPerRound)),
    maxStallMicroseconds: lower(limits.maxStallMicroseconds, other?.maxStallMicroseconds),
    cooldownSeconds: higher(limits.cooldownSeconds, other?.cooldownSeconds),
  };
}

function tighterGuards(guards: Rules['guards'], other: LimitSpec['guards']): Rules['guards'] {
  return {
    swapMinFreePercent: higher(guards.swapMinFreePercent, other?.swap?.minFreePercent),
    pressure: bothPressures(guards.pressure, other?.pressure ?? []),
    refault: tighterRefault(guards.refault, other?.refault),
    minGainBytes: higher(guards.minGainBytes, bytes(other?.minGainBytes)),
  };
}

type Refault = Rules['guards']['refault'];

/** The longest pause follows where the first one has grown past it. */
function tighterRefault(refault: Refault, other: NonNullable<LimitSpec['guards']>['refault']): Refault {
  const backoffSeconds = higher(refault.backoffSeconds, other?.backoffSeconds);
  return {
    maxPercent: lower(refault.maxPercent, other?.maxPercent),
    withinSeconds: higher(refault.withinSeconds, other?.withinSeconds),
    backoffSeconds,
    maxBackoffSeconds: Math.max(higher(refault.maxBackoffSeconds, other?.maxBackoffSeconds), backoffSeconds),
  };
}

function bothPressures(guards: readonly PressureGuard[], others: readonly PressureGuard[]): readonly PressureGuard[] {
  const kept = new Map<string, PressureGuard>();
  for (const guard of [...guards, ...others]) {
    const before = kept.get(pressureKey(guard));
    if (!before || guard.maxStallMillisecondsPerMinute < before.maxStallMillisecondsPerMinute)
      kept.set(pressureKey(guard), guard);
  }
  return inOrder([...kept.values()]);
}

function pressureKey({ resource, scope, kind }: PressureGuard): string {
  return `${resource} ${scope} ${kind}`;
}

function lower(value: number, bound: number | undefined): number {
  return bound === undefined ? value : Math.min(value, bound);
}

function higher(value: number, bound: number | undefined): number {
  return bound === undefined ? value : Math.max(value, bound);
}

function bytes(value: Quantity | undefined): number | undefined {
  return value === undefined ? undefined : quantityBytes(value);
}
