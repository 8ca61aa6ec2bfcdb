/**
 * Where the agent's orders come from, as the tick sees it: which policy each container follows, and what holds the agent
 * back as a whole. standalone/ makes it from files, cluster/ from the object of the node.
 */
import type { Profile } from '../api/profile.ts';
import type { Reason } from '../api/reasons.ts';
import type { Before } from './decide/resume.ts';
import type { SwapLimits } from './decide/swap-bounds.ts';
import type { Container } from './observe/container.ts';
import type { Parts, Ticker } from './tick.ts';

/** A container as the cluster knows it. */
export interface InPod {
  readonly policyUID: string;
  readonly podUID: string;
  readonly podName: string;
  readonly namespace: string;
  readonly name: string;
  /** null: an agent before this one said nothing of it. */
  readonly before: Before | null;
}

export interface Selected {
  readonly profile: Profile | null;
  /** Why no profile; null where there is one. */
  readonly reason: Reason | null;
  /** null: nothing is declared, or there is nobody who could. */
  readonly declaredIdle?: boolean | null;
  readonly pod?: InPod | null;
  /** Of its pod, whether or not a policy means this container of it; null: not known. */
  readonly namespace?: string | null;
}

export interface Policies {
  readonly profiles: readonly Profile[];
  /** What Restore goes by where none is selected; absent where nobody can ask for one. */
  readonly leftover?: Profile;
  /** Changes with the profiles, and with whom they are for. */
  readonly generation: number;
  /** Cgroups that are no containers and that discovery has to look for. */
  readonly cgroups: readonly string[];
  /** One line for each thing that is wrong with the policies as they are written now. */
  readonly errors: readonly string[];
  /** Shared by all containers. */
  readonly swapLimits: SwapLimits;
  select(container: Container): Selected;
  /** What is wrong with the policy as it is written now, where `profile` is the last good reading of it. */
  errorOf(profile: Profile): string | null;
}

/** What holds for all containers. */
export interface Orders {
  /** No Cold and no PageOut is begun or goes on; WillNeed is. */
  readonly paused: Reason | null;
  /** Every policy counts as DryRun. */
  readonly observe: Reason | null;
  /** No advice at all. */
  readonly stop: Reason | null;
  /** What was paged out is brought back, and nothing else is advised. */
  readonly restore: Reason | null;
}

export const noOrders: Orders = { paused: null, observe: null, stop: null, restore: null };

export interface Source {
  policies(): Policies;
  orders(): Orders;
  /** Looks again at once; SIGHUP asks for it. */
  refresh(): void;
  /** The agent runs from here on. */
  begin(parts: Parts, ticker: Ticker): void;
  /** No pass runs any more. */
  close(): Promise<void>;
}
