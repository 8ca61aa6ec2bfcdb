/**
 * What decisions are made from: plain numbers, null where this kernel or cgroup has no source. tick.ts fills them from
 * what was observed. Times are milliseconds of one monotonic clock.
 */
import type { Reason } from '../../api/reasons.ts';

/** What stood in the way: the signal, what it was and what is allowed. */
export interface Blocker {
  readonly signal: string;
  readonly observed: number;
  readonly allowed: number;
}

export interface Refusal {
  readonly reason: Reason;
  readonly blocker: Blocker | null;
}

/** Cumulative counters of one container at one moment. */
export interface UsageSample {
  readonly at: number;
  readonly cpuMicros: number | null;
  /** Of the pod's network namespace, both directions. */
  readonly networkBytes: number | null;
  readonly ioBytes: number | null;
}

/** Stall per minute of wall time, milliseconds (pressure.ts). */
export interface Stalls {
  readonly some: number;
  /** null: not kept, as for CPU before Linux 5.13. */
  readonly full: number | null;
}

export interface PressureInput {
  readonly memory: Stalls | null;
  readonly io: Stalls | null;
  readonly cpu: Stalls | null;
}

export interface NodeInput {
  readonly swapTotalBytes: number;
  readonly swapFreeBytes: number;
  /** A swap area in use is being switched off. */
  readonly swapoff: boolean;
  /** Sums over zram swap devices that have a mem_limit; null: none has. */
  readonly zram: { readonly usedBytes: number; readonly limitBytes: number } | null;
  readonly pressure: PressureInput;
  /** MemAvailable. */
  readonly availableBytes: number | null;
}

export interface ContainerInput {
  /** RssAnon (and shared, where the policy takes it) of its processes, each address space once. */
  readonly anonBytes: number;
  /** VmLck and VmPin of its processes. */
  readonly lockedBytes: number;
  readonly pinnedBytes: number;
  readonly swapBytes: number;
  /** memory.swap.max, the least over the container's cgroup and those above it; null: no limit. */
  readonly swapMaxBytes: number | null;
  /** Room left below it, the least over the same cgroups; null: no limit. */
  readonly swapRoomBytes: number | null;
  /** memory.current; null without the memory controller. */
  readonly usageBytes: number | null;
  /** The larger of memory.min and memory.low; 0: none. */
  readonly protectedBytes: number;
  readonly highBytes: number | null;
  readonly maxBytes: number | null;
  readonly frozen: boolean;
  /** Any process with a debugger. */
  readonly traced: boolean;
  /** Any process with a real-time scheduling policy. */
  readonly realTime: boolean;
  readonly pressure: PressureInput;
}
