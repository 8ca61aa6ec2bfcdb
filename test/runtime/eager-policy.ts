/** A policy that pages out whatever was idle for three seconds, and brings all of it back: for tests that wait for both. */
export const eagerPolicy = (name: string) => ({
  apiVersion: 'ebb.dev/v1alpha1',
  kind: 'MemoryAdvicePolicy',
  metadata: { name },
  spec: {
    mode: 'Enforce',
    podSelector: {},
    idle: { windowSeconds: 2, maxCPUMillicores: 50, minPodAgeSeconds: 0 },
    steps: [{ advice: 'PageOut', afterIdleSeconds: 1 }],
    wake: { advice: 'WillNeed', maxBytes: '1Gi' },
    limits: { maxBytesPerSecond: '4Gi', cooldownSeconds: 0 },
    guards: { pressure: [], minGainBytes: '1Mi' },
  },
});
