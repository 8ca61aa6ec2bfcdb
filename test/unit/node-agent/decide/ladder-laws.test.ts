import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Mode } from '../../../../api/profile.ts';
import { firstRefusal, nextRoundGuards, pageOutGuards } from '../../../../node-agent/decide/guards.ts';
import { type Decision, decide, type LadderInput, questionOf } from '../../../../node-agent/decide/ladder.ts';
import {
  type Action,
  afterAction,
  type LadderMemory,
  type Outcome,
  startLadder,
} from '../../../../node-agent/decide/ladder-memory.ts';
import { noSwapBounds } from '../../../../node-agent/decide/swap-bounds.ts';
import { mib } from './address-space.ts';
import { profile, quietContainer, quietNode } from './quiet-node.ts';

/** The first in nine of ten cases, so that lives get far. */
const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

/** One moment of a life: how much later, what is observed, what becomes of the action. */
const moment = fc.record({
  laterMillis: fc.constantFrom(0, 250, 10_000, 400_000, 2_000_000),
  idle: mostly(
    'Idle' as const,
    'NotIdle' as const,
    'Observing' as const,
    'TooYoung' as const,
    'SignalMissing' as const,
  ),
  woke: mostly(false, true),
  inWindow: mostly(true, false),
  paused: mostly(null, 'NodeDraining' as const),
  /** null: as before. */
  mode: mostly(null, 'Enforce' as const, 'DryRun' as const, 'Paused' as const),
  swapTotalBytes: mostly(8192 * mib, 0),
  anonBytes: fc.constantFrom(500 * mib, 200 * mib, 30 * mib, mib),
  stallMillis: mostly(0, 5000),
  traced: mostly(false, true),
  backoffMillis: mostly(0, 600_000),
  end: mostly<Outcome['end']>('Done', 'MoreRounds', { stopped: 'TargetStuck' }),
  advised: mostly(true, false),
  carriedOut: mostly(true, false),
});
type Moment = typeof moment extends fc.Arbitrary<infer T> ? T : never;

function inputAt(one: Moment, now: number, memory: LadderMemory, mode: Mode): LadderInput {
  const pressure = { ...quietNode.pressure, memory: { some: one.stallMillis, full: 0 } };
  return {
    now,
    memory:
      one.backoffMillis > 0
        ? { ...memory, backoff: { level: 1, until: now + one.backoffMillis, blocker: null } }
        : memory,
    profile: { ...profile, mode },
    idle: { idle: one.idle === 'Idle', reason: one.idle, sinceMillis: one.idle === 'Idle' ? now : null, blocker: null },
    woke: one.woke ? { signal: 'cpuMillicoresSpike', observed: 100, allowed: 50 } : null,
    inWindow: one.inWindow,
    paused: one.paused,
    restore: null,
    node: { ...quietNode, swapTotalBytes: one.swapTotalBytes, pressure },
    container: { ...quietContainer, anonBytes: one.anonBytes, traced: one.traced },
    swap: noSwapBounds,
    unable: null,
  };
}

interface Lived {
  readonly input: LadderInput;
  readonly decision: Decision;
  readonly carriedOut: Action | null;
  readonly outcome: Outcome;
}

function live(moments: readonly Moment[]): Lived[] {
  let now = 1_000_000;
  let memory = startLadder(now);
  let mode: Mode = moments.length % 2 === 0 ? 'Enforce' : 'DryRun';
  return moments.map((one) => {
    mode = one.mode ?? mode;
    now += one.laterMillis;
    const input = inputAt(one, now, memory, mode);
    const decision = decide(input);
    const outcome = { end: one.end, advised: one.advised, anonBytesAfter: one.anonBytes };
    const carriedOut = one.carriedOut ? decision.action : null;
    memory = carriedOut ? afterAction(decision.memory, carriedOut, outcome, now) : decision.memory;
    return { input, decision, carriedOut, outcome };
  });
}

const lives = fc.array(moment, { maxLength: 60, size: 'max' });
const law = (check: (lived: readonly Lived[]) => void): void =>
  fc.assert(
    fc.property(lives, (moments) => check(live(moments))),
    { numRuns: 1000 },
  );

test('the lives that the laws look at get far', () => {
  const seen = new Map<string, number>();
  const count = (what: string): unknown => seen.set(what, (seen.get(what) ?? 0) + 1);
  const lived = fc.sample(lives, { numRuns: 1000, seed: 3 }).flatMap(live);
  for (const { decision } of lived)
    count(`${decision.state} ${decision.action?.advice ?? ''} ${decision.action?.dryRun ?? ''}`);
  for (const what of [
    'Cold PageOut false',
    'PagedOut PageOut false',
    'Cold PageOut true',
    'Waking WillNeed false',
    'Waking WillNeed true',
  ]) {
    assert.ok((seen.get(what) ?? 0) > 20, `${what}: ${seen.get(what)}`);
  }
});

