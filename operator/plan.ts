/** The plan of a whole cluster from scratch: one spec for each node, and what became of each policy and limit. */
import { type Plan, Planner } from './planner.ts';
import type { Settings, Snapshot } from './snapshot.ts';

export function plan(snapshot: Snapshot, settings: Settings): Plan {
  return new Planner(snapshot, settings).plan;
}
