/** Runs the passes that were decided: two at once, wakes first, then the largest; books and reports what each did. */
import type { Profile } from '../api/profile.ts';
import type { Reason } from '../api/reasons.ts';
import { advisedBytes, carryOut, ladderOutcome, reclaimedBytes, swapBytesAfter } from './act/carry-out.ts';
import type { PassOutcome } from './act/pass.ts';
import { type GuardQuestion, guardsBetweenSlices, neededRoom } from './decide/guards.ts';
import { headroom } from './decide/headroom.ts';
import type { Refusal } from './decide/inputs.ts';
import { type Decision, questionOf } from './decide/ladder.ts';
import { type Action, afterAction } from './decide/ladder-memory.ts';
import { sliceFitting } from './decide/slice-size.ts';
import { leftBytes } from './decide/swap-bounds.ts';
import { containerInput } from './inputs.ts';
import type { Moment } from './judge.ts';
import { booked } from './report/ledger.ts';
import { passFigures } from './report/pass-figures.ts';
import { glance, see } from './sight.ts';
import type { SwapBudget } from './swap-budget.ts';
import type { Parts } from './tick.ts';
import type { Tracked } from './tracked.ts';

const atOnce = 2;
/** Wakes don't wait behind page-outs. */
const wakesAtOnce = 4;
const minHeadroomBytes = 2 ** 20;
const restoreAgainMillis = 30_000;

export interface Hooks {
  readonly swap: SwapBudget;
  moment(): Moment;
  /** Decides anew, after a pass during which the container woke. */
  again(tracked: Tracked): Decision | null;
}

interface Bounds {
  readonly profile: Profile;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export class Passes {
  readonly #parts: Parts;
  readonly #hooks: Hooks;
  readonly #running = new Set<Tracked>();
  /** Decided at the last tick and not begun; largest last. */
  #due: Tracked[] = [];
  #closed = false;

  constructor(parts: Parts, hooks: Hooks) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Begins what is decided of these, as far as there is room; what waits is begun as passes end. */
  startDue(all: readonly Tracked[]): void {
    const due = all.filter((one) => one.decision?.action != null && one.running === null);
    for (const tracked of due) if (isWake(tracked.decision!.action!)) this.#start(tracked, wakesAtOnce);
    const push = due.filter((one) => one.running === null && !isWake(one.decision!.action!));
    if (push.length > 0 || all.length > 1) {
      this.#due = push.sort((a, b) => (a.input?.anonBytes ?? 0) - (b.input?.anonBytes ?? 0));
    }
    this.#next();
  }

  /** A page-out or Cold; who woke keeps getting memory back. */
  stop(tracked: Tracked, reason: Reason): void {
    if (tracked.running?.action.advice !== 'WillNeed') this.cut(tracked, reason);
  }

  cut({ running }: Tracked, reason: Reason): void {
    if (running === null) return;
    running.stopped ??= reason;
    running.abort.abort();
  }

  /** Stops every pass between two chunks and waits for them. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#due = [];
    const running = [...this.#running];
    for (const tracked of running) this.cut(tracked, 'Cancelled');
    await Promise.all(running.map((tracked) => tracked.running?.done));
  }

  #next(): void {
    while (this.#running.size < atOnce && this.#due.length > 0) {
      const tracked = this.#due.pop()!;
      if (tracked.decision?.action != null && tracked.running === null) this.#start(tracked, atOnce);
    }
  }

  #start(tracked: Tracked, most: number): void {
    const { decision, profile } = tracked;
    if (this.#closed || this.#running.size >= most || profile === null || !decision?.action) return;
    const { action } = decision;
    const maxBytes = this.#mayMove(tracked, action, profile);
    if (maxBytes === 0) return;
    if (!tracked.dryDeep) tracked.dryBytes = 0;
    const abort = new AbortController();
    const done = this.#run(tracked, action, { profile, maxBytes, signal: abort.signal })
      .finally(() => this.#ended(tracked))
      // As of a tick: the next one looks again.
      .catch((error) =>
        this.#parts.log.error({ cgroup: tracked.container.cgroup, error }, 'Failed to go on after pass'),
      );
    tracked.running = { action, abort, stopped: null, refused: null, done };
    this.#running.add(tracked);
  }

  /** Infinity: no bound but the policy's. 0: others took what was left since it was decided; the next tick says so. */
  #mayMove(tracked: Tracked, action: Action, { guards, limits }: Profile): number {
    if (action.advice !== 'PageOut') return Number.POSITIVE_INFINITY;
    const { swap } = this.#hooks;
    const now = performance.now();
    const left = leftBytes(swap.boundsOf(tracked, now));
    const room = tracked.input?.swapRoomBytes ?? Number.POSITIVE_INFINITY;
    if (Math.min(left, room) < neededRoom(guards)) return 0;
    if (action.dryRun) return left;
    // Up to the last page: a guard alone would end a whole slice before it.
    const most = Math.min(tracked.input?.anonBytes ?? 0, limits.maxBytesPerRound, room);
    return Math.min(room, swap.begin(tracked, most, now));
  }

