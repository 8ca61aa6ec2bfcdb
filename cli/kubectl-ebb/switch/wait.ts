/** Waits until the agents do what the switch says, telling how far they are. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SwitchState } from '../../../node-agent/cluster/switch.ts';
import { resources } from '../../../operator/resources.ts';
import { note } from '../../output.ts';
import type { Session } from '../look.ts';
import { type NodeView, nodeViewOf } from '../node-view.ts';
import { firstOf, type IsNew, type Obeyed, obeyed, progressText } from './obeyed.ts';

export const nodesOf = ({ reader }: Session): Promise<NodeView[]> =>
  reader.all({ resource: resources.nodeAdvices }, nodeViewOf);

export interface Waited {
  readonly agents: Obeyed;
  /** null: every agent has obeyed. */
  readonly failure: string | null;
}

export async function waitFor(session: Session, state: SwitchState, isNew: IsNew, seconds: number): Promise<Waited> {
  const { reader } = session;
  const end = performance.now() + seconds * 1000;
  if (process.stderr.isTTY) note(`waiting up to ${seconds} s; Ctrl-C ends the waiting alone`);
  let told = '';
  for (;;) {
    reader.seen();
    const nodes = await nodesOf(session);
    const agents = obeyed(state, nodes, isNew, Date.now());
    const message = progressText(agents, nodes);
    if (message !== told) note(message);
    told = message;
    const rest = end - performance.now();
    if (agents.waiting.length === 0 || rest <= 0) return { agents, failure: failureOf(agents, seconds) };
    await Promise.race([reader.changed, sleep(Math.min(rest, 5000))]);
  }
}

function failureOf({ obeyed, waiting, silent }: Obeyed, seconds: number): string | null {
  if (waiting.length > 0) return `not within ${seconds} s: ${firstOf(waiting)}`;
  if (silent.length > 0) return `the agents of these nodes say nothing, and may not have obeyed: ${firstOf(silent)}`;
  return obeyed.length === 0 ? 'no node has an object of Ebb, so no agent is known that could obey' : null;
}
