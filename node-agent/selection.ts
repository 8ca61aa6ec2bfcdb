/** Which policy a container follows now, and whether what runs in it may go on. */
import type { Profile } from '../api/profile.ts';
import type { Reason } from '../api/reasons.ts';
import type { Orders, Policies } from './source.ts';
import type { Running, Tracked } from './tracked.ts';

/** Asks only where the policies, or how they count, have changed since. */
export function select(tracked: Tracked, policies: Policies, { observe, restore }: Orders): void {
  const left = restore !== null && tracked.pagedOutByUs;
  const by = `${policies.generation}${observe === null ? '' : ' observed'}${left ? ' restored' : ''}`;
  if (tracked.selectedBy === by) return;
  const selected = policies.select(tracked.container);
  const { profile } = selected;
  const given = observe === null || profile === null ? profile : observed(profile);
  // What Ebb did is undone wherever it did it: a policy that is gone, another label, an opt-out since.
  tracked.select({ ...selected, profile: given ?? (left ? (policies.leftover ?? null) : null) }, by);
}

/** Only what acts changes. */
const observed = (profile: Profile): Profile => (profile.mode === 'Enforce' ? { ...profile, mode: 'DryRun' } : profile);

/** null: the pass goes on. A dry run hurts nobody. */
export function stopsPass({ profile, unselected }: Tracked, { action }: Running, orders: Orders): Reason | null {
  const { stop, restore, paused, observe } = orders;
  if (action.dryRun) return null;
  if (action.advice === 'WillNeed') return stop ?? (action.paced && restore === null ? 'Cancelled' : null);
  if (profile === null) return stop ?? unselected;
  if (profile.mode === 'DryRun') return stop ?? restore ?? observe ?? 'DryRun';
  return stop ?? restore ?? paused ?? (profile.mode === 'Paused' ? 'Paused' : null);
}
