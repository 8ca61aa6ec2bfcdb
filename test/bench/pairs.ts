/** Interleaved pairs: a machine's speed drifts, a ratio of two runs side by side drifts much less. */

export interface Pairs {
  readonly ours: readonly number[];
  readonly baseline: readonly number[];
  readonly ratio: { readonly median: number; readonly min: number; readonly max: number };
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Ratios ours / baseline, pair by pair. */
export function summarize(ours: readonly number[], baseline: readonly number[]): Pairs {
  const ratios = ours.map((value, i) => value / baseline[i]!);
  return { ours, baseline, ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) } };
}

/** Runs both `rounds` times, in turn and in alternating order, after one uncounted round. */
export async function pairs(
  rounds: number,
  ours: () => Promise<number>,
  baseline: () => Promise<number>,
): Promise<Pairs> {
  const first: number[] = [];
  const second: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const swap = round % 2 !== 0;
    const b = swap ? await baseline() : null;
    const a = await ours();
    const late = b ?? (await baseline());
    if (round < 0) continue;
    first.push(a);
    second.push(late);
  }
  return summarize(first, second);
}
