/** ConfigMap ebb-switch as the plugin reads and shows it. Pure. */
import type { Reason } from '../../../api/reasons.ts';
import { type SwitchState, switchOrders, switchText } from '../../../node-agent/cluster/switch.ts';

export interface SwitchView {
  /** Where it is, or should be. */
  readonly namespace: string;
  /** As it is written; Run where nobody touched it; null: there is no such object, which agents take as Run. */
  readonly state: string | null;
  /** What agents make of it; null: they act. */
  readonly reason: Reason | null;
}

export function switchView(namespace: string, object: { readonly [field: string]: unknown } | null): SwitchView {
  if (object === null) return { namespace, state: null, reason: null };
  const state = switchText(object);
  const { stop, restore, observe } = switchOrders(state);
  return { namespace, state, reason: stop ?? restore ?? observe };
}

export const meanings: Readonly<Record<SwitchState, string>> = {
  Run: 'agents do what policies say',
  Observe: 'agents decide and touch nothing',
  Stop: 'agents give no advice; what is in swap comes back when it is touched',
  Restore: 'agents bring back what they paged out, and do nothing else',
};
