/**
 * The bounds and the words of the API, each written once: a policy, a limit and a node's profile say the same field
 * with or without defaults, and must never differ in what they allow.
 */
export const secondsPerDay = 86_400;
export const Ki = 1024;
export const Mi = 1024 * Ki;
export const Gi = 1024 * Mi;
export const Ti = 1024 * Gi;

/** Lowest and highest value. */
export type Bounds = readonly [min: number, max: number];

/** Up to 2^53 - 1: the largest number that JSON carries exactly everywhere. */
export const anyCount: Bounds = [0, Number.MAX_SAFE_INTEGER];

export const bounds = {
  priority: [0, 1000],
  windowSeconds: [1, 3600],
  maxCPUMillicores: [0, 100_000],
  rate: [0, Ti],
  minPodAgeSeconds: [0, 30 * secondsPerDay],
  afterIdleSeconds: [0, 30 * secondsPerDay],
  wakeMaxBytes: [4 * Ki, Ti],
  keepResidentBytes: [0, Ti],
  minRangeBytes: [4 * Ki, Gi],
  maxBytesPerSecond: [64 * Ki, Ti],
  maxBytesPerRound: [64 * Ki, Ti],
  maxStallMicroseconds: [100, 1_000_000],
  cooldownSeconds: [0, 7 * secondsPerDay],
  maxStallMillisecondsPerMinute: [0, 60_000],
  percent: [0, 100],
  withinSeconds: [1, secondsPerDay],
  backoffSeconds: [1, 7 * secondsPerDay],
  maxBackoffSeconds: [1, 30 * secondsPerDay],
  minGainBytes: [0, Ti],
  durationSeconds: [60, 7 * secondsPerDay],
  nodesPercent: [1, 100],
  stepSeconds: [60, 7 * secondsPerDay],
  maxSwapWriteBytesPerDay: [0, 1024 * Ti],
  maxSwappedBytesPerNode: [0, 64 * Ti],
} as const satisfies Readonly<Record<string, Bounds>>;

export const words = {
  mode: ['DryRun', 'Enforce', 'Paused'],
  qosClass: ['Guaranteed', 'Burstable', 'BestEffort'],
  critical: ['Exclude', 'Include'],
  declared: ['Honor', 'Require', 'Ignore'],
  stepAdvice: ['Cold', 'PageOut'],
  ranges: ['KeepHot', 'All'],
  wakeAdvice: ['None', 'WillNeed'],
  memoryKind: ['Anonymous', 'Shared'],
  resource: ['Memory', 'IO', 'CPU'],
  scope: ['Node', 'Container'],
  pressureKind: ['Some', 'Full'],
} as const;
