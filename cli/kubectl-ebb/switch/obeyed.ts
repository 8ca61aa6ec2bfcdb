/** How many agents do what the switch says, by what they reported since it says so. Pure. */
import { valueAt } from '../../../api/decode.ts';
import { escapeText } from '../../../api/escape.ts';
import type { SwitchState } from '../../../node-agent/cluster/switch.ts';
import { listAt, textAt } from '../../../operator/raw.ts';
import { conditionOf, hearing, type NodeView } from '../node-view.ts';
import { namesText } from '../text.ts';

/** Nodes by name, each in one of the three. */
export interface Obeyed {
  readonly obeyed: readonly string[];
  /** Their agents are heard, or may yet be. */
  readonly waiting: readonly string[];
  /** Nobody knows what goes on there. */
  readonly silent: readonly string[];
}

/** Whether a report was made since the switch says what it says. */
export type IsNew = (node: NodeView) => boolean;

/** What Ready gives as its reason once the agent is where the switch wants it. */
const reasons: Readonly<Record<Exclude<SwitchState, 'Run'>, string>> = {
  Observe: 'SwitchObserve',
  Stop: 'SwitchStop',
  Restore: 'Restored',
};

export function obeyed(state: SwitchState, nodes: readonly NodeView[], isNew: IsNew, now: number): Obeyed {
  const part = (node: NodeView): keyof Obeyed => {
    const heard = hearing(node, now);
    if (heard === 'heard' && isNew(node) && hasObeyed(state, node)) return 'obeyed';
    return heard === 'silent' ? 'silent' : 'waiting';
  };
  const byPart = Map.groupBy(nodes, part);
  const names = (which: keyof Obeyed) => (byPart.get(which) ?? []).map(({ name }) => name);
  return { obeyed: names('obeyed'), waiting: names('waiting'), silent: names('silent') };
}

function hasObeyed(state: SwitchState, node: NodeView): boolean {
  const reason = conditionOf(node, 'Ready')?.reason ?? '';
  return state === 'Run' ? !/^(Switch|Restored$)/.test(reason) : reason === reasons[state];
}

/** Compares no clock of a node with one of the server: what was reported before is known. */
export function differsFrom(before: readonly NodeView[]): IsNew {
  const times = new Map(before.map(({ name, status }) => [name, status.reportTime]));
  return ({ name, status }) => status.reportTime !== times.get(name);
}

/** Where the switch said so already, since when it does; an agent that obeyed then has nothing new to report for minutes. */
export function reportedSince(configMap: unknown): IsNew {
  const owners = listAt(valueAt(configMap, ['metadata']), 'managedFields');
  const times = owners
    .filter((owner) => valueAt(owner, ['fieldsV1', 'f:data', 'f:state']) !== undefined)
    .map((owner) => Date.parse(textAt(owner, 'time') ?? ''));
  const since = Math.max(0, ...times);
  return ({ status }) => Date.parse(status.reportTime ?? '') >= since;
}

/** "agents that have obeyed: 1 of 3; n2: 4 containers are still to be brought back; not heard of: n3". */
export function progressText({ obeyed, waiting, silent }: Obeyed, nodes: readonly NodeView[]): string {
  const next = nodes.find(({ name }) => name === waiting[0]);
  const ready = next && conditionOf(next, 'Ready');
  return [
    `agents that have obeyed: ${obeyed.length} of ${obeyed.length + waiting.length + silent.length}`,
    ...(next && ready?.reason === 'SwitchRestore' ? [`${escapeText(next.name)}: ${escapeText(ready.message)}`] : []),
    ...(silent.length > 0 ? [`not heard of: ${firstOf(silent)}`] : []),
  ].join('; ');
}

export const firstOf = (names: readonly string[]): string => namesText(names.slice(0, 5), names.length);
