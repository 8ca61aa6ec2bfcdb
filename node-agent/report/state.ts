/**
 * What /state of the agent's unix socket answers and `ebb why` and `ebb ps` read: plain JSON of what the agent knows of
 * each container and why it decided as it did. Strings of the host (cgroup paths) are hostile: escape where shown.
 */
import type { Mode } from '../../api/profile.ts';
import type { Reason } from '../../api/reasons.ts';
import type { Advice } from '../../native/worker.ts';

export type StateName = 'Active' | 'Idle' | 'Cold' | 'PagedOut' | 'Waking' | 'Skipped' | 'Backoff';

/** Which signal held a container where it is: what was seen and what the policy allows. */
export interface Blocker {
  readonly signal: string;
  readonly observed: number;
  readonly allowed: number;
}

export interface LedgerState {
  readonly advisedBytes: number;
  /** The fall of RssAnon in page-out passes. */
  readonly unmappedBytes: number;
  /** The fall of memory usage less what compressed swap grew; what WillNeed took is taken off. */
  readonly freedBytes: number;
  /** Unmapped, but in the swap cache when the pass ended, and not dropped since by Ebb. */
  readonly awaitingReclaimBytes: number;
  /** The fall of what is in swap, as seen from tick to tick: what was fetched but not touched is not in it. */
  readonly cameBackBytes: number;
  /** Time inside all process_madvise calls together. */
  readonly stallMicros: number;
  /** The longest of them: what an mmap or munmap of the target had to wait for at most. */
  readonly longestCallMicros: number;
  /** Freed bytes times the seconds they stayed free. */
  readonly netByteSeconds: number;
  readonly passes: number;
  /** Freed and still out, as far as it is seen. */
  readonly outBytes: number;
}

/** One decision with what it was made from. */
export interface DecisionState {
  /** ISO 8601: when it was first made, and last made over again. */
  readonly time: string;
  readonly lastTime: string;
  readonly times: number;
  readonly state: StateName;
  readonly reason: Reason;
  readonly action: Advice | 'None' | 'Cancel';
  readonly blocker: Blocker | null;
  readonly inputs: Readonly<Record<string, number | string | boolean | null>>;
}

export interface ContainerState {
  readonly cgroup: string;
  readonly id: string | null;
  readonly podUID: string | null;
  readonly policy: string | null;
  readonly mode: Mode | null;
  readonly state: StateName;
  readonly reason: Reason;
  /** ISO 8601: since when it is in this state. */
  readonly since: string;
  readonly blocker: Blocker | null;
  readonly anonBytes: number;
  readonly swapBytes: number;
  /** Mode DryRun: what Enforce would have put into swap since it became idle. */
  readonly wouldReclaimBytes: number;
  readonly usageBytes: number | null;
  readonly processes: number;
  readonly lastAdvice: {
    readonly advice: Advice;
    readonly time: string;
    readonly dryRun: boolean;
    readonly reason: Reason | null;
  } | null;
  readonly passRunning: Advice | null;
  readonly ledger: LedgerState;
  /** Newest last, at most 20. */
  readonly decisions: readonly DecisionState[];
}

export interface AgentState {
  readonly agent: {
    readonly version: string;
    readonly pid: number;
    readonly workerPid: number;
    readonly since: string;
    readonly time: string;
    readonly ticks: number;
    readonly periodSeconds: number;
    readonly capabilities: readonly string[];
    readonly features: readonly string[];
    /** Why it does less than the policies say; null: it does not. */
    readonly held: Reason | null;
  };
  readonly node: {
    readonly kernelRelease: string;
    readonly cgroupLayout: 'v1' | 'v2' | 'hybrid';
    readonly swapTotalBytes: number;
    readonly swapFreeBytes: number;
    readonly swapKind: string | null;
    /** Signals that this kernel or cgroup layout has no source for. */
    readonly missingSignals: readonly string[];
  };
  readonly policies: readonly {
    readonly name: string;
    readonly file: string | null;
    readonly mode: Mode;
    readonly containers: number;
    /** Its file as it is now is wrong, and this is the last good reading of it. */
    readonly error: string | null;
  }[];
  /** One line for each thing wrong in the policy folder now. */
  readonly policyErrors: readonly string[];
  readonly containers: readonly ContainerState[];
}

/** What /probe answers: of the agent's worker, asked at that moment. */
export interface ProbeState {
  readonly capabilities: readonly string[];
  readonly features: readonly string[];
  readonly advice: readonly { readonly name: string; readonly advice: number; readonly errno: number }[];
}
