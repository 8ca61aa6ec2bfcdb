/**
 * MemoryAdvicePolicy, the one source of its schema: decode checks by it, the CRD and docs/policy.md are made from it,
 * and the types are inferred from it. `policyBody` is what every kind of policy says alike.
 */
import * as z from 'zod';
import { choice, integer, keyedList, list, quantity, record, refuse, secondsPerDay, set, text } from './fields.ts';
import { metadata } from './metadata.ts';
import { labelSelector } from './selector.ts';

export const apiVersion = 'ebb.dev/v1alpha1';
export const policyKind = 'MemoryAdvicePolicy';

const Ki = 1024;
const Mi = 1024 * Ki;
const Gi = 1024 * Mi;
const Ti = 1024 * Gi;
const maxAfterIdleSeconds = 30 * secondsPerDay;

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const label = (what: string) => text(63, dnsLabel, `${what}: lower-case letters, digits and "-"`);

const containerNames = list(label('a container name'), 1, 64, 'container names');

const containers = record({
  include: containerNames.optional().describe('Only containers of these names. Not together with exclude.'),
  exclude: containerNames.optional().describe('All containers but those of these names. Not together with include.'),
}).check((context) => {
  const { include, exclude } = context.value;
  if (include && exclude) refuse(context, ['exclude'], 'include or exclude, not both');
});

const rate = (what: string) =>
  quantity(0, Ti).optional().describe(`${what}, mean of the window. Absent: not looked at.`);

const idle = record({
  windowSeconds: integer(1, 3600).default(300).describe('How long all of this must hold before the container is idle.'),
  maxCPUMillicores: integer(0, 100_000)
    .default(10)
    .describe('Mean CPU use over the window; one sample above five times this ends idleness too.'),
  maxNetworkBytesPerSecond: rate('Bytes received and sent in the pod’s network namespace'),
  maxIOBytesPerSecond: rate('Bytes read and written on block devices'),
  declared: choice(['Honor', 'Require', 'Ignore'])
    .default('Honor')
    .describe(
      'The annotation ebb.dev/idle: Honor lets it override the signals, Require asks for it as well, Ignore does not look at it.',
    ),
  minPodAgeSeconds: integer(0, 30 * secondsPerDay)
    .default(600)
    .describe('A younger pod, or cgroup, is left alone.'),
});

const step = record({
  advice: choice(['Cold', 'PageOut'], ' (WillNeed only as spec.wake.advice)').describe(
    'Cold: the kernel takes these pages first under pressure. PageOut: the kernel reclaims them now.',
  ),
  afterIdleSeconds: integer(0, maxAfterIdleSeconds).describe(
    'When the step is due, counted from when the container became idle; later than the step before.',
  ),
  ranges: choice(['KeepHot', 'All'])
    .default('KeepHot')
    .describe('KeepHot leaves alone what came back after an earlier page-out, All does not.'),
});

const steps = list(step, 1, 8, 'steps').check((context) => {
  context.value.forEach((current, index) => {
    const before = context.value[index - 1];
    if (before && current.afterIdleSeconds <= before.afterIdleSeconds)
      refuse(context, [index, 'afterIdleSeconds'], laterThan(before.afterIdleSeconds));
  });
});

function laterThan(seconds: number): string {
  return seconds < maxAfterIdleSeconds
    ? `an integer greater than ${seconds}, the step before, up to ${maxAfterIdleSeconds}`
    : `no step: the step before is at ${seconds}, the last moment there is`;
}

const wake = record({
  advice: choice(['None', 'WillNeed'])
    .default('None')
    .describe('WillNeed brings memory back when the container wakes; None leaves that to its page faults.'),
  maxBytes: quantity(4 * Ki, Ti)
    .default('512Mi')
    .describe('At most this much is brought back in one wake.'),
});

const command = text(15, /^[\x20-\x7e]+$/, 'a command name as in /proc/PID/comm, printable ASCII');

const memory = record({
  kinds: set(choice(['Anonymous', 'Shared']), 1, 2, 'kinds of memory')
    .default(['Anonymous'])
    .describe('Anonymous: private memory (heap, stacks). Shared: shared anonymous memory and tmpfs files.'),
  keepResidentBytes: quantity(0, Ti).default(0).describe('This much of the container stays resident.'),
  minRangeBytes: quantity(4 * Ki, Gi)
    .default('64Ki')
    .describe('A range that is smaller, together with its neighbours, is not worth a call.'),
  excludeCommands: set(command, 0, 64, 'command names')
    .default(['pause'])
    .describe('Processes of these names are left alone.'),
});

const limits = record({
  maxBytesPerSecond: quantity(64 * Ki, Ti)
    .default('128Mi')
    .describe('Bytes advised per second.'),
  maxBytesPerRound: quantity(64 * Ki, Ti)
    .default('2Gi')
    .describe('Bytes advised in one pass.'),
  maxStallMicroseconds: integer(100, 1_000_000)
    .default(2000)
    .describe('No call may hold the lock on the target’s address space longer than this.'),
  cooldownSeconds: integer(0, 7 * secondsPerDay)
    .default(900)
    .describe('After a PageOut, the next one waits at least this long.'),
});

