/** ConfigMap ebb-switch as the plugin reads and shows it. Pure. */
import type { Reason } from '../../../api/reasons.ts';
import { type SwitchState, switchOrders, switchText } from '../../../node-agent/cluster/switch.ts';

export interface SwitchView {
  /** As it is written; Run where nobody touched it. */
  readonly state: string;
  /** What agents make of it; null: they act. */
  readonly reason: Reason | null;
}

export function switchView(object: { readonly [field: string]: unknown } | null): SwitchView {
  const state = switchText(object ?? {});
  const { stop, restore, observe } = switchOrders(state);
  return { state, reason: stop ?? restore ?? observe };
}

export const meanings: Readonly<Record<SwitchState, string>> = {
  Run: 'agents do what policies say',
  Observe: 'agents decide and touch nothing',
  Stop: 'agents give no advice; what is in swap comes back when it is touched',
  Restore: 'agents bring back what they paged out, and do nothing else',
};
