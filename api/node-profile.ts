/**
 * A profile as a node's object holds it: one policy resolved against its limits, nothing left open, bytes as integers.
 * The agent refuses a profile whole when it meets anything in it that it does not know, and so never does half of one.
 */
import type * as z from 'zod';
import { anyCount, bounds, words } from './bounds.ts';
import { choice, integer, list, record, text } from './fields.ts';
import { ascending, command, pressureGuard, refuseShortMaximum, windowFields } from './policy-body.ts';

export const profileName = () => text(317, /^[a-z0-9][a-z0-9./-]*$/, 'the name of a profile');
export const uid = () => text(64, /^[A-Za-z0-9-]+$/, 'a UID');

const kindName = () => text(63, /^[A-Z][A-Za-z]*$/, 'a kind');
const namespaceName = () => text(63, /^[a-z0-9-]+$/, 'a namespace');
const objectName = () => text(253, /^[a-z0-9.-]+$/, 'a name');

const source = record({
  kind: kindName().describe('The kind of the object.'),
  namespace: namespaceName().optional().describe('Its namespace, where it has one.'),
  name: objectName().describe('The name of the object.'),
  uid: uid().describe('The UID of the object.'),
  generation: integer(...anyCount).describe('The generation that the profile was made from.'),
});

const idle = record({
  windowSeconds: integer(...bounds.windowSeconds).describe('How long all of this must hold.'),
  maxCPUMillicores: integer(...bounds.maxCPUMillicores).describe('Mean CPU use over the window.'),
  maxNetworkBytesPerSecond: integer(...bounds.rate)
    .optional()
    .describe('Mean network traffic. Absent: not looked at.'),
  maxIOBytesPerSecond: integer(...bounds.rate)
    .optional()
    .describe('Mean I/O. Absent: not looked at.'),
  declared: choice(words.declared).describe('What pods[].declaredIdle means.'),
  minPodAgeSeconds: integer(...bounds.minPodAgeSeconds).describe('A younger pod is left alone.'),
});

const step = record({
  advice: choice(words.stepAdvice).describe('What is advised.'),
  afterIdleSeconds: integer(...bounds.afterIdleSeconds).describe('When the step is due.'),
  ranges: choice(words.ranges).describe('Whether hot ranges are spared.'),
});

const wake = record({
  advice: choice(words.wakeAdvice).describe('What is advised when the container wakes.'),
  maxBytes: integer(...bounds.wakeMaxBytes).describe('At most so many bytes.'),
});

const memory = record({
  kinds: list(choice(words.memoryKind), 1, 2, 'kinds of memory').describe('Which memory may be advised.'),
  keepResidentBytes: integer(...bounds.keepResidentBytes).describe('So many bytes stay resident.'),
  minRangeBytes: integer(...bounds.minRangeBytes).describe('Smaller ranges are not worth a call.'),
  excludeCommands: list(command, 0, 64, 'command names').describe('Processes of these names are left alone.'),
});

const limits = record({
  maxBytesPerSecond: integer(...bounds.maxBytesPerSecond).describe('Bytes advised per second.'),
  maxBytesPerRound: integer(...bounds.maxBytesPerRound).describe('Bytes advised in one pass.'),
  maxStallMicroseconds: integer(...bounds.maxStallMicroseconds).describe(
    'The longest that one call may hold a target up.',
  ),
  cooldownSeconds: integer(...bounds.cooldownSeconds).describe('The pause between two page-outs.'),
});

const refault = record({
  maxPercent: integer(...bounds.percent).describe('More than this share came back: back off.'),
  withinSeconds: integer(...bounds.withinSeconds).describe('Only what came back within this time counts.'),
  backoffSeconds: integer(...bounds.backoffSeconds).describe('The first pause; it doubles each time.'),
  maxBackoffSeconds: integer(...bounds.maxBackoffSeconds).describe('The longest pause.'),
}).check(({ value, issues }) => refuseShortMaximum(value, { value, issues }));

const swapGuard = record({
  minFreePercent: integer(...bounds.percent).describe('Less swap free than this: no PageOut.'),
});

const guards = record({
  swap: swapGuard.describe('Room that is left in the swap.'),
  pressure: list(pressureGuard, 0, 12, 'pressure guards').describe('Each that is exceeded stops PageOut.'),
  refault: refault.describe('What happens when too much comes back too soon.'),
  minGainBytes: integer(...bounds.minGainBytes).describe('Less to gain than this is not worth a pass.'),
});

export const nodeProfile = record({
  name: profileName().describe('What pods name it by.'),
  sources: list(source, 1, 17, 'sources').describe('The policy, and after it the limits that tightened it.'),
  mode: choice(words.mode).describe('DryRun decides only, Enforce acts, Paused does neither.'),
  idle: idle.describe('What idle means.'),
  steps: ascending(step).describe('The ladder.'),
  wake: wake.describe('What is done on wake.'),
  memory: memory.describe('Which memory may be advised.'),
  limits: limits.describe('Bounds for each container.'),
  guards: guards.describe('What stops PageOut.'),
  windows: list(record(windowFields), 0, 16, 'windows').describe('When it may act; none: always.'),
});

export type NodeProfile = z.infer<typeof nodeProfile>;
