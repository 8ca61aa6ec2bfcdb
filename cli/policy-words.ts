/** What a policy would do, in words: a reader should find a slip of a zero here before the agent does. Pure. */
import { escapeText } from '../api/escape.ts';
import type { Profile, Step } from '../api/profile.ts';
import { formatQuantity } from '../api/quantity.ts';
import type { SelectingProfile, Selection } from '../node-agent/standalone/match.ts';

const modes = {
  DryRun: 'decides and says what it would do, touches nothing (mode: DryRun)',
  Enforce: 'acts (mode: Enforce)',
  Paused: 'does nothing (mode: Paused)',
} as const;

export function policyWords({ profile, selects }: SelectingProfile): string[] {
  return profileWords(profile, selectionWords(selects));
}

export function profileWords(profile: Profile, selects: string): string[] {
  return [
    `${profile.name}: ${modes[profile.mode]}, priority ${profile.priority}`,
    `  selects ${selects}`,
    `  idle after ${duration(profile.idle.windowSeconds)} ${idleWords(profile.idle)}`,
    ...profile.steps.map((step) => `  ${stepWords(step)}`),
    `  on wake: ${wakeWords(profile.wake)}`,
    `  at most ${formatQuantity(profile.limits.maxBytesPerSecond)}/s and ${formatQuantity(profile.limits.maxBytesPerRound)} a round, ` +
      `calls of ${profile.limits.maxStallMicroseconds} µs; keeps ${formatQuantity(profile.memory.keepResidentBytes)} resident`,
    `  no PageOut below ${profile.guards.swapMinFreePercent} % free swap${pressureWords(profile)}`,
    ...profile.windows.map(({ name, schedule, timeZone, durationSeconds }) => {
      return `  only in window ${name}: "${schedule}" (${timeZone}), for ${duration(durationSeconds)}`;
    }),
  ];
}

/** 5400 → "1h30m". */
export function duration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  return (
    parts
      .filter(([count]) => count > 0)
      .map((part) => part.join(''))
      .join('') || '0s'
  );
}

function selectionWords(selects: Selection): string {
  return [whom(selects), classWords(selects), nameWords(selects)].filter((words) => words !== '').join(', ');
}

function whom({ named, everyPod, namespace }: Selection): string {
  if (named)
    return named.cgroups
      .concat(named.containerIDs)
      .map((each) => escapeText(each, 200))
      .join(', ');
  if (!everyPod) return 'nothing without a cluster: pods are selected by label';
  return namespace === null ? 'every pod container' : `nothing without a cluster: only pods of namespace ${namespace}`;
}

export function classWords({ qosClasses, withoutQoSClass }: Pick<Selection, 'qosClasses' | 'withoutQoSClass'>): string {
  return `QoS class ${qosClasses.join(', ')}${withoutQoSClass ? ' or none' : ''}`;
}

export function nameWords({ include, exclude }: Pick<Selection, 'include' | 'exclude'>): string {
  if (include) return `only containers ${include.join(', ')}`;
  return exclude ? `but not containers ${exclude.join(', ')}` : '';
}

function idleWords(idle: Profile['idle']): string {
  const rates = [
    [idle.maxNetworkBytesPerSecond, 'network'],
    [idle.maxIOBytesPerSecond, 'I/O'],
  ] as const;
  const more = rates.flatMap(([rate, name]) => (rate === null ? [] : [` and ${formatQuantity(rate)}/s of ${name}`]));
  return `of at most ${idle.maxCPUMillicores} millicores${more.join('')}; never younger than ${duration(idle.minPodAgeSeconds)}`;
}

function stepWords({ advice, afterIdleSeconds, ranges }: Step): string {
  return `${duration(afterIdleSeconds)} idle: ${advice}${ranges === 'KeepHot' ? ', hot ranges spared' : ', hot ranges too'}`;
}

function wakeWords({ advice, maxBytes }: Profile['wake']): string {
  return advice === 'None' ? 'nothing' : `WillNeed, at most ${formatQuantity(maxBytes)}`;
}

function pressureWords({ guards }: Profile): string {
  return guards.pressure
    .map(
      (guard) =>
        `, or above ${guard.maxStallMillisecondsPerMinute} ms/min of ${guard.scope} ${guard.resource} pressure (${guard.kind})`,
    )
    .join('');
}