  async #run(tracked: Tracked, action: Action, { profile, maxBytes, signal }: Bounds): Promise<void> {
    const { worker, hierarchies, log } = this.#parts;
    const { container, processes } = tracked;
    // A turn later: `running` is set by then.
    await Promise.resolve();
    try {
      const memory = tracked.learning.forPass(action.advice, tracked.ladder.rounds, () => performance.now());
      const guard = (nextBytes: number) => this.#ask(tracked, action, profile, nextBytes);
      const maxSliceBytes = sliceFitting(tracked.decision!.inputs, profile.guards, action.dryRun);
      const sizes = { maxBytes, maxSliceBytes };
      const order = { container, hierarchies, processes, action, profile, memory, ...sizes, guard, signal };
      this.#book(tracked, action, profile, await carryOut(worker, order));
    } catch (error) {
      log.error({ cgroup: container.cgroup, advice: action.advice, error }, 'Failed to carry out pass');
      const outcome = {
        end: { stopped: 'SystemError' as const },
        advised: false,
        anonBytesAfter: tracked.input?.anonBytes ?? 0,
      };
      tracked.ladder = afterAction(tracked.ladder, action, outcome, performance.now());
      this.#hooks.swap.end(tracked, null, performance.now());
    }
  }

  #ended(tracked: Tracked): void {
    tracked.running = null;
    this.#running.delete(tracked);
    if (this.#closed) return;
    if (tracked.woke !== null && this.#hooks.again(tracked)?.action?.advice === 'WillNeed')
      this.#start(tracked, wakesAtOnce);
    this.#next();
  }

  /** Asked between slices. */
  #ask(tracked: Tracked, action: Action, profile: Profile, nextBytes: number): Reason | null {
    const running = tracked.running!;
    if (running.stopped) return running.stopped;
    running.refused ??= this.#guard(tracked, action, profile, nextBytes);
    if (running.refused === null && action.advice === 'PageOut' && action.dryRun)
      tracked.dryBytes = Math.max(tracked.dryBytes, nextBytes);
    return running.refused?.reason ?? null;
  }

  /** Against counters read at that moment. */
  #guard(tracked: Tracked, action: Action, profile: Profile, nextBytes: number): Refusal | null {
    const [seen] = see(this.#parts.eyes, [tracked.container]);
    const moment = this.#hooks.moment();
    const pressure = tracked.pressure.until(moment.now, seen!.signals);
    const container = containerInput(seen!.signals, seen!.processes, profile.memory.kinds, pressure);
    if (action.advice === 'WillNeed') {
      if (moment.unable !== null && !action.paced) return { reason: moment.unable, blocker: null };
      const room = headroom(container, moment.node);
      return room.bytes < minHeadroomBytes ? { reason: 'NoHeadroom', blocker: room.blocker } : null;
    }
    tracked.swapBytes = container.swapBytes;
    const { now, unable } = moment;
    const node = moment.swap.nodeFor(tracked, moment.node);
    const swap = moment.swap.boundsOf(tracked, now);
    const input = { ...tracked.decision!.inputs, now, node, container, swap, unable };
    const step = profile.steps[action.step] ?? profile.steps[0]!;
    const question: GuardQuestion = questionOf(input, tracked.ladder, step, nextBytes);
    return guardsBetweenSlices(action.advice, question);
  }

  #book(tracked: Tracked, action: Action, profile: Profile, outcome: PassOutcome): void {
    const now = performance.now();
    const stopped = tracked.running?.stopped ?? null;
    const blocker = stopped === null ? (tracked.running?.refused?.blocker ?? null) : null;
    tracked.ladder = afterAction(tracked.ladder, action, { ...ladderOutcome(outcome, stopped), blocker }, now);
    if (action.advice === 'WillNeed' && action.paced) broughtBack(tracked, stopped ?? outcome.reason, now);
    const figures = passFigures(profile.name, action, outcome, stopped);
    const stuck = outcome.processes.some(({ error }) => error === 'TargetStuck') ? ('TargetStuck' as const) : null;
    const time = new Date().toISOString();
    tracked.advised({ advice: action.advice, time, dryRun: action.dryRun, reason: figures.reason ?? stuck });
    this.#parts.metrics.passed(figures);
    if (outcome.stuckSessions !== null) this.#parts.metrics.stuckSessions(outcome.stuckSessions);
    this.#log(tracked, outcome, figures);
    if (action.dryRun) return;
    tracked.learning.remember(action.advice, outcome.learned, now);
    const seen = glance(this.#parts.eyes, [tracked.container]).get(tracked.container.cgroup);
    const swapBytes = seen?.swapBytes ?? swapBytesAfter(outcome);
    tracked.swapBytes = swapBytes;
    this.#hooks.swap.end(tracked, figures.unmappedBytes, now);
    tracked.ledger = booked(tracked.ledger, { ...figures, swapBytes });
    if (action.advice === 'PageOut' && advisedBytes(outcome) > 0) pagedOut(tracked, outcome, swapBytes, now);
  }

  #log(tracked: Tracked, outcome: PassOutcome, figures: ReturnType<typeof passFigures>): void {
    const { log } = this.#parts;
    const { skipped: _, errors, ...shown } = figures;
    const processes = { processes: outcome.processes.length, refused: errors.length };
    log.info(
      { cgroup: tracked.container.cgroup, ...shown, ...processes },
      figures.dryRun ? 'Would advise container' : 'Advised container',
    );
    for (const one of outcome.processes.filter(({ error }) => error !== null)) {
      log[one.error === 'TargetStuck' ? 'warn' : 'debug'](
        { cgroup: tracked.container.cgroup, pid: one.pid, comm: one.comm, reason: one.error },
        'Left process out',
      );
    }
  }
}

const isWake = (action: Action): boolean => action.advice === 'WillNeed' && !action.paced;

/** What was cut short is tried again: by then there may be room. */
function broughtBack(tracked: Tracked, stopped: Reason | null, now: number): void {
  tracked.restored = stopped === null;
  tracked.restoreFrom = now + restoreAgainMillis;
}

function pagedOut(tracked: Tracked, outcome: PassOutcome, swapBytes: number, now: number): void {
  tracked.lookFrom = now;
  tracked.trial = { pagedOutBytes: reclaimedBytes(outcome), swapBytesAfter: swapBytes, at: now };
  tracked.awaitingBytes += outcome.awaitingReclaimBytes;
  tracked.swapBytesBefore = swapBytes;
  const { input } = tracked;
  // The next whole look may be far off, and until then it would be said to be resident and swapped out at once.
  if (input !== null)
    tracked.input = { ...input, swapBytes, anonBytes: Math.max(0, input.anonBytes - reclaimedBytes(outcome)) };
}
