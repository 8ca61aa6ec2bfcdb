/**
 * Which nodes a roll-out has reached: each node has a place in the order of a policy's own, by a hash of both UIDs, and
 * keeps it. Another policy has another order, so that the same few nodes don't try everything first.
 */
import { spread } from './hash.ts';

const places = 10_000;

export function placeOf(policyUID: string, nodeUID: string): number {
  return spread(`${policyUID} ${nodeUID}`, places);
}

export function isReached(place: number, nodesPercent: number): boolean {
  return place < (nodesPercent * places) / 100;
}

/**
 * Where the next step ends: one that would reach no further node is joined with the one after it, so that a cluster of
 * three nodes has three steps and not twenty. 100 where all of them are reached.
 */
export function nextPercent(nodes: readonly number[], fromPercent: number, stepPercent: number): number {
  if (nodes.length === 0) return Math.min(fromPercent + stepPercent, 100);
  const ahead = nodes.filter((place) => !isReached(place, fromPercent));
  let percent = fromPercent + stepPercent;
  while (percent < 100 && !ahead.some((place) => isReached(place, percent))) percent += stepPercent;
  return Math.min(percent, 100);
}
