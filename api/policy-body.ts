/**
 * What every kind of policy says alike, whatever selects its pods: defaults, bounds, and the rules between fields, in zod
 * and in CEL side by side. policy.ts and standalone.ts put a selector beside it.
 */
import type * as z from 'zod';
import { bounds, words } from './bounds.ts';
import { choice, integer, keyedList, list, quantity, record, refuse, set, text } from './fields.ts';
import { rules } from './rules.ts';

const [, maxAfterIdleSeconds] = bounds.afterIdleSeconds;
const [, longestBackoff] = bounds.maxBackoffSeconds;
const maxSteps = 8;

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
export const label = (what: string) => text(63, dnsLabel, `${what}: lower-case letters, digits and "-"`);

const containerNames = list(label('a container name'), 1, 64, 'container names');

const notBoth = 'include or exclude, not both';

const containers = record({
  include: containerNames.optional().describe('Only containers of these names. Not together with exclude.'),
  exclude: containerNames.optional().describe('All containers but those of these names. Not together with include.'),
})
  .check((context) => {
    const { include, exclude } = context.value;
    if (include && exclude) refuse(context, ['exclude'], notBoth);
  })
  .meta(rules({ rule: '!(has(self.include) && has(self.exclude))', fieldPath: '.exclude', message: notBoth }));

const rate = (what: string) =>
  quantity(...bounds.rate)
    .optional()
    .describe(`${what}, mean of the window. Absent: not looked at.`);

const idle = record({
  windowSeconds: integer(...bounds.windowSeconds)
    .default(300)
    .describe('How long all of this must hold before the container is idle.'),
  maxCPUMillicores: integer(...bounds.maxCPUMillicores)
    .default(10)
    .describe('Mean CPU use over the window; one sample above five times this ends idleness too.'),
  maxNetworkBytesPerSecond: rate('Bytes received and sent in the pod’s network namespace'),
  maxIOBytesPerSecond: rate('Bytes read and written on block devices'),
  declared: choice(words.declared)
    .default('Honor')
    .describe(
      'The annotation ebb.dev/idle: Honor lets it override the signals, Require asks for it as well, Ignore does not look at it.',
    ),
  minPodAgeSeconds: integer(...bounds.minPodAgeSeconds)
    .default(600)
    .describe('A younger pod, or cgroup, is left alone.'),
});

const step = record({
  advice: choice(words.stepAdvice, ' (WillNeed only as spec.wake.advice)').describe(
    'Cold: the kernel takes these pages first under pressure. PageOut: the kernel reclaims them now.',
  ),
  afterIdleSeconds: integer(...bounds.afterIdleSeconds).describe(
    'When the step is due, counted from when the container became idle; later than the step before.',
  ),
  ranges: choice(words.ranges)
    .default('KeepHot')
    .describe('KeepHot leaves alone what came back after an earlier page-out, All does not.'),
});

/** Each step strictly later than the one before; both sides of the API say it, and name the first that is not. */
export function ascending<T extends { readonly afterIdleSeconds: number }>(step: z.ZodType<T>) {
  return list(step, 1, maxSteps, 'steps')
    .check((context) => {
      context.value.forEach((current, index) => {
        const before = context.value[index - 1];
        if (before && current.afterIdleSeconds <= before.afterIdleSeconds)
          refuse(context, [index, 'afterIdleSeconds'], laterThan(before.afterIdleSeconds));
      });
    })
    .meta(ascendingRules());
}

function laterThan(seconds: number): string {
  return seconds < maxAfterIdleSeconds
    ? `an integer greater than ${seconds}, the step before, up to ${maxAfterIdleSeconds}`
    : `no step: the step before is at ${seconds}, the last moment there is`;
}

