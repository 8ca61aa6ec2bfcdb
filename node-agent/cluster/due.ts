/**
 * When a report is due: conditions at once, transitions within 10 s, figures once a minute at most, a sign of life within
 * 300 s, each with a share of chance so that the nodes of a cluster don't come together. Pure.
 */
import type { NodeStatus } from '../../api/node-status.ts';

export interface Written {
  readonly status: NodeStatus;
  /** Monotonic milliseconds. */
  readonly at: number;
  /** 0 ≤ chance < 1, drawn once for what follows this report. */
  readonly chance: number;
}

export interface Due {
  readonly write: boolean;
  /** Since when a transition waits to be told; null: none does. To be given back at the next call. */
  readonly waitingSince: number | null;
}

const transitionMillis = (chance: number): number => 5000 + 3000 * chance;
const figuresMillis = (chance: number): number => 60_000 + 30_000 * chance;
const aliveMillis = (chance: number): number => 240_000 + 45_000 * chance;

/** `written` null: nothing was reported to this object yet. */
export function due(next: NodeStatus, written: Written | null, waitingSince: number | null, now: number): Due {
  if (written === null) return { write: true, waitingSince };
  const { status, at, chance } = written;
  const since = transitions(next) === transitions(status) ? null : (waitingSince ?? now);
  const write =
    conditions(next) !== conditions(status) ||
    (since !== null && now - since >= transitionMillis(chance)) ||
    (now - at >= figuresMillis(chance) && figures(next) !== figures(status)) ||
    now - at >= aliveMillis(chance);
  return { write, waitingSince: since };
}

/** When something may be due though nothing changed since: to make a report and compare it is dear. */
export function nextLook(written: Written | null, waitingSince: number | null): number {
  if (written === null) return 0;
  const { at, chance } = written;
  const figures = at + figuresMillis(chance);
  return waitingSince === null ? figures : Math.min(figures, waitingSince + transitionMillis(chance));
}

const conditions = ({ conditions = [] }: NodeStatus): string =>
  JSON.stringify(conditions.map(({ type, status, reason }) => [type, status, reason]));

function transitions({ observedGeneration, agent, node, policies = [], containers = [] }: NodeStatus): string {
  return JSON.stringify([
    observedGeneration,
    agent,
    node?.swapKind,
    policies.map(({ uid, reason }) => `${uid} ${reason}`).sort(),
    containers.map(({ podUID, name, state, reason }) => `${podUID} ${name} ${state} ${reason}`).sort(),
  ]);
}

/** All of it but the time. */
const figures = ({ reportTime: _, ...rest }: NodeStatus): string => JSON.stringify(rest);
