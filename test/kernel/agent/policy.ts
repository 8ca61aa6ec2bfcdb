/** A policy file for one cgroup with windows short enough for a test; `spec` is laid over it. */
export interface Spec {
  readonly mode?: 'DryRun' | 'Enforce' | 'Paused';
  readonly steps?: readonly object[];
  readonly idle?: object;
  readonly wake?: object;
  readonly memory?: object;
  readonly limits?: object;
  readonly guards?: object;
}

export const policy = (cgroup: string, spec: Spec = {}, name = 'test'): string =>
  JSON.stringify({
    apiVersion: 'ebb.dev/v1alpha1',
    kind: 'MemoryAdvicePolicy',
    metadata: { name },
    spec: {
      standalone: { cgroups: [cgroup] },
      mode: spec.mode ?? 'Enforce',
      idle: { windowSeconds: 2, maxCPUMillicores: 50, minPodAgeSeconds: 0, ...spec.idle },
      steps: spec.steps ?? [
        { advice: 'Cold', afterIdleSeconds: 0 },
        { advice: 'PageOut', afterIdleSeconds: 1 },
      ],
      ...(spec.wake ? { wake: spec.wake } : {}),
      memory: { excludeCommands: [], ...spec.memory },
      limits: { maxBytesPerSecond: '4Gi', cooldownSeconds: 0, ...spec.limits },
      guards: { pressure: [], minGainBytes: '1Mi', ...spec.guards },
    },
  });