/** CEL has no index of its own in a list's macros: the few that there are stand written out. */
function ascendingRules() {
  const later = [...Array(maxSteps - 1).keys()].map((index) => index + 1);
  const tooEarly = 'i < size(self) && self[i].afterIdleSeconds <= self[i - 1].afterIdleSeconds';
  const words = `"steps[%d].afterIdleSeconds: an integer greater than %d, the step before, up to ${maxAfterIdleSeconds}"`;
  return rules({
    rule: `![${later}].exists(i, ${tooEarly})`,
    message: 'afterIdleSeconds of each step: an integer greater than that of the step before',
    messageExpression: `[${later}].filter(i, ${tooEarly}).map(i, ${words}.format([i, self[i - 1].afterIdleSeconds]))[0]`,
  });
}

const wake = record({
  advice: choice(words.wakeAdvice)
    .default('None')
    .describe('WillNeed brings memory back when the container wakes; None leaves that to its page faults.'),
  maxBytes: quantity(...bounds.wakeMaxBytes)
    .default('512Mi')
    .describe('At most this much is brought back in one wake.'),
});

export const command = text(15, /^[\x20-\x7e]+$/, 'a command name as in /proc/PID/comm, printable ASCII');

const memory = record({
  kinds: set(choice(words.memoryKind), 1, 2, 'kinds of memory')
    .default(['Anonymous'])
    .describe('Anonymous: private memory (heap, stacks). Shared: shared anonymous memory and tmpfs files.'),
  keepResidentBytes: quantity(...bounds.keepResidentBytes)
    .default(0)
    .describe('This much of the container stays resident.'),
  minRangeBytes: quantity(...bounds.minRangeBytes)
    .default('64Ki')
    .describe('A range that is smaller, together with its neighbours, is not worth a call.'),
  excludeCommands: set(command, 0, 64, 'command names')
    .default(['pause'])
    .describe('Processes of these names are left alone.'),
});

const limits = record({
  maxBytesPerSecond: quantity(...bounds.maxBytesPerSecond)
    .default('128Mi')
    .describe('Bytes advised per second.'),
  maxBytesPerRound: quantity(...bounds.maxBytesPerRound)
    .default('2Gi')
    .describe('Bytes advised in one pass.'),
  maxStallMicroseconds: integer(...bounds.maxStallMicroseconds)
    .default(2000)
    .describe('No call may hold the lock on the target’s address space longer than this.'),
  cooldownSeconds: integer(...bounds.cooldownSeconds)
    .default(900)
    .describe('After a PageOut, the next one waits at least this long.'),
});

export const pressureGuard = record({
  resource: choice(words.resource).describe('Which pressure is read.'),
  scope: choice(words.scope).describe('Of the whole node, or of the container’s cgroup.'),
  kind: choice(words.pressureKind).describe('Some: at least one task waits. Full: all of them wait.'),
  maxStallMillisecondsPerMinute: integer(...bounds.maxStallMillisecondsPerMinute).describe(
    'More waiting than this in a minute stops PageOut.',
  ),
});

/** Of a policy both are there, of a limit either may be absent. */
export interface Backoff {
  readonly backoffSeconds?: number | undefined;
  readonly maxBackoffSeconds?: number | undefined;
}

export function refuseShortMaximum(
  { backoffSeconds, maxBackoffSeconds }: Backoff,
  context: Parameters<typeof refuse>[0],
): void {
  if (backoffSeconds !== undefined && maxBackoffSeconds !== undefined && maxBackoffSeconds < backoffSeconds)
    refuse(context, ['maxBackoffSeconds'], `an integer from ${backoffSeconds} (backoffSeconds) to ${longestBackoff}`);
}

export const shortMaximum = {
  rule: '!has(self.backoffSeconds) || !has(self.maxBackoffSeconds) || self.maxBackoffSeconds >= self.backoffSeconds',
  fieldPath: '.maxBackoffSeconds',
  message: `an integer from backoffSeconds to ${longestBackoff}`,
  messageExpression: `"an integer from %d (backoffSeconds) to ${longestBackoff}".format([self.backoffSeconds])`,
};

