/** Says where rules are looser than others, field by field, without any of the code that tightens. */
import type { PressureGuard, Step, Window } from '../../../api/profile.ts';
import type { Rules } from '../../../operator/bounds.ts';

const caution = ['Enforce', 'DryRun', 'Paused'];

type Comparison = readonly [string, number, number];

/** Every field that a limit may touch, in the direction in which it is tighter. */
export function looserThanLimits(after: Rules, before: Rules): string[] {
  const atMost: Comparison[] = [
    ...(['maxBytesPerSecond', 'maxBytesPerRound', 'maxStallMicroseconds'] as const).map(
      (key) => [key, after.limits[key], before.limits[key]] as const,
    ),
    ['maxPercent', after.guards.refault.maxPercent, before.guards.refault.maxPercent],
  ];
  const atLeast: Comparison[] = [
    ['mode', caution.indexOf(after.mode), caution.indexOf(before.mode)],
    ['cooldownSeconds', after.limits.cooldownSeconds, before.limits.cooldownSeconds],
    ['keepResidentBytes', after.memory.keepResidentBytes, before.memory.keepResidentBytes],
    ['swapMinFreePercent', after.guards.swapMinFreePercent, before.guards.swapMinFreePercent],
    ['minGainBytes', after.guards.minGainBytes, before.guards.minGainBytes],
    ...(['withinSeconds', 'backoffSeconds', 'maxBackoffSeconds'] as const).map(
      (key) => [key, after.guards.refault[key], before.guards.refault[key]] as const,
    ),
  ];
  const pressures = before.guards.pressure.filter((guard) => !isKept(guard, after));
  return [...beyond(atMost, atLeast), ...pressures.map(({ resource }) => `pressure ${resource}`)];
}

/** All the others too; rules that touch nothing are looser than none. */
export function looserFields(after: Rules, before: Rules): string[] {
  if (after.mode !== 'Enforce') return [];
  const atMost: Comparison[] = [
    ['maxCPUMillicores', after.idle.maxCPUMillicores, before.idle.maxCPUMillicores],
    ['network', rate(after.idle.maxNetworkBytesPerSecond), rate(before.idle.maxNetworkBytesPerSecond)],
    ['io', rate(after.idle.maxIOBytesPerSecond), rate(before.idle.maxIOBytesPerSecond)],
    ['wake', after.wake.advice === 'WillNeed' ? 1 : 0, before.wake.advice === 'WillNeed' ? 1 : 0],
    ['wake.maxBytes', after.wake.maxBytes, before.wake.maxBytes],
  ];
  const atLeast: Comparison[] = [
    ['windowSeconds', after.idle.windowSeconds, before.idle.windowSeconds],
    ['minPodAgeSeconds', after.idle.minPodAgeSeconds, before.idle.minPodAgeSeconds],
    ['minRangeBytes', after.memory.minRangeBytes, before.memory.minRangeBytes],
  ];
  const { kinds, excludeCommands } = before.memory;
  const others: [string, boolean][] = [
    ['declared', after.idle.declared === before.idle.declared || after.idle.declared === 'Require'],
    ['kinds', after.memory.kinds.every((kind) => kinds.includes(kind))],
    ['excludeCommands', excludeCommands.every((name) => after.memory.excludeCommands.includes(name))],
    ['steps', asksNoMore(after.steps, before.steps)],
    ['windows', opensNoMore(after.windows, before.windows)],
  ];
  const broken = others.filter(([, holds]) => !holds).map(([key]) => key);
  return [...looserThanLimits(after, before), ...beyond(atMost, atLeast), ...broken];
}

function beyond(atMost: readonly Comparison[], atLeast: readonly Comparison[]): string[] {
  return [
    ...atMost.filter(([, now, then]) => now > then).map(([key]) => key),
    ...atLeast.filter(([, now, then]) => now < then).map(([key]) => key),
  ];
}

const rate = (value: number | null): number => value ?? Number.POSITIVE_INFINITY;

function isKept(guard: PressureGuard, { guards }: Rules): boolean {
  return guards.pressure.some(
    ({ resource, scope, kind, maxStallMillisecondsPerMinute }) =>
      resource === guard.resource &&
      scope === guard.scope &&
      kind === guard.kind &&
      maxStallMillisecondsPerMinute <= guard.maxStallMillisecondsPerMinute,
  );
}

/** At no moment has more been asked for, of whatever strength. */
function asksNoMore(after: readonly Step[], before: readonly Step[]): boolean {
  const count = (steps: readonly Step[], moment: number, out: boolean, all: boolean): number =>
    steps.filter(
      ({ advice, afterIdleSeconds, ranges }) =>
        afterIdleSeconds <= moment && (!out || advice === 'PageOut') && (!all || ranges === 'All'),
    ).length;
  return after.every(({ afterIdleSeconds: moment }) =>
    [true, false].every((out) =>
      [true, false].every((all) => count(after, moment, out, all) <= count(before, moment, out, all)),
    ),
  );
}

function opensNoMore(after: readonly Window[], before: readonly Window[]): boolean {
  if (before.length === 0) return true;
  const within = (one: Window): boolean =>
    before.some(
      ({ schedule, timeZone, durationSeconds }) =>
        schedule === one.schedule && timeZone === one.timeZone && durationSeconds >= one.durationSeconds,
    );
  return after.length > 0 && after.every(within);
}
