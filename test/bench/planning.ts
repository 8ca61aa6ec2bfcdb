/** Listing and planning many mappings against the same in C. */
import { candidateRanges } from '../../node-agent/decide/ranges.ts';
import { Target } from '../targets/target.ts';
import { barePlan } from './bare.ts';
import { withWorker } from './ebb.ts';
import type { Figure } from './figures.ts';
import { median, pairs } from './pairs.ts';

async function plan(mappings: number, rounds: number): Promise<Figure> {
  await using target = await Target.start();
  await target.vmas(mappings);
  return await withWorker(async (worker) => {
    const session = await worker.begin(null, ['observe']);
    const [opened] = await session.open([{ pid: target.pid, startTicks: 0 }]);
    if (!opened?.ok) throw new Error(`not opened: ${opened?.refusal.reason}`);
    const { handle } = opened.proof;
    let planned = 0;
    const ours = async (): Promise<number> => {
      const started = performance.now();
      const listed = await session.list(handle);
      planned = candidateRanges(listed, { kinds: ['Anonymous'], minRangeBytes: 4096 }).ranges.length;
      return (performance.now() - started) * 1000;
    };
    const timed = await pairs(rounds, ours, async () => barePlan(target.pid, 1).micros);
    await session.end();
    if (planned < mappings * 0.9) throw new Error(`only ${planned} of ${mappings} ranges were planned`);
    const ms = (values: readonly number[]): string => `${(median(values) / 1000).toFixed(1)} ms`;
    return {
      bench: 'planning',
      what: `list and plan ${mappings.toLocaleString('en')} mappings / the same in C`,
      value: timed.ratio.median,
      unit: 'ratio',
      budget: { most: 1.5 },
      detail: `${rounds} pairs: Ebb ${ms(timed.ours)}, C ${ms(timed.baseline)}`,
    };
  });
}

export const planning = async (rounds: number): Promise<Figure[]> => [
  await plan(10_000, rounds * 3),
  await plan(50_000, rounds * 3),
];
