/**
 * Plan advice, in the order a pass uses it: candidateRanges (the worker counts their pages), chooseRanges, slices.
 */
export { type Candidates, candidateRanges, type RangeRules } from './candidates.ts';
export { chooseRanges } from './choose.ts';
export type { ChooseRules, HotRange, Plan, PlannedRange } from './plan.ts';
export { type Skip, sumSkips } from './skips.ts';
export { movableIn, slices } from './slices.ts';
