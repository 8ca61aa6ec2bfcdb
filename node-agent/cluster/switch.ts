/** What ConfigMap ebb-switch says (data.state). It is there for an emergency: whatever has no meaning is taken as Stop. Pure. */
import type { Reason } from '../../api/reasons.ts';
import { noOrders, type Orders } from '../source.ts';

const orders = {
  Run: noOrders,
  Observe: { ...noOrders, observe: 'SwitchObserve' },
  Stop: { ...noOrders, stop: 'SwitchStop' },
  Restore: { ...noOrders, restore: 'SwitchRestore' },
} as const satisfies Readonly<Record<string, Orders>>;

export type SwitchState = keyof typeof orders;

/** Without an object, or without the key in it, nobody has touched the switch. */
export const untouched = 'Run';

/** As it is written; other values than these four too. */
export function switchText(object: { readonly [field: string]: unknown }): string {
  const data = object['data'];
  const own = typeof data === 'object' && data !== null && Object.hasOwn(data, 'state');
  return own ? String((data as Record<string, unknown>)['state']).trim() : untouched;
}

/** null: what it says was never read. */
export function switchOrders(text: string | null): Orders {
  if (text === null) return { ...noOrders, stop: 'SwitchUnread' };
  return Object.hasOwn(orders, text) ? orders[text as SwitchState] : unknown;
}

const unknown: Orders = { ...noOrders, stop: 'SwitchUnknown' satisfies Reason };