test('law: a page-out is begun only where no guard trips', () => {
  law((lived) => {
    for (const { input, decision } of lived) {
      if (decision.action?.advice !== 'PageOut') continue;
      const step = input.profile.steps[decision.action.step]!;
      const guards = decision.memory.rounds > 0 ? nextRoundGuards : pageOutGuards;
      assert.equal(firstRefusal(guards, questionOf(input, decision.memory, step)), null);
    }
  });
});

test('law: Cold and PageOut are begun only in a container that is idle now, open and not paused', () => {
  law((lived) => {
    for (const { input, decision } of lived) {
      if (!decision.action || decision.action.advice === 'WillNeed') continue;
      assert.ok(
        input.idle.idle && !input.woke && input.inWindow && input.paused === null && input.profile.mode !== 'Paused',
      );
      assert.equal(decision.reason, 'StepDue');
    }
  });
});

test('law: DryRun marks every action, and a real Cold or PageOut comes only of Enforce', () => {
  law((lived) => {
    for (const { input, decision } of lived) {
      if (!decision.action) continue;
      if (input.profile.mode === 'DryRun') assert.ok(decision.action.dryRun);
      if (!decision.action.dryRun && decision.action.advice !== 'WillNeed') assert.equal(input.profile.mode, 'Enforce');
    }
  });
});

test('law: what was never really paged out is never really brought back', () => {
  law((lived) => {
    let out = false;
    for (const { decision, carriedOut, outcome } of lived) {
      if (decision.action?.advice === 'WillNeed' && !decision.action.dryRun) assert.ok(out);
      if (carriedOut?.advice === 'PageOut' && !carriedOut.dryRun && outcome.advised) out = true;
    }
  });
});

const ladderOf = ({ decision }: Lived): string => `${decision.memory.idleSince} ${decision.memory.ladder}`;

/** Whether this moment took its step to the end; a round of a dry run is a whole step. */
const ended = ({ carriedOut, outcome }: Lived): boolean =>
  carriedOut !== null && (outcome.end === 'Done' || (outcome.end === 'MoreRounds' && carriedOut.dryRun));

test('law: within one idle period and one ladder the steps come in order, each done once', () => {
  law((lived) => {
    let next = 0;
    for (const [i, one] of lived.entries()) {
      if (i > 0 && ladderOf(one) !== ladderOf(lived[i - 1]!)) next = 0;
      const { action, memory } = one.decision;
      if (!action || action.advice === 'WillNeed') continue;
      assert.equal(action.step, next);
      assert.ok(one.input.now - memory.idleSince! >= profile.steps[action.step]!.afterIdleSeconds * 1000);
      if (ended(one)) next += 1;
    }
  });
});

test('law: two page-outs that are no rounds of one step lie at least the cooldown apart', () => {
  law((lived) => {
    let lastAt = Number.NEGATIVE_INFINITY;
    for (const { input, decision, carriedOut, outcome } of lived) {
      if (decision.action?.advice === 'PageOut' && !decision.action.dryRun && decision.memory.rounds === 0) {
        assert.ok(input.now - lastAt >= profile.limits.cooldownSeconds * 1000);
      }
      if (carriedOut?.advice === 'PageOut' && !carriedOut.dryRun && outcome.advised) lastAt = input.now;
    }
  });
});

test('law: deciding again at the same instant asks for the same, and changes nothing', () => {
  law((lived) => {
    for (const { input, decision } of lived) {
      assert.deepEqual(decide(input), decision);
      const again = decide({ ...input, memory: decision.memory });
      assert.deepEqual(again.action, decision.action);
      assert.equal(again.state, decision.state);
      assert.deepEqual(again.memory, decision.memory);
    }
  });
});

test('law: states and actions fit each other', () => {
  law((lived) => {
    for (const { decision } of lived) {
      const { state, action, until } = decision;
      assert.equal(state === 'Waking', action?.advice === 'WillNeed');
      if (state === 'Active' || state === 'Skipped' || state === 'Backoff') assert.equal(action, null);
      assert.equal(until !== null, state === 'Backoff');
    }
  });
});

test('law: decisions for two containers do not depend on which is decided first', () => {
  fc.assert(
    fc.property(lives, lives, (left, right) => {
      const [a, b] = [live(left), live(right)];
      const [d, c] = [live(right), live(left)];
      assert.deepEqual([a, b], [c, d]);
    }),
    { numRuns: 20 },
  );
});

test('law: a decision leaves its input as it was', () => {
  law((lived) => {
    for (const { input } of lived.slice(0, 5)) {
      const before = structuredClone(input);
      decide(input);
      assert.deepEqual(input, before);
    }
  });
});
