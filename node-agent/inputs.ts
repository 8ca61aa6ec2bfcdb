/** From what observe/ read to what decide/ takes: plain numbers, null where there is no source. Pure. */

import type { Profile } from '../api/profile.ts';
import type { ProcessSample } from '../native/worker.ts';
import type { ContainerInput, NodeInput, PressureInput, UsageSample } from './decide/inputs.ts';
import { type StallTotals, stallsBetween } from './decide/pressure.ts';
import { type Stall, unlimited } from './observe/kernel-text.ts';
import type { NodeSignals } from './observe/node.ts';
import type { ContainerSignals } from './observe/signals.ts';

type Pressures = Pick<NodeSignals, 'memoryPressure' | 'ioPressure' | 'cpuPressure'>;

export interface PressureTotals {
  readonly at: number;
  readonly totals: Pressures;
}

/** Stall is judged over at least so long, where it was watched so long: one moment's stall is no pressure yet. */
const pressureSpanMillis = 10_000;
const keptTotals = 64;

/** The pressure totals of the last looks. */
export class PressureHistory {
  readonly #looks: PressureTotals[] = [];

  push(at: number, totals: Pressures): void {
    this.#looks.push({ at, totals });
    if (this.#looks.length > keptTotals) this.#looks.shift();
  }

  /** From the newest look that is long enough ago, or the oldest there is, until now. */
  until(at: number, totals: Pressures): PressureInput {
    const from = this.#looks.findLast((look) => at - look.at >= pressureSpanMillis) ?? this.#looks[0];
    return {
      memory: stalls(from, at, totals, 'memoryPressure'),
      io: stalls(from, at, totals, 'ioPressure'),
      cpu: stalls(from, at, totals, 'cpuPressure'),
    };
  }
}

function stalls(from: PressureTotals | undefined, at: number, totals: Pressures, name: keyof Pressures) {
  const [before, after] = [from?.totals[name] ?? null, totals[name]];
  return before === null || after === null ? null : stallsBetween(totalsOf(from!.at, before), totalsOf(at, after));
}

const totalsOf = (at: number, stall: Stall): StallTotals => ({ at, someMicros: stall.some, fullMicros: stall.full });

export const nodeInput = (node: NodeSignals, pressure: PressureInput): NodeInput => ({
  swapTotalBytes: node.swapTotalBytes ?? 0,
  swapFreeBytes: node.swapFreeBytes ?? 0,
  swapoff: node.swapoffInProgress,
  zram: limitedZram(node),
  pressure,
  availableBytes: node.memoryAvailableBytes,
});

/** A zram at its mem_limit takes no more, however much of it is free. */
function limitedZram({ devices }: NodeSignals): NodeInput['zram'] {
  const limited = devices.flatMap(({ zram }) => (zram === null || zram.limitBytes === null ? [] : [zram]));
  if (limited.length === 0) return null;
  return {
    usedBytes: limited.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
    limitBytes: limited.reduce((sum, { limitBytes }) => sum + limitBytes!, 0),
  };
}

export function containerInput(
  signals: ContainerSignals,
  samples: readonly ProcessSample[],
  kinds: Profile['memory']['kinds'],
  pressure: PressureInput,
): ContainerInput {
  const { room, usageBytes } = signals;
  const sum = (of: (sample: ProcessSample) => number): number => samples.reduce((total, one) => total + of(one), 0);
  const shared = kinds.includes('Shared');
  const headroom = limited(room.headroomBytes);
  return {
    anonBytes: sum((sample) => sample.rssAnonBytes + (shared ? sample.rssShmemBytes : 0)),
    lockedBytes: sum((sample) => sample.lockedBytes),
    pinnedBytes: sum((sample) => sample.pinnedBytes),
    // The cgroup's own count where there is one: it can be had without asking every process.
    swapBytes: signals.swapBytes ?? sum((sample) => sample.swapBytes),
    swapMaxBytes: limited(room.swapLimitBytes),
    swapRoomBytes: limited(room.swapRoomBytes),
    usageBytes,
    // null only where no cgroup of the line has the memory controller: then nothing is protected.
    protectedBytes: Math.max(room.minBytes ?? 0, room.lowBytes ?? 0),
    highBytes: limited(room.memoryLimitBytes),
    maxBytes: headroom === null || usageBytes === null ? null : usageBytes + headroom,
    frozen: signals.frozen ?? false,
    traced: samples.some((sample) => sample.traced),
    realTime: samples.some((sample) => sample.realTime),
    pressure,
  };
}

const limited = (bytes: number | null): number | null => (bytes === unlimited ? null : bytes);

export const usageSample = (at: number, signals: ContainerSignals, networkBytes: number | null): UsageSample => ({
  at,
  cpuMicros: signals.cpuMicros,
  networkBytes,
  ioBytes: signals.ioBytes,
});
