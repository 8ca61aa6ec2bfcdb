/** What the metrics say of the node as a whole, and the one thing that holds the agent back most. */
import type { Reason } from '../../api/reasons.ts';
import type { NodeSignals } from '../observe/node.ts';
import type { Orders, Source } from '../source.ts';
import type { NodeGauges } from './metrics.ts';

/** null: nothing does. */
export const heldBy = ({ stop, restore, observe, paused }: Orders): Reason | null =>
  stop ?? restore ?? observe ?? paused;

export function nodeGauges(node: NodeSignals | null, source: Source): NodeGauges {
  return {
    swapTotalBytes: node?.swapTotalBytes ?? 0,
    swapFreeBytes: node?.swapFreeBytes ?? 0,
    held: heldBy(source.orders()),
    policyErrors: source.policies().errors.length,
  };
}
