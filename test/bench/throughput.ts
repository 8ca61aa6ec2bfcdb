/** Page-out throughput against a bare C loop over the same target of `size` bytes, and the stall each causes in the target. */
import { withSwap } from '../kernel/swap.ts';
import { Target } from '../targets/target.ts';
import { barePageOut } from './bare.ts';
import { pageOut, withWorker } from './ebb.ts';
import type { Figure } from './figures.ts';
import { median, pairs } from './pairs.ts';

const MiB = 2 ** 20;
const maxStallMicros = 2000;

export const throughput = (rounds: number, size: number): Promise<Figure[]> =>
  withSwap({ kind: 'zram', bytes: 4 * size }, () =>
    withWorker(async (worker) => {
      await using target = await Target.start();
      const region = await target.anon(size);
      // Written anew before each run: a clean page whose swap slot is kept goes out several times cheaper.
      const ready = (): Promise<void> => target.change('dirty', region);
      let inside = 0;
      const ours = async (): Promise<number> => {
        await ready();
        const outcome = await pageOut(worker, target.pid, maxStallMicros);
        inside = outcome.processes[0]!.adviseMicros;
        return outcome.wallMillis * 1000;
      };
      const adviseOnly: number[] = [];
      const timed = await pairs(
        rounds,
        async () => {
          const wall = await ours();
          adviseOnly.push(inside);
          return wall;
        },
        async () => {
          await ready();
          return barePageOut(target.pid).micros;
        },
      );
      const throughputs = timed.ours.map((micros, i) => timed.baseline[i]! / micros);
      const calls = adviseOnly.slice(-rounds).map((micros, i) => timed.baseline[i]! / micros);
      const detail = `${size / MiB} MiB to zram, ${rounds} pairs; whole pass ${Math.round(median(timed.ours) / 1000)} ms, bare loop ${Math.round(median(timed.baseline) / 1000)} ms`;
      return [
        {
          bench: 'throughput',
          what: 'whole pass (prove, list, plan, advise, measure) / bare C loop',
          value: median(throughputs),
          unit: 'ratio',
          budget: { least: 0.97 },
          detail,
        },
        {
          bench: 'throughput',
          what: 'inside process_madvise only / bare C loop',
          value: median(calls),
          unit: 'ratio',
          budget: null,
          detail,
        },
      ];
    }),
  );

export const stall = (rounds: number, size: number): Promise<Figure[]> =>
  withSwap({ kind: 'zram', bytes: 4 * size }, () =>
    withWorker(async (worker) => {
      await using target = await Target.start();
      const region = await target.anon(size);
      const during = async (act: () => unknown): Promise<number> => {
        await target.change('dirty', region);
        await target.startMapper(maxStallMicros);
        await act();
        return (await target.stop('mapper')).longestMicros;
      };
      const quiet = async (): Promise<number> => during(() => new Promise((resolve) => setTimeout(resolve, 1000)));
      const still: number[] = [];
      const timed = await pairs(
        rounds,
        async () => {
          still.push(await quiet());
          return during(() => pageOut(worker, target.pid, maxStallMicros));
        },
        () => during(() => barePageOut(target.pid)),
      );
      const ms = (values: readonly number[]): string => `${(median(values) / 1000).toFixed(1)} ms`;
      const detail = `longest of each run, ${rounds} pairs: chunked ${ms(timed.ours)}, unchunked ${ms(timed.baseline)}, no page-out at all ${ms(still)}`;
      return [
        {
          bench: 'stall',
          what: 'longest stall of a target thread, chunked',
          value: median(timed.ours),
          unit: 'µs',
          budget: { most: 2 * maxStallMicros },
          detail,
        },
        { bench: 'stall', what: 'chunked / unchunked', value: timed.ratio.median, unit: 'ratio', budget: null, detail },
      ];
    }),
  );