const pressureGuard = record({
  resource: choice(['Memory', 'IO', 'CPU']).describe('Which pressure is read.'),
  scope: choice(['Node', 'Container']).describe('Of the whole node, or of the container’s cgroup.'),
  kind: choice(['Some', 'Full']).describe('Some: at least one task waits. Full: all of them wait.'),
  maxStallMillisecondsPerMinute: integer(0, 60_000).describe('More waiting than this in a minute stops PageOut.'),
});

const refault = record({
  maxPercent: integer(0, 100).default(20).describe('More than this share of what was paged out came back: back off.'),
  withinSeconds: integer(1, secondsPerDay).default(600).describe('Only what came back within this time counts.'),
  backoffSeconds: integer(1, 7 * secondsPerDay)
    .default(1800)
    .describe('The first pause; it doubles each time.'),
  maxBackoffSeconds: integer(1, 30 * secondsPerDay)
    .default(secondsPerDay)
    .describe('The longest pause; not less than backoffSeconds.'),
}).check((context) => {
  const { backoffSeconds, maxBackoffSeconds } = context.value;
  if (maxBackoffSeconds < backoffSeconds)
    refuse(
      context,
      ['maxBackoffSeconds'],
      `an integer from ${backoffSeconds} (backoffSeconds) to ${30 * secondsPerDay}`,
    );
});

const swapGuard = record({
  minFreePercent: integer(0, 100)
    .default(10)
    .describe('Less swap free than this, on the node or for the container: no PageOut.'),
});

const guards = record({
  swap: swapGuard.prefault({}).describe('Room that is left in the swap.'),
  pressure: keyedList(pressureGuard, ['resource', 'scope', 'kind'], 12, 'pressure guards')
    .default([{ resource: 'Memory', scope: 'Node', kind: 'Some', maxStallMillisecondsPerMinute: 600 }])
    .describe('Pressure stall information (PSI); each that is exceeded stops PageOut.'),
  refault: refault.prefault({}).describe('What happens when too much comes back too soon.'),
  minGainBytes: quantity(0, Ti).default('12Mi').describe('Less to gain than this is not worth a pass.'),
});

const cronField = '(\\*|[0-9A-Za-z][0-9A-Za-z,-]*)(/[0-9]{1,2})?(,[0-9A-Za-z*/,-]*)?';
const cronLine = new RegExp(`^${cronField}( ${cronField}){4}$`);
const zoneName = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

const window = record({
  name: label('a name').describe('Told apart by it in reasons and metrics.'),
  schedule: text(128, cronLine, 'a cron line of five fields such as "0 20 * * 1-5"').describe(
    'When the window opens: minute, hour, day of month, month, day of week.',
  ),
  durationSeconds: integer(60, 7 * secondsPerDay).describe('How long it stays open.'),
  timeZone: text(64, zoneName, 'an IANA time zone such as Europe/Berlin')
    .default('UTC')
    .describe('The schedule’s time zone.'),
});

/** Fields of every policy, whatever selects its pods. */
export const policyBody = {
  mode: choice(['DryRun', 'Enforce', 'Paused'])
    .default('DryRun')
    .describe('DryRun decides, says what would happen and touches nothing. Enforce acts. Paused does neither.'),
  priority: integer(0, 1000)
    .default(100)
    .describe('Where several policies select a container, the lowest number wins; ties: the older, then the name.'),
  qosClasses: set(choice(['Guaranteed', 'Burstable', 'BestEffort']), 1, 3, 'QoS classes')
    .default(['Burstable', 'BestEffort'])
    .describe('Guaranteed only when written here.'),
  criticalPods: choice(['Exclude', 'Include'])
    .default('Exclude')
    .describe('Pods of system-* priority classes and static (mirror) pods.'),
  containers: containers.prefault({}).describe('Which containers of a pod; absent: all. Init containers never.'),
  idle: idle.prefault({}).describe('What idle means; all that is given must hold over the whole window.'),
  steps: steps.describe('The ladder: what is done, and when.'),
  wake: wake.prefault({}).describe('What is done when the container becomes active again.'),
  memory: memory.prefault({}).describe('Which memory may be advised.'),
  limits: limits.prefault({}).describe('Bounds for each container.'),
  guards: guards.prefault({}).describe('Any that trips stops PageOut and names its reason.'),
  windows: keyedList(window, ['name'], 16, 'windows').default([]).describe('When the policy may act; none: always.'),
} as const;

export const memoryAdvicePolicy = record({
  apiVersion: z.literal(apiVersion, { error: apiVersion }).describe('The version of the API.'),
  kind: z.literal(policyKind, { error: policyKind }).describe('The kind of object.'),
  metadata: metadata.describe('As in every Kubernetes object.'),
  spec: record({
    podSelector: labelSelector.describe('Pods of the policy’s own namespace; {} selects all of them.'),
    ...policyBody,
  }).describe('What is wanted.'),
  status: z.unknown().optional().describe('Written by the operator; not read from files.'),
});

export type MemoryAdvicePolicy = z.infer<typeof memoryAdvicePolicy>;
