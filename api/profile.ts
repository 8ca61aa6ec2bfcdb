/**
 * A policy resolved to plain numbers: what the agent decides by. Bytes, seconds, microseconds; no quantities, no
 * defaults left open. Made from a MemoryAdvicePolicy by api/resolve.ts, in cluster mode by the operator.
 */
export type Mode = 'DryRun' | 'Enforce' | 'Paused';
export type StepAdvice = 'Cold' | 'PageOut';

export interface Step {
  readonly advice: StepAdvice;
  readonly afterIdleSeconds: number;
  readonly ranges: 'KeepHot' | 'All';
}

export interface PressureGuard {
  readonly resource: 'Memory' | 'IO' | 'CPU';
  readonly scope: 'Node' | 'Container';
  readonly kind: 'Some' | 'Full';
  readonly maxStallMillisecondsPerMinute: number;
}

export interface Window {
  readonly name: string;
  readonly schedule: string;
  readonly durationSeconds: number;
  readonly timeZone: string;
}

export interface Profile {
  readonly name: string;
  readonly source: {
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string;
    readonly file: string | null;
  };
  readonly mode: Mode;
  readonly priority: number;
  readonly idle: {
    readonly windowSeconds: number;
    readonly maxCPUMillicores: number;
    readonly maxNetworkBytesPerSecond: number | null;
    readonly maxIOBytesPerSecond: number | null;
    readonly declared: 'Honor' | 'Require' | 'Ignore';
    readonly minPodAgeSeconds: number;
  };
  readonly steps: readonly Step[];
  readonly wake: { readonly advice: 'None' | 'WillNeed'; readonly maxBytes: number };
  readonly memory: {
    readonly kinds: readonly ('Anonymous' | 'Shared')[];
    readonly keepResidentBytes: number;
    readonly minRangeBytes: number;
    readonly excludeCommands: readonly string[];
  };
  readonly limits: {
    readonly maxBytesPerSecond: number;
    readonly maxBytesPerRound: number;
    readonly maxStallMicroseconds: number;
    readonly cooldownSeconds: number;
  };
  readonly guards: {
    readonly swapMinFreePercent: number;
    readonly pressure: readonly PressureGuard[];
    readonly refault: {
      readonly maxPercent: number;
      readonly withinSeconds: number;
      readonly backoffSeconds: number;
      readonly maxBackoffSeconds: number;
    };
    readonly minGainBytes: number;
  };
  readonly windows: readonly Window[];
}
