/** The JSON of each command, strictly: kernel tests hold real output to it, docs.test.ts holds docs/cli.md to it. */
import { z } from 'zod';
import { reasons } from '../../../api/reasons.ts';

const bytes = z.int().min(0);
const signed = z.int();
const time = z.iso.datetime();
const reason = z.enum(Object.keys(reasons) as [keyof typeof reasons]);
const list = <T extends z.ZodType>(item: T) => z.array(item);
const beforeAfter = z.strictObject({ before: bytes, after: bytes });
const advice = z.enum(['Cold', 'PageOut', 'WillNeed', 'Collapse']);
const runtime = z.enum(['containerd', 'cri-o', 'docker']).nullable();
const qosClass = z.enum(['Guaranteed', 'Burstable', 'BestEffort']).nullable();
const state = z.enum(['Active', 'Idle', 'Cold', 'PagedOut', 'Waking', 'Skipped', 'Backoff']);

export const adviseShape = z.strictObject({
  processes: list(
    z.strictObject({
      pid: z.int().min(1),
      containerPid: z.int().min(1).nullable(),
      comm: z.string().nullable(),
      startTime: time.nullable(),
      identity: z.enum(['PidfdInfo', 'CgroupLine', 'PidfdOnly']).nullable(),
      rssAnonBytes: beforeAfter,
      swapBytes: beforeAfter,
      mappedBytes: bytes,
      advisedBytes: bytes,
      movableBytes: bytes,
      reclaimedBytes: bytes,
      freedBytes: signed.nullable(),
      calls: bytes,
      adviseMicros: bytes,
      longestCallMicros: bytes,
      skipped: list(z.strictObject({ reason, bytes })),
      error: reason.nullable(),
    }),
  ),
  pass: z.strictObject({
    advice,
    dryRun: z.boolean(),
    cgroup: z.string().nullable(),
    reason: reason.nullable(),
    usageBytes: beforeAfter.nullable(),
    freedBytes: signed.nullable(),
    compressedBytes: bytes,
    awaitingReclaimBytes: bytes,
    reclaimedFromCacheBytes: bytes.nullable(),
    wallMillis: bytes,
  }),
});

export const probeShape = z.strictObject({
  version: z.string(),
  kernelRelease: z.string(),
  architecture: z.string(),
  cgroups: z.strictObject({
    layout: z.enum(['v1', 'v2', 'hybrid']),
    memoryVersion: z.union([z.literal(1), z.literal(2)]),
    memory: z.string(),
    unified: z.string().nullable(),
  }),
  worker: z.strictObject({
    capabilities: list(z.enum(['SYS_PTRACE', 'SYS_NICE', 'DAC_READ_SEARCH'])),
    features: list(z.enum(['PagemapScan', 'ProcmapQuery', 'PidfdInfo', 'PidfsInode', 'Reclaim', 'Landlock'])),
  }),
  advice: list(
    z.strictObject({
      name: z.enum(['Cold', 'PageOut', 'WillNeed', 'Collapse', 'Mergeable', 'Unmergeable']),
      number: z.int(),
      accepted: z.boolean(),
      error: z.string().nullable(),
    }),
  ),
  swap: z.strictObject({
    totalBytes: bytes,
    freeBytes: bytes,
    areas: list(
      z.strictObject({ path: z.string(), kind: z.enum(['zram', 'disk', 'file']), sizeBytes: bytes, usedBytes: bytes }),
    ),
    zswap: z.boolean(),
  }),
  pressure: z.strictObject({ memory: z.boolean(), io: z.boolean(), cpu: z.boolean(), cgroups: z.boolean() }),
  missing: list(z.strictObject({ what: z.string(), effect: z.string(), remedy: z.string() })),
});

