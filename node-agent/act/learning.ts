/**
 * What passes over one container taught: of each process what was paged out, which ranges came back (hot) and which
 * never leave. A PassMemory for each pass; forgotten when the process runs another program or is gone.
 */
import type { Advice, Proof, Range } from '../../native/worker.ts';
import { type HotState, hotOf, hotToKeep, learn, nothingHot, notice } from '../decide/hot.ts';
import { type Immovable, immovableNow, learnImmovable, nothingImmovable } from '../decide/immovable.ts';
import { union } from '../decide/intervals.ts';
import type { Learned } from './outcome.ts';
import type { Known, PassMemory } from './request.ts';

interface Program {
  hot: HotState;
  immovable: Immovable;
  /** Starts and ends in turn: thousands of runs stay small. */
  pagedOut: Float64Array;
  resumeAt: number;
}

/** More runs than this are joined over the smallest gaps: those were resident and count as hot when looked at. */
const maxRuns = 4096;
const noRuns = new Float64Array(0);

export class Learning {
  readonly #programs = new Map<string, Program>();

  /** For one pass. `round`: a later round of a step that stopped at its limit, whose page-out is not judged yet. */
  forPass(advice: Advice, round: number, now: () => number): PassMemory {
    return {
      pagedOut: (proof) => unpacked(this.#program(proof).pagedOut),
      known: (proof, cameBack) => this.#known(proof, cameBack, advice === 'PageOut' && round === 0, now()),
    };
  }

  #known(proof: Proof, cameBack: readonly Range[], judge: boolean, now: number): Known {
    const program = this.#program(proof);
    const out = unpacked(program.pagedOut);
    if (out.length > 0) {
      program.hot = judge ? learn(program.hot, out, cameBack, now) : notice(program.hot, cameBack, now);
      if (judge) program.pagedOut = noRuns;
    }
    return {
      hot: judge ? hotToKeep(program.hot) : program.hot.ranges,
      immovable: immovableNow(program.immovable, proof.execKey, now),
      resumeAt: judge ? 0 : program.resumeAt,
    };
  }

  remember(advice: Advice, learned: readonly Learned[], now: number): void {
    if (advice !== 'PageOut') return;
    for (const one of learned) {
      const program = this.#program(one.proof);
      program.pagedOut = packed([...unpacked(program.pagedOut), ...one.pagedOut]);
      program.immovable = learnImmovable(program.immovable, one.proof.execKey, one.moved, now);
      program.resumeAt = one.resumeAt ?? 0;
    }
  }

  /** Forgets who is no longer there. */
  keepOnly(alive: ReadonlySet<number>): void {
    for (const key of this.#programs.keys()) if (!alive.has(Number(key.split(' ')[0]))) this.#programs.delete(key);
  }

  #program(proof: Proof): Program {
    const key = `${proof.pid} ${proof.sample.startTicks} ${proof.pidfdInode}`;
    let program = this.#programs.get(key);
    if (program === undefined || program.hot.program !== proof.execKey) {
      program = {
        hot: hotOf(program?.hot ?? nothingHot(proof.execKey), proof.execKey),
        immovable: nothingImmovable(proof.execKey),
        pagedOut: noRuns,
        resumeAt: 0,
      };
      this.#programs.set(key, program);
    }
    return program;
  }
}

function packed(ranges: readonly Range[]): Float64Array {
  const out = bounded(union(ranges));
  const bytes = new Float64Array(out.length * 2);
  for (const [index, { start, end }] of out.entries()) {
    bytes[index * 2] = start;
    bytes[index * 2 + 1] = end;
  }
  return bytes;
}

const unpacked = (bytes: Float64Array): Range[] =>
  Array.from({ length: bytes.length / 2 }, (_, index) => ({ start: bytes[index * 2]!, end: bytes[index * 2 + 1]! }));

function bounded(ranges: readonly Range[]): readonly Range[] {
  if (ranges.length <= maxRuns) return ranges;
  const gaps = ranges.slice(1).map((range, index) => range.start - ranges[index]!.end);
  const join = gaps.toSorted((a, b) => a - b)[ranges.length - maxRuns - 1]!;
  return union(
    ranges.map(({ start, end }, index) => ({
      start,
      end: (gaps[index] ?? Infinity) <= join ? end + gaps[index]! : end,
    })),
  );
}
