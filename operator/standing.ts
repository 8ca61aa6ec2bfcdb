/**
 * How a policy stands among the others, in words for its owner: whether another has all of its pods, who comes before it
 * and why, and whom it comes before. Made from what planner.ts counted; the conditions of a policy carry it.
 */
import { countText } from '../api/count.ts';
import { byText } from './precedence.ts';
import type { Policy } from './snapshot.ts';
import type { PolicyTally } from './tally.ts';

export interface Standing {
  /** All of its pods follow others; never where it matches none. */
  readonly overridden: boolean;
  readonly message: string;
}

/** Others that one message names; the rest is counted. */
const maxNamed = 5;

export function standingOf(policy: Policy, tally: PolicyTally, byKey: ReadonlyMap<string, Policy>): Standing {
  const { matchedPods, overriddenPods, overriddenBy, overrides } = tally;
  const overridden = matchedPods > 0 && overriddenPods === matchedPods;
  if (matchedPods === 0) return { overridden, message: 'matches no pod' };
  const others = (rivals: ReadonlyMap<string, number>, before: boolean): string =>
    named(rivals, (key) => whyFirst(policy, byKey.get(key), before));
  const sentences = [
    overriddenPods > 0
      ? `${overriddenPods} of ${countText(matchedPods, 'pods follow', 'pod follows')} ${others(overriddenBy, false)}`
      : null,
    overrides.size > 0 ? `comes before ${others(overrides, true)}` : null,
  ].filter((sentence) => sentence !== null);
  return { overridden, message: sentences.join('; ') || 'all of its pods follow it' };
}

/** Those with the most pods first. */
function named(rivals: ReadonlyMap<string, number>, why: (key: string) => string): string {
  const sorted = [...rivals].sort(([a, some], [b, others]) => others - some || byText(a, b));
  const words = sorted.slice(0, maxNamed).map(([key]) => `${key} (${why(key)})`);
  return sorted.length > maxNamed ? `${words.join(', ')} and ${sorted.length - maxNamed} more` : words.join(', ');
}

/** Why the one of the two that comes first does: `policy`, where `before` says so, else the other. */
export function whyFirst(policy: Policy, other: Policy | undefined, before: boolean): string {
  if (!other) return 'gone since';
  const [first, second] = before ? [policy, other] : [other, policy];
  if (first.namespace !== null && second.namespace === null)
    return 'policies of a namespace come before cluster policies';
  if (first.spec.priority !== second.spec.priority)
    return `priority ${first.spec.priority} before ${second.spec.priority}`;
  const same = `both of priority ${first.spec.priority}`;
  return first.createdAt === second.createdAt ? `${same} and equally old: by name` : `${same}: the older wins`;
}
