/** What the metrics say of the node as a whole, and the one thing that holds the agent back most. */
import type { Reason } from '../../api/reasons.ts';
import { missingToAdvise } from '../act/rights.ts';
import type { NodeSignals } from '../observe/node.ts';
import type { Parts } from '../tick.ts';
import type { NodeGauges } from './metrics.ts';

type Holding = Pick<Parts, 'source' | 'worker'>;

/** null: nothing does. */
export function heldBy({ source, worker }: Holding): Reason | null {
  const { stop, restore, observe, paused } = source.orders();
  return stop ?? restore ?? missingToAdvise(worker.hello) ?? observe ?? paused;
}

export function nodeGauges(node: NodeSignals | null, holding: Holding): NodeGauges {
  const { source } = holding;
  return {
    swapTotalBytes: node?.swapTotalBytes ?? 0,
    swapFreeBytes: node?.swapFreeBytes ?? 0,
    held: heldBy(holding),
    policyErrors: source.policies().errors.length,
  };
}
