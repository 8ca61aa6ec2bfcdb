/**
 * What a node, and a namespace on it, may do in all: the tightest of every limit that matches, carried along to the
 * agent, which alone can keep it. candidates.ts reads each limit once, node-plan.ts takes the tightest.
 */
import type { NodeSpec } from '../api/node-spec.ts';
import { type Quantity, quantityBytes } from '../api/quantity.ts';
import type { LimitSpec } from './bounds.ts';

export type NodeLimits = NonNullable<NodeSpec['limits']>;
export type NodeBudget = Omit<NodeLimits, 'namespaces'>;

export interface Budget {
  readonly node: NodeBudget | null;
  /** Of each namespace on a node; null: no bound. */
  readonly maxSwappedBytes: number | null;
}

export function budgetOf(limit: LimitSpec | null): Budget {
  const { node, namespace } = limit ?? {};
  return { node: node ? bytesOf(node) : null, maxSwappedBytes: bytes(namespace?.maxSwappedBytesPerNode) ?? null };
}

/** undefined: none says anything. */
export function nodeBudget(budgets: readonly Budget[]): NodeBudget | undefined {
  const tightest = budgets.reduce<NodeBudget>((tight, { node }) => (node ? tighter(tight, node) : tight), {});
  return Object.keys(tightest).length > 0 ? tightest : undefined;
}

export function namespaceBudget(budgets: readonly Budget[]): number | null {
  const bounds = budgets.flatMap(({ maxSwappedBytes }) => maxSwappedBytes ?? []);
  return bounds.length > 0 ? Math.min(...bounds) : null;
}

function bytesOf(node: NonNullable<LimitSpec['node']>): NodeBudget {
  return tighter(
    {},
    {
      maxBytesPerSecond: bytes(node.maxBytesPerSecond),
      maxSwapWriteBytesPerDay: bytes(node.maxSwapWriteBytesPerDay),
      minSwapFreePercent: node.minSwapFreePercent,
    },
  );
}

function tighter(a: NodeBudget, b: NodeBudget): NodeBudget {
  const maxBytesPerSecond = either(Math.min, a.maxBytesPerSecond, b.maxBytesPerSecond);
  const maxSwapWriteBytesPerDay = either(Math.min, a.maxSwapWriteBytesPerDay, b.maxSwapWriteBytesPerDay);
  const minSwapFreePercent = either(Math.max, a.minSwapFreePercent, b.minSwapFreePercent);
  return {
    ...(maxBytesPerSecond !== undefined && { maxBytesPerSecond }),
    ...(maxSwapWriteBytesPerDay !== undefined && { maxSwapWriteBytesPerDay }),
    ...(minSwapFreePercent !== undefined && { minSwapFreePercent }),
  };
}

function either(choose: (a: number, b: number) => number, a: number | undefined, b: number | undefined) {
  return a === undefined || b === undefined ? (a ?? b) : choose(a, b);
}

function bytes(value: Quantity | undefined): number | undefined {
  return value === undefined ? undefined : quantityBytes(value);
}
