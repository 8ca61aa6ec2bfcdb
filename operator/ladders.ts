/**
 * Two ladders of steps side by side: whether one asks for no more than the other, and the one that asks for no more than
 * either. Every step counts: one more page-out is more, even where an earlier one was as strong. For stricter.ts.
 */
import { bounds } from '../api/bounds.ts';
import type { Step } from '../api/profile.ts';
import { byText } from './precedence.ts';

const [, latestSeconds] = bounds.afterIdleSeconds;

/** Each step has one of `than` to itself that is as strong and due no later. */
export function asksNoMore(steps: readonly Step[], than: readonly Step[]): boolean {
  const holders = new Map<number, Step>();
  const place = (step: Step, tried: Set<number>): boolean =>
    than.some((other, at) => {
      if (tried.has(at) || !covers(other, step)) return false;
      tried.add(at);
      const holder = holders.get(at);
      if (holder && !place(holder, tried)) return false;
      holders.set(at, step);
      return true;
    });
  return steps.every((step) => place(step, new Set()));
}

function covers(other: Step, step: Step): boolean {
  const asStrong = other.advice === 'PageOut' || step.advice === 'Cold';
  const asWide = other.ranges === 'All' || step.ranges === 'KeepHot';
  return asStrong && asWide && other.afterIdleSeconds <= step.afterIdleSeconds;
}

/** One of the two, unchanged, where it asks for no more than the other; it has a step at least, as both do. */
export function stricterLadder(a: readonly Step[], b: readonly Step[]): readonly Step[] {
  if (asksNoMore(a, b)) return a;
  if (asksNoMore(b, a)) return b;
  return apart(paired(a, b).map(([one, other]) => weakerStep(one, other)));
}

type Pair = readonly [Step, Step];

/** Like with like in their order; what is left over of one kind goes with what is left of the other. */
function paired(a: readonly Step[], b: readonly Step[]): Pair[] {
  const [coldA, outA, coldB, outB] = [...byAdvice(a), ...byAdvice(b)] as const;
  return [
    ...zip(coldA, coldB),
    ...zip(outA, outB),
    ...zip(outA.slice(outB.length), coldB.slice(coldA.length)),
    ...zip(coldA.slice(coldB.length), outB.slice(outA.length)),
  ];
}

function byAdvice(steps: readonly Step[]): [Step[], Step[]] {
  return [steps.filter(({ advice }) => advice === 'Cold'), steps.filter(({ advice }) => advice === 'PageOut')];
}

function zip(a: readonly Step[], b: readonly Step[]): Pair[] {
  return a.slice(0, b.length).map((step, index) => [step, b[index]!]);
}

function weakerStep(a: Step, b: Step): Step {
  return {
    advice: a.advice === 'Cold' ? a.advice : b.advice,
    afterIdleSeconds: Math.max(a.afterIdleSeconds, b.afterIdleSeconds),
    ranges: a.ranges === 'KeepHot' ? a.ranges : b.ranges,
  };
}

/** Each strictly later than the one before, as the schema wants it; what has no moment left goes. */
function apart(steps: readonly Step[]): Step[] {
  const sorted = steps.toSorted((a, b) => a.afterIdleSeconds - b.afterIdleSeconds || byText(a.advice, b.advice));
  let earliest = 0;
  return sorted.flatMap((step) => {
    const afterIdleSeconds = Math.max(step.afterIdleSeconds, earliest);
    earliest = afterIdleSeconds + 1;
    return afterIdleSeconds <= latestSeconds ? [{ ...step, afterIdleSeconds }] : [];
  });
}
