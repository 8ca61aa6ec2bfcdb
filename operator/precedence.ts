/** Which of several policies comes first, and how a policy is named. candidates.ts sorts by it; nothing else decides. */
import { policyName } from '../api/resolve.ts';
import type { Policy } from './snapshot.ts';

/** "shop/idle-web", or "ebb-default" of a cluster policy: no two policies share it. */
export function keyOf(policy: Policy): string {
  return policyName(policy.namespace, policy.name);
}

/** Namespaced before cluster-wide, then the lower priority, then the older, then the name. A total order. */
export function byPrecedence(a: Policy, b: Policy): number {
  return (
    Number(a.namespace === null) - Number(b.namespace === null) ||
    a.spec.priority - b.spec.priority ||
    byText(a.createdAt, b.createdAt) ||
    byText(a.name, b.name) ||
    byText(a.namespace ?? '', b.namespace ?? '')
  );
}

/** By code unit: the same everywhere, whatever the locale. */
export function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