const refault = record({
  maxPercent: integer(...bounds.percent)
    .default(20)
    .describe('More than this share of what was paged out came back: back off.'),
  withinSeconds: integer(...bounds.withinSeconds)
    .default(600)
    .describe('Only what came back within this time counts.'),
  backoffSeconds: integer(...bounds.backoffSeconds)
    .default(1800)
    .describe('The first pause; it doubles each time.'),
  maxBackoffSeconds: integer(...bounds.maxBackoffSeconds)
    .default(86_400)
    .describe('The longest pause; not less than backoffSeconds.'),
})
  .check(({ value, issues }) => refuseShortMaximum(value, { value, issues }))
  .meta(rules(shortMaximum));

const swapGuard = record({
  minFreePercent: integer(...bounds.percent)
    .default(10)
    .describe('Less swap free than this, on the node or for the container: no PageOut.'),
});

const guards = record({
  swap: swapGuard.prefault({}).describe('Room that is left in the swap.'),
  pressure: keyedList(pressureGuard, ['resource', 'scope', 'kind'], 12, 'pressure guards')
    .default([{ resource: 'Memory', scope: 'Node', kind: 'Some', maxStallMillisecondsPerMinute: 600 }])
    .describe('Pressure stall information (PSI); each that is exceeded stops PageOut.'),
  refault: refault.prefault({}).describe('What happens when too much comes back too soon.'),
  minGainBytes: quantity(...bounds.minGainBytes)
    .default('12Mi')
    .describe('Less to gain than this is not worth a pass.'),
});

const cronField = '(\\*|[0-9A-Za-z][0-9A-Za-z,-]*)(/[0-9]{1,2})?(,[0-9A-Za-z*/,-]*)?';
const cronLine = new RegExp(`^${cronField}( ${cronField}){4}$`);
const zoneName = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;
const zoneText = 'an IANA time zone such as Europe/Berlin';

/** The server knows the zones; "Local" is one to it, and means nothing to anybody else. */
const zoneRule = {
  rule: 'self != "Local" && timestamp("2026-01-01T00:00:00Z").getHours(self) >= 0',
  message: zoneText,
};

export const windowFields = {
  name: label('a name').describe('Told apart by it in reasons and metrics.'),
  schedule: text(128, cronLine, 'a cron line of five fields such as "0 20 * * 1-5"').describe(
    'When the window opens: minute, hour, day of month, month, day of week.',
  ),
  durationSeconds: integer(...bounds.durationSeconds).describe('How long it stays open.'),
  timeZone: text(64, zoneName, zoneText).meta(rules(zoneRule)).describe('The schedule’s time zone.'),
} as const;

const window = record({ ...windowFields, timeZone: windowFields.timeZone.default('UTC') });

/** Fields of every policy, whatever selects its pods. */
export const policyBody = {
  mode: choice(words.mode)
    .default('DryRun')
    .describe('DryRun decides, says what would happen and touches nothing. Enforce acts. Paused does neither.'),
  priority: integer(...bounds.priority)
    .default(100)
    .describe('Where several policies select a container, the lowest number wins; ties: the older, then the name.'),
  qosClasses: set(choice(words.qosClass), 1, 3, 'QoS classes')
    .default(['Burstable', 'BestEffort'])
    .describe('Guaranteed only when written here.'),
  criticalPods: choice(words.critical)
    .default('Exclude')
    .describe('Pods of system-* priority classes and static (mirror) pods.'),
  containers: containers.prefault({}).describe('Which containers of a pod; absent: all. Init containers never.'),
  idle: idle.prefault({}).describe('What idle means; all that is given must hold over the whole window.'),
  steps: ascending(step).describe('The ladder: what is done, and when.'),
  wake: wake.prefault({}).describe('What is done when the container becomes active again.'),
  memory: memory.prefault({}).describe('Which memory may be advised.'),
  limits: limits.prefault({}).describe('Bounds for each container.'),
  guards: guards.prefault({}).describe('Any that trips stops PageOut and names its reason.'),
  windows: keyedList(window, ['name'], 16, 'windows').default([]).describe('When the policy may act; none: always.'),
} as const;
