/** Decides for one container: gathers what decide/ takes from what was seen and what is remembered. */
import { uptime } from 'node:os';
import type { Profile } from '../api/profile.ts';
import type { Reason } from '../api/reasons.ts';
import { clocksNow } from './clocks.ts';
import { judgePass } from './decide/backoff.ts';
import { idleness, wokeUp } from './decide/idle.ts';
import type { Blocker, NodeInput, UsageSample } from './decide/inputs.ts';
import { type Decision, decide, type LadderInput } from './decide/ladder.ts';
import { type Before, isSame, resumed } from './decide/resume.ts';
import { containerInput, usageSample } from './inputs.ts';
import type { Glance, Seen } from './sight.ts';
import type { Orders } from './source.ts';
import type { SwapBudget } from './swap-budget.ts';
import { spacingMillis, type Tracked } from './tracked.ts';
import { inWindow } from './windows.ts';

/** What holds for every container at this moment. */
export interface Moment {
  readonly now: number;
  readonly date: Date;
  readonly node: NodeInput;
  readonly swap: SwapBudget;
  readonly periodMillis: number;
  /** Why the agent begins nothing now; null: it may. */
  readonly unable: Reason | null;
  readonly orders: Orders;
}

/** Takes in a whole look. */
export function takeIn(tracked: Tracked, seen: Seen, profile: Profile, now: number, network: number | null): void {
  const met = tracked.input !== null;
  tracked.container = seen.container;
  tracked.processes = seen.processes;
  tracked.signals = seen.signals;
  const pressure = tracked.pressure.until(now, seen.signals);
  tracked.pressure.push(now, seen.signals);
  tracked.input = containerInput(seen.signals, seen.processes, profile.memory.kinds, pressure);
  tracked.swapBytes = tracked.input.swapBytes;
  tracked.peakResidentBytes = Math.max(tracked.peakResidentBytes, tracked.input.anonBytes);
  takeUsage(tracked, usageSample(now, seen.signals, network), profile, now);
  if (!met && tracked.before !== null) goOn(tracked, tracked.before, tracked.input.swapBytes);
}

/** From where an agent before this one left it. */
function goOn(tracked: Tracked, before: Before, swapBytes: number): void {
  const clocks = clocksNow();
  if (!isSame(before, ageSeconds(tracked), clocks.wall)) {
    tracked.before = null;
    return;
  }
  const ladder = resumed(tracked.ladder, before, { swapBytes }, clocks);
  if (ladder === null) return;
  tracked.ladder = ladder;
  tracked.peakResidentBytes = Math.max(tracked.peakResidentBytes, before.peakResidentBytes);
}

/** Takes in a glance: what it does not read stays as the last whole look saw it. */
export function takeGlance(tracked: Tracked, seen: Glance, profile: Profile, now: number): void {
  const last = tracked.usage.at(-1);
  if (tracked.input === null || last === undefined) return;
  tracked.swapBytes = seen.swapBytes ?? tracked.input.swapBytes;
  tracked.input = { ...tracked.input, swapBytes: tracked.swapBytes };
  takeUsage(tracked, { ...last, at: now, cpuMicros: seen.cpuMicros }, profile, now);
}

function takeUsage(tracked: Tracked, usage: UsageSample, profile: Profile, now: number): void {
  tracked.push(usage);
  tracked.thin(profile.idle);
  judgeTrial(tracked, profile, now);
}

/** Whether the last page-out was worth it, as soon as that can be said. */
function judgeTrial(tracked: Tracked, profile: Profile, now: number): void {
  const { trial, input } = tracked;
  if (trial === null || input === null || tracked.running !== null) return;
  const pass = {
    pagedOutBytes: trial.pagedOutBytes,
    cameBackBytes: Math.max(0, trial.swapBytesAfter - input.swapBytes),
    afterMillis: now - trial.at,
  };
  const backoff = judgePass(tracked.ladder.backoff, pass, profile.guards.refault, now);
  if (backoff === null) return;
  tracked.ladder = { ...tracked.ladder, backoff };
  tracked.trial = null;
}

/** Decides, remembers the decision, and gives it. */
export function judge(tracked: Tracked, profile: Profile, moment: Moment): Decision {
  const decision = decide(ladderInput(tracked, profile, moment));
  if (tracked.running === null) tracked.woke = null;
  if (decision.memory.wokeAt !== tracked.ladder.wokeAt) {
    tracked.notBefore = moment.now;
    tracked.peakResidentBytes = tracked.input!.anonBytes;
  }
  tracked.ladder = decision.memory;
  tracked.decision = decision;
  return decision;
}

function ladderInput(tracked: Tracked, profile: Profile, moment: Moment): LadderInput {
  const { now } = moment;
  // As if what its DryRun would have moved had moved: a further step finds no more room than a real one would.
  const { swapRoomBytes } = tracked.input!;
  const own = tracked.dryDeep ? tracked.dryBytes : 0;
  const room = swapRoomBytes === null ? null : Math.max(0, swapRoomBytes - own);
  return {
    now,
    node: moment.swap.nodeFor(tracked, moment.node, own),
    container: own === 0 ? tracked.input! : { ...tracked.input!, swapRoomBytes: room },
    swap: moment.swap.boundsOf(tracked, now),
    unable: moment.unable,
    memory: tracked.ladder,
    profile,
    idle: verdict(tracked, profile, moment),
    woke: tracked.woke ?? wakeOf(tracked, profile),
    inWindow: inWindow(profile.windows, moment.date),
    paused: moment.orders.paused,
    restore: restoreOf(tracked, moment),
  };
}

/** null: nobody asks for it, or there is nothing of ours to bring back. */
function restoreOf(tracked: Tracked, { now, orders }: Moment): LadderInput['restore'] {
  if (orders.restore === null) {
    tracked.restored = false;
    return null;
  }
  if (!tracked.pagedOutByUs) return null;
  return { reason: orders.restore, left: !tracked.restored, due: now >= tracked.restoreFrom };
}

function verdict(tracked: Tracked, profile: Profile, moment: Moment) {
  const windowMillis = profile.idle.windowSeconds * 1000;
  const found = idleness(
    {
      samples: tracked.usage,
      ageSeconds: ageSeconds(tracked),
      declaredIdle: tracked.declaredIdle,
      notBefore: tracked.notBefore,
      maxGapMillis: 3 * Math.max(moment.periodMillis, spacingMillis(windowMillis)),
    },
    profile.idle,
  );
  // Old looks are thinned out, and with them what a spike looked like: from here on only what came after it counts.
  if (found.blocker?.signal === 'cpuMillicoresSpike') tracked.notBefore = tracked.usage.at(-1)?.at ?? null;
  return found;
}

/** A container is as old as its oldest process: a cgroup's own birth is told by no kernel. */
function ageSeconds(tracked: Tracked): number {
  const first = tracked.processes.reduce((least, one) => Math.min(least, one.startTicks), Number.POSITIVE_INFINITY);
  return first === Number.POSITIVE_INFINITY ? 0 : Math.max(0, uptime() - first / 100);
}

/** What only counts where it was idle: wakes are looked for since the last page-out. */
export function wakeOf(tracked: Tracked, profile: Profile): Blocker | null {
  return tracked.deep || tracked.running !== null ? wokeUp(tracked.usage, profile.idle, tracked.lookFrom) : null;
}
