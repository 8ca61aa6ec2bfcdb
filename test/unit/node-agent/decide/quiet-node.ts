/** Inputs of decisions in which nothing stands in the way, for tests to change one thing in. */
import type { Profile } from '../../../../api/profile.ts';
import { noBackoff } from '../../../../node-agent/decide/backoff.ts';
import type { GuardQuestion } from '../../../../node-agent/decide/guards.ts';
import type { ContainerInput, NodeInput, PressureInput } from '../../../../node-agent/decide/inputs.ts';
import { noSwapBounds } from '../../../../node-agent/decide/swap-bounds.ts';

const mib = 1024 * 1024;
const gib = 1024 * mib;

const calm: PressureInput = { memory: { some: 0, full: 0 }, io: { some: 0, full: 0 }, cpu: { some: 0, full: null } };

export const quietNode: NodeInput = {
  swapTotalBytes: 8 * gib,
  swapFreeBytes: 7 * gib,
  swapoff: false,
  zram: null,
  pressure: calm,
  availableBytes: 4 * gib,
};

export const quietContainer: ContainerInput = {
  anonBytes: 500 * mib,
  lockedBytes: 0,
  pinnedBytes: 0,
  swapBytes: 0,
  swapMaxBytes: null,
  swapRoomBytes: null,
  usageBytes: 600 * mib,
  protectedBytes: 0,
  highBytes: null,
  maxBytes: null,
  frozen: false,
  traced: false,
  realTime: false,
  pressure: calm,
};

/** The defaults of the schema. */
export const profile: Profile = {
  name: 'idle-web',
  source: { kind: 'MemoryAdvicePolicy', namespace: 'shop', name: 'idle-web', file: null },
  mode: 'Enforce',
  priority: 100,
  idle: {
    windowSeconds: 300,
    maxCPUMillicores: 10,
    maxNetworkBytesPerSecond: null,
    maxIOBytesPerSecond: null,
    declared: 'Honor',
    minPodAgeSeconds: 600,
  },
  steps: [
    { advice: 'Cold', afterIdleSeconds: 300, ranges: 'KeepHot' },
    { advice: 'PageOut', afterIdleSeconds: 900, ranges: 'KeepHot' },
    { advice: 'PageOut', afterIdleSeconds: 14_400, ranges: 'All' },
  ],
  wake: { advice: 'WillNeed', maxBytes: 512 * mib },
  memory: { kinds: ['Anonymous'], keepResidentBytes: 0, minRangeBytes: 64 * 1024, excludeCommands: [] },
  limits: { maxBytesPerSecond: 128 * mib, maxBytesPerRound: 2 * gib, maxStallMicroseconds: 2000, cooldownSeconds: 900 },
  guards: {
    swapMinFreePercent: 10,
    pressure: [{ resource: 'Memory', scope: 'Node', kind: 'Some', maxStallMillisecondsPerMinute: 600 }],
    refault: { maxPercent: 20, withinSeconds: 600, backoffSeconds: 1800, maxBackoffSeconds: 86_400 },
    minGainBytes: 12 * mib,
  },
  windows: [],
};

export const question: GuardQuestion = {
  now: 10_000_000,
  node: quietNode,
  container: quietContainer,
  swap: noSwapBounds,
  unable: null,
  guards: profile.guards,
  cooldownSeconds: 900,
  keepResidentBytes: 0,
  ranges: 'KeepHot',
  nextBytes: 0,
  lastPageOut: null,
  backoff: noBackoff,
};
