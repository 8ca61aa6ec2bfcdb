/**
 * Whether a node's new spec has to go out at once or may wait for others to come: who takes away, pauses or changes a rule
 * must not wait; pods that only come, under the rules that are there, may. Pure; the loop turns it into a delay.
 */
import type { NodePod, NodeSpec } from '../api/node-spec.ts';

/** `Pausing`: a drain may be behind it, so it does not even wait for the object's rest between two writes. */
export type Urgency = 'Pausing' | 'Now' | 'Batched';

/** `before`: what the object says, or is about to; null: there is none. */
export function urgencyOf(before: NodeSpec | null, after: NodeSpec): Urgency {
  if (before !== null && before.paused === undefined && after.paused !== undefined) return 'Pausing';
  return before !== null && sameAround(before, after) && onlyMorePods(before.pods, after.pods) ? 'Batched' : 'Now';
}

/** Everything but the pods, and profiles that are new: nobody followed them until now. */
function sameAround(before: NodeSpec, after: NodeSpec): boolean {
  const { profiles: oldProfiles, pods: _oldPods, omittedPods: _oldOmitted, ...oldRest } = before;
  const { profiles: newProfiles, pods: _newPods, omittedPods: _newOmitted, ...newRest } = after;
  const byName = new Map(newProfiles.map((profile) => [profile.name, profile]));
  return equal(oldRest, newRest) && oldProfiles.every((profile) => equal(profile, byName.get(profile.name)));
}

function onlyMorePods(before: readonly NodePod[], after: readonly NodePod[]): boolean {
  const byUID = new Map(after.map((pod) => [pod.uid, pod]));
  return before.every((pod) => holds(byUID.get(pod.uid), pod));
}

/** The same pod, with the containers that it had and perhaps more. */
function holds(after: NodePod | undefined, before: NodePod): boolean {
  if (after === undefined) return false;
  const { containers: had, ...oldRest } = before;
  const { containers: has, ...newRest } = after;
  return equal(oldRest, newRest) && had.every((one) => has.some((other) => equal(one, other)));
}

const equal = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);
