/**
 * What stands for a cluster policy on the nodes that its roll-out has not reached: what it removes or tightens holds at
 * once, what it adds or loosens waits. A policy like any other, so that nothing else need know. For candidates.ts;
 * rollout.ts asks whether there is anything to wait for.
 */
import type { Rules } from './bounds.ts';
import { selectedByBoth, selectsNoMore } from './narrower.ts';
import { rulesOf } from './profiles.ts';
import type { ClusterPolicy, ClusterSpec } from './snapshot.ts';
import { isNoLooser, stricterOf } from './stricter.ts';

/** `before` is what held on every node last; null: nothing did. */
export function addsOrLoosens(policy: Omit<ClusterPolicy, 'stage'>, before: ClusterSpec | null): boolean {
  const { spec } = policy;
  if (spec.mode !== 'Enforce') return false;
  return (
    before === null ||
    spec.priority < before.priority ||
    !selectsNoMore(spec, before) ||
    !isNoLooser(rulesOf(policy), rulesOf({ ...policy, spec: before }))
  );
}

/** null: it isn't there at all. What touches nothing is held nowhere. */
export function heldPolicy(policy: ClusterPolicy, before: ClusterSpec | null): ClusterPolicy | null {
  const { spec } = policy;
  if (spec.mode !== 'Enforce' || before === null) return spec.mode === 'Enforce' ? null : policy;
  const rules = stricterOf(rulesOf(policy), rulesOf({ ...policy, spec: before }));
  // To rank higher is to take pods from others.
  const priority = Math.max(spec.priority, before.priority);
  return { ...policy, spec: { ...spec, ...selectedByBoth(spec, before), ...written(rules), priority } };
}

/** Rules as a spec says them; bytes are numbers there too. */
function written({ idle, steps, memory, guards, windows, ...rules }: Rules) {
  const { maxNetworkBytesPerSecond, maxIOBytesPerSecond, ...always } = idle;
  const { swapMinFreePercent, pressure, ...others } = guards;
  return {
    ...rules,
    idle: {
      ...always,
      ...(maxNetworkBytesPerSecond !== null && { maxNetworkBytesPerSecond }),
      ...(maxIOBytesPerSecond !== null && { maxIOBytesPerSecond }),
    },
    steps: [...steps],
    memory: { ...memory, kinds: [...memory.kinds], excludeCommands: [...memory.excludeCommands] },
    guards: { ...others, swap: { minFreePercent: swapMinFreePercent }, pressure: [...pressure] },
    windows: [...windows],
  };
}
