/** The agent's state as /state shows it: from what is tracked to the plain JSON of state.ts. */

import type { Decision } from '../decide/ladder.ts';
import type { Container } from '../observe/container.ts';
import type { Ledger } from './ledger.ts';
import type { ContainerState, DecisionState, LedgerState } from './state.ts';

const keptDecisions = 20;

/** Adds a decision, or, where it is the last one over again, only moves on its time and inputs. */
export function remember(decisions: DecisionState[], decision: Decision, date: Date): void {
  const next = decisionState(decision, date);
  const last = decisions.at(-1);
  if (last !== undefined && same(last, next)) {
    decisions[decisions.length - 1] = { ...next, time: last.time, lastTime: next.time, times: last.times + 1 };
    return;
  }
  decisions.push(next);
  if (decisions.length > keptDecisions) decisions.shift();
}

const same = (a: DecisionState, b: DecisionState): boolean =>
  a.state === b.state && a.reason === b.reason && a.action === b.action && a.blocker?.signal === b.blocker?.signal;

function decisionState(decision: Decision, date: Date): DecisionState {
  const { inputs, action } = decision;
  const { container, node, idle } = inputs;
  const time = date.toISOString();
  return {
    time,
    lastTime: time,
    times: 1,
    state: decision.state,
    reason: decision.reason,
    action: action?.advice ?? 'None',
    blocker: decision.blocker,
    inputs: {
      idle: idle.idle,
      idleReason: idle.reason,
      anonBytes: container.anonBytes,
      swapBytes: container.swapBytes,
      usageBytes: container.usageBytes,
      swapRoomBytes: container.swapRoomBytes,
      protectedBytes: container.protectedBytes,
      frozen: container.frozen,
      nodeSwapTotalBytes: node.swapTotalBytes,
      nodeSwapFreeBytes: node.swapFreeBytes,
      nodeAvailableBytes: node.availableBytes,
      nodeMemoryStallMillisPerMinute: rounded(node.pressure.memory?.some),
      containerMemoryStallMillisPerMinute: rounded(container.pressure.memory?.some),
      stepsDone: inputs.memory.stepsDone,
      inWindow: inputs.inWindow,
    },
  };
}

const rounded = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value));

export const ledgerState = ({ swapBytes: _, at: __, reclaimedBytes: ___, ...ledger }: Ledger): LedgerState => ledger;

/** What a container shows that no policy selects, and the base of what any other shows. */
export const identityOf = (container: Container): Pick<ContainerState, 'cgroup' | 'id' | 'podUID'> => ({
  cgroup: container.cgroup,
  id: container.id,
  podUID: container.podUID,
});
