/** How many agents do what the switch says, by the condition Ready of their nodes' objects. Pure. */
import type { SwitchState } from '../../../node-agent/cluster/switch.ts';
import { conditionOf, hearing, type NodeView } from '../node-view.ts';
import { countText } from '../text.ts';

export interface Obeyed {
  readonly done: boolean;
  /** Nodes that have not, and whose agents are heard. */
  readonly left: readonly string[];
  readonly message: string;
}

/** What Ready gives as its reason once the agent is where the switch wants it. */
const reasons: Readonly<Record<Exclude<SwitchState, 'Run'>, string>> = {
  Observe: 'SwitchObserve',
  Stop: 'SwitchStop',
  Restore: 'Restored',
};

export function obeyed(state: SwitchState, nodes: readonly NodeView[], now: number): Obeyed {
  const heard = nodes.filter((node) => hearing(node, now) === 'heard');
  const left = heard.filter((node) => !hasObeyed(state, node)).map(({ name }) => name);
  const silent = nodes.length - heard.length;
  const quiet = silent === 0 ? '' : `; ${countText(silent, 'nodes')} not heard of`;
  const message = `agents that have obeyed: ${heard.length - left.length} of ${heard.length}${quiet}`;
  return { done: left.length === 0, left, message };
}

function hasObeyed(state: SwitchState, node: NodeView): boolean {
  const reason = conditionOf(node, 'Ready')?.reason ?? '';
  return state === 'Run' ? !/^(Switch|Restored$)/.test(reason) : reason === reasons[state];
}
