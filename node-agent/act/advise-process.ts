/** Carries out one process's plan: slice by slice, asking between them whether to go on, then looks what moved. */
import type { Reason } from '../../api/reasons.ts';
import type { Advice, AdviseLimits, PageCounts, Range, Session } from '../../native/worker.ts';
import type { Moved } from '../decide/immovable.ts';
import { bytesOf, subtract, union } from '../decide/intervals.ts';
import { movableIn, type Plan, slices } from '../decide/ranges.ts';
import { leastSliceBytes, mostSliceBytes } from '../decide/slice-size.ts';
import type { Learned } from './outcome.ts';
import { readable } from './plan-process.ts';
import type { PassLimits, PassRequest } from './request.ts';
import type { Stop } from './stop.ts';
import type { Visit } from './visit.ts';

/** What the slices of a pass hand on to the next. */
export interface Pace {
  chunkBytes: number;
  /** Advised by this pass so far, every process. */
  advisedBytes: number;
  /** DryRun: what would have moved of it so far. */
  dryBytes: number;
}

/** Small at a low rate, so that guards are asked about twice a second. */
function sliceBytes({ maxBytesPerSecond, maxSliceBytes = mostSliceBytes }: PassLimits): number {
  const halfSecond = maxBytesPerSecond === 0 ? mostSliceBytes : maxBytesPerSecond / 2;
  return Math.max(leastSliceBytes, Math.min(maxSliceBytes, halfSecond));
}

export async function adviseProcess(
  session: Session,
  visit: Visit,
  plan: Plan,
  request: PassRequest,
  stop: Stop,
  pace: Pace,
): Promise<void> {
  const most = Math.min(sliceBytes(request.limits), plan.plannedBytes);
  let ended: Reason | null = null;
  const cut = slices(plan.ranges, sliceBytes(request.limits));
  if (request.dryRun) ended = await goThroughDry(visit, cut, plan, stop, pace);
  else
    for (const slice of cut) {
      ended ??= await stop.check(Math.min(bytesOf(slice), most));
      if (ended !== null) visit.skip(slice, ended);
      else ended = await adviseSlice(session, visit, slice, request, stop, pace);
    }
  if (ended !== null) visit.error ??= ended;
}

/** Nothing moves, so that no guard sees what the slices before would have taken: it is asked about all of it at once. */
async function goThroughDry(
  visit: Visit,
  cut: readonly (readonly Range[])[],
  plan: Plan,
  stop: Stop,
  pace: Pace,
): Promise<Reason | null> {
  const movable = movableIn(cut, plan.ranges);
  let ended: Reason | null = null;
  visit.movableBytes = 0;
  for (const [index, slice] of cut.entries()) {
    ended ??= await stop.check(pace.dryBytes + movable[index]!);
    if (ended !== null) visit.skip(slice, ended);
    else {
      visit.wouldAdvise(slice, movable[index]!);
      pace.dryBytes += movable[index]!;
    }
  }
  return ended;
}

async function adviseSlice(
  session: Session,
  visit: Visit,
  slice: readonly Range[],
  request: PassRequest,
  stop: Stop,
  pace: Pace,
): Promise<Reason | null> {
  const before = pace.advisedBytes;
  const progress = (bytes: number): void => request.onProgress?.(before + bytes, before + bytes);
  const work = session.advise(visit.handle, limitsOf(request, stop, pace), slice, progress);
  const result = await stop.while(session, work);
  const ended = result.reason === 'Cancelled' ? (stop.reason ?? result.reason) : result.reason;
  if (result.reason === 'Deadline') stop.reason ??= 'Deadline';
  visit.advised(slice, result, ended);
  pace.chunkBytes = result.chunkBytes;
  pace.advisedBytes += result.advisedBytes;
  return ended;
}

const limitsOf = (request: PassRequest, stop: Stop, pace: Pace): AdviseLimits => ({
  advice: request.advice,
  maxStallMicros: request.limits.maxStallMicroseconds,
  bytesPerSecond: request.limits.maxBytesPerSecond,
  deadlineMicros: stop.deadlineMicros(),
  firstChunkBytes: pace.chunkBytes,
});

/**
 * After a page-out: what lies in swap now, and which ranges hardly moved. Only where something remembers it. Of a pass
 * that was cut short nothing is said about what moved: who wakes touches again what left, and full swap takes nothing.
 * What the kernel refused has a reason of its own.
 */
export async function learn(
  session: Session,
  visit: Visit,
  advice: Advice,
  plan: Plan,
  cameBack: readonly Range[],
): Promise<Learned> {
  if (advice !== 'PageOut') return { proof: visit.proof!, cameBack, pagedOut: [], moved: [], resumeAt: plan.resumeAt };
  const after = await readable(session.count(visit.handle, plan.ranges));
  const pagedOut = after === null ? [] : await session.runs(visit.handle, 'swapped', plan.ranges);
  const moved = after === null || visit.error !== null ? [] : movedIn(visit, plan, after);
  return { proof: visit.proof!, cameBack, pagedOut, moved, resumeAt: plan.resumeAt };
}

function movedIn(visit: Visit, { ranges }: Plan, after: readonly PageCounts[]): readonly Moved[] {
  const whole = new Set(subtract(ranges, union(visit.refused)));
  return ranges.flatMap((range, index) => {
    const { start, end, movableBytes } = range;
    if (!whole.has(range)) return [];
    return { start, end, presentBefore: movableBytes, presentAfter: after[index]!.presentBytes };
  });
}
