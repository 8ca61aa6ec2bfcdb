/** A node's object as the operator would write it, of any size. */
const kilobyte = 1024;

export const profile = (name = 'shop/idle-web') => ({
  name,
  sources: [
    { kind: 'MemoryAdvicePolicy', namespace: 'shop', name: 'idle-web', uid: `${uid(0)}`, generation: 3 },
    { kind: 'MemoryAdviceLimit', name: 'floor', uid: `${uid(1)}`, generation: 1 },
  ],
  mode: 'Enforce',
  idle: { windowSeconds: 300, maxCPUMillicores: 10, declared: 'Honor', minPodAgeSeconds: 600 },
  steps: [
    { advice: 'Cold', afterIdleSeconds: 300, ranges: 'KeepHot' },
    { advice: 'PageOut', afterIdleSeconds: 900, ranges: 'KeepHot' },
  ],
  wake: { advice: 'WillNeed', maxBytes: 512 * kilobyte ** 2 },
  memory: { kinds: ['Anonymous'], keepResidentBytes: 0, minRangeBytes: 64 * kilobyte, excludeCommands: ['pause'] },
  limits: {
    maxBytesPerSecond: 128 * kilobyte ** 2,
    maxBytesPerRound: 2 * kilobyte ** 3,
    maxStallMicroseconds: 2000,
    cooldownSeconds: 900,
  },
  guards: {
    swap: { minFreePercent: 10 },
    pressure: [{ resource: 'Memory', scope: 'Node', kind: 'Some', maxStallMillisecondsPerMinute: 600 }],
    refault: { maxPercent: 20, withinSeconds: 600, backoffSeconds: 1800, maxBackoffSeconds: 86_400 },
    minGainBytes: 12 * kilobyte ** 2,
  },
  windows: [{ name: 'nights', schedule: '0 20 * * 1-5', durationSeconds: 36_000, timeZone: 'Europe/Berlin' }],
});

function uid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** The first 16 digits, 64 bits, tell a container apart: whole IDs would make the object a third larger. */
const containerID = (pod: number, at: number) => `${String(pod).padStart(8, 'a')}${String(at).padStart(8, 'b')}`;

export const nodeSpecOf = (pods: number, containers: number) => ({
  nodeUID: uid(999),
  profiles: [profile(), profile('shop/nights')],
  pods: [...Array(pods).keys()].map((pod) => ({
    uid: uid(pod),
    namespace: 'shop',
    name: `storefront-web-7c9d8b6f5d-${String(pod).padStart(5, '0')}`,
    qosClass: 'Burstable',
    profile: 'shop/idle-web',
    containers: [...Array(containers).keys()].map((at) => ({ name: `container-${at}`, id: containerID(pod, at) })),
  })),
});

export const nodeAdviceOf = (name: string, spec: object) => ({
  apiVersion: 'ebb.dev/v1alpha1',
  kind: 'NodeMemoryAdvice',
  metadata: { name },
  spec,
});

const at = '2026-01-01T00:00:00Z';

export const nodeStatusOf = (containers: number) => ({
  observedGeneration: 1,
  reportTime: at,
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at, reason: 'Following', message: '' }],
  agent: { version: '0.1.0', kernelRelease: '6.12.1', cgroupVersion: 2, supportedAdvice: ['Cold', 'PageOut'] },
  node: { swapTotalBytes: 8 * kilobyte ** 3, swapFreeBytes: 7 * kilobyte ** 3, swapKind: 'Zram' },
  policies: [{ uid: uid(0), containers, idleContainers: containers, swappedBytes: 4096, netByteSeconds: '-12' }],
  containers: [...Array(containers).keys()].map((number) => ({
    podUID: uid(number),
    name: 'container-0',
    state: 'PagedOut',
    reason: 'LadderDone',
    since: at,
    anonBytes: 4096,
    swapBytes: kilobyte ** 3,
    lastAdvice: 'PageOut',
    lastAdviceTime: at,
    blocker: { signal: 'swapFreePercent', observed: 9, allowed: 10 },
  })),
  omittedContainers: 12,
});
