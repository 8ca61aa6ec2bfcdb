/** What `ebb probe` knows of a host; also its JSON. docs/cli.md lists every field. */
import type { Reason } from '../../api/reasons.ts';
import type { HostSwap } from '../swap.ts';

export interface AdviceAnswer {
  /** As Ebb calls it; Mergeable and Unmergeable are only asked about. */
  readonly name: string;
  /** The number of madvise(2). */
  readonly number: number;
  readonly accepted: boolean;
  /** "EINVAL"; null where it is accepted. */
  readonly error: string | null;
}

export interface Facts {
  readonly version: string;
  readonly kernelRelease: string;
  readonly architecture: string;
  readonly cgroups: {
    readonly layout: 'v1' | 'v2' | 'hybrid';
    readonly memoryVersion: 1 | 2;
    readonly memory: string;
    readonly unified: string | null;
  };
  readonly worker: { readonly capabilities: readonly string[]; readonly features: readonly string[] };
  readonly advice: readonly AdviceAnswer[];
  readonly swap: HostSwap;
  /** Whether pressure stall information is there. */
  readonly pressure: {
    readonly memory: boolean;
    readonly io: boolean;
    readonly cpu: boolean;
    /** Of single cgroups. */
    readonly cgroups: boolean;
  };
}

export interface MissingPiece {
  /** What is missing; a literal of api/reasons.ts where one fits, else a name. */
  readonly what: Reason | string;
  /** Without it this does not work. */
  readonly effect: string;
  readonly remedy: string;
}