export const psShape = z.strictObject({
  containers: list(
    z.strictObject({
      id: z.string().nullable(),
      runtime,
      podUID: z.string().nullable(),
      qosClass,
      cgroup: z.string(),
      state: state.nullable(),
      reason: reason.nullable(),
      rssAnonBytes: bytes,
      swapBytes: bytes,
      processes: list(
        z.strictObject({
          pid: z.int().min(1),
          containerPid: z.int().min(1),
          nsPids: list(z.int().min(1)),
          comm: z.string(),
          uid: z.int().min(0),
          threads: z.int().min(0),
          state: z.string().length(1),
          rssAnonBytes: bytes,
          swapBytes: bytes,
        }),
      ),
    }),
  ),
});

const blocker = z.strictObject({ signal: z.string(), observed: z.number(), allowed: z.number() }).nullable();
const mode = z.enum(['DryRun', 'Enforce', 'Paused']);

export const whyContainerShape = z.strictObject({
  cgroup: z.string(),
  id: z.string().nullable(),
  podUID: z.string().nullable(),
  policy: z.string().nullable(),
  mode: mode.nullable(),
  state,
  reason,
  since: time,
  blocker,
  anonBytes: bytes,
  swapBytes: bytes,
  wouldReclaimBytes: bytes,
  usageBytes: bytes.nullable(),
  processes: bytes,
  lastAdvice: z.strictObject({ advice, time, dryRun: z.boolean(), reason: reason.nullable() }).nullable(),
  passRunning: advice.nullable(),
  ledger: z.strictObject({
    advisedBytes: bytes,
    unmappedBytes: bytes,
    freedBytes: signed,
    awaitingReclaimBytes: bytes,
    cameBackBytes: bytes,
    stallMicros: bytes,
    longestCallMicros: bytes,
    netByteSeconds: z.number(),
    passes: bytes,
    outBytes: bytes,
  }),
  decisions: list(
    z.strictObject({
      time,
      lastTime: time,
      times: z.int().min(1),
      state,
      reason,
      action: z.enum(['Cold', 'PageOut', 'WillNeed', 'Collapse', 'None', 'Cancel']),
      blocker,
      inputs: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
    }),
  ),
});

export const whyShape = z.strictObject({
  agent: z.strictObject({
    version: z.string(),
    pid: z.int(),
    workerPid: z.int(),
    since: time,
    time,
    ticks: bytes,
    periodSeconds: z.number(),
    capabilities: list(z.string()),
    features: list(z.string()),
    held: reason.nullable(),
  }),
  node: z.strictObject({
    kernelRelease: z.string(),
    cgroupLayout: z.enum(['v1', 'v2', 'hybrid']),
    swapTotalBytes: bytes,
    swapFreeBytes: bytes,
    swapKind: z.string().nullable(),
    missingSignals: list(z.string()),
  }),
  policies: list(
    z.strictObject({
      name: z.string(),
      file: z.string().nullable(),
      mode,
      containers: bytes,
      error: z.string().nullable(),
    }),
  ),
  policyErrors: list(z.string()),
  containers: list(whyContainerShape),
});

export const policyCheckShape = z.strictObject({
  valid: z.boolean(),
  errors: list(
    z.strictObject({
      file: z.string(),
      line: z.int().nullable(),
      column: z.int().nullable(),
      field: z.string(),
      value: z.string(),
      allowed: z.string(),
    }),
  ),
  policies: list(z.strictObject({ file: z.string(), line: z.int(), profile: z.unknown(), summary: list(z.string()) })),
});

/** Every field by its path: "processes[].skipped[].bytes". */
export function fieldPaths(shape: z.ZodType, path = ''): string[] {
  if (shape instanceof z.ZodNullable) {
    const inner = fieldPaths(shape.unwrap() as z.ZodType, path);
    return inner.length > 1 ? [path, ...inner] : inner;
  }
  if (shape instanceof z.ZodArray) return fieldPaths(shape.element as z.ZodType, `${path}[]`);
  if (!(shape instanceof z.ZodObject)) return [path];
  return Object.entries(shape.shape).flatMap(([name, field]) =>
    fieldPaths(field as z.ZodType, path === '' ? name : `${path}.${name}`),
  );
}
