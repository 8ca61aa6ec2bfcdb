/** Page-outs that run at once share what a namespace and a day may put into swap: tables, and laws over any life. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { leftBytes, noSwapBounds, noSwapLimits, type SwapLimits } from '../../../node-agent/decide/swap-bounds.ts';
import { hourMillis } from '../../../node-agent/decide/swap-writes.ts';
import { SwapBudget } from '../../../node-agent/swap-budget.ts';
import { Tracked } from '../../../node-agent/tracked.ts';
import { container } from './cluster/decoded.ts';

function tracked(namespace: string | null, swapBytes = 0): Tracked {
  const one = new Tracked(container('pod', 'id'), 0);
  return Object.assign(one, { namespace, swapBytes });
}

const shop = (allowed: number): SwapLimits => ({ writeBytesPerDay: null, namespaces: new Map([['shop', allowed]]) });
const daily = (writeBytesPerDay: number): SwapLimits => ({ writeBytesPerDay, namespaces: new Map() });

function budgetOf(limits: SwapLimits, ...all: Tracked[]): SwapBudget {
  return new SwapBudget(new Map(all.map((one, index) => [String(index), one])), () => limits, []);
}

test('without a limit nothing is bounded, and what is written is known all the same', () => {
  const one = tracked('shop', 10);
  const budget = budgetOf(noSwapLimits, one);
  assert.equal(budget.boundsOf(one, 0), noSwapBounds);
  assert.equal(budget.begin(one, 50, 0), Number.POSITIVE_INFINITY);
  budget.end(one, 30, 0);
  assert.deepEqual(budget.writes, [{ since: 0, at: 0, bytes: 30 }]);
});

test('all containers of a namespace count, and those of no other', () => {
  const [a, b, c, stranger] = [tracked('shop', 10), tracked('shop', 20), tracked('bank', 40), tracked(null, 80)];
  const budget = budgetOf(shop(100), a!, b!, c!, stranger!);
  assert.deepEqual(budget.boundsOf(a!, 0), { namespace: { usedBytes: 30, allowedBytes: 100 }, writes: null });
  for (const other of [c, stranger]) assert.deepEqual(budget.boundsOf(other!, 0), noSwapBounds);
});

test('a second pass of a namespace gets what the first one left, and more where that moved less', () => {
  const [a, b] = [tracked('shop', 10), tracked('shop')];
  const budget = budgetOf(shop(100), a!, b!);
  assert.equal(budget.begin(a!, 60, 0), 60);
  assert.equal(budget.begin(b!, 60, 0), 30);
  a!.swapBytes = 40;
  budget.end(a!, 30, 0);
  assert.equal(leftBytes(budget.boundsOf(b!, 0)), 60);
});

test('passes of all namespaces share what a day may write', () => {
  const [a, b] = [tracked('shop'), tracked('bank')];
  const budget = budgetOf(daily(100), a!, b!);
  assert.equal(budget.begin(a!, 60, 0), 60);
  assert.equal(budget.begin(b!, 60, 0), 40);
  a!.swapBytes = 20;
  budget.end(a!, 15, 0);
  assert.deepEqual(budget.boundsOf(b!, 0).writes, { usedBytes: 20, allowedBytes: 100 });
});

test('what the kernel swaps meanwhile is seen by the pass that runs', () => {
  const [a, b] = [tracked('shop'), tracked('shop')];
  const budget = budgetOf(shop(100), a!, b!);
  assert.equal(budget.begin(a!, 1000, 0), 100);
  a!.swapBytes = 50;
  b!.swapBytes = 50;
  assert.equal(leftBytes(budget.boundsOf(a!, 0)), 0);
});

test('a pass that may move nothing holds nothing back', () => {
  const [a, b] = [tracked('shop', 100), tracked('shop')];
  assert.equal(budgetOf(shop(100), a!, b!).begin(b!, 50, 0), 0);
  assert.equal(b!.reserved, null);
});

test('a pass of which nothing is known wrote all that it might have', () => {
  const one = tracked('shop');
  const budget = budgetOf(daily(100), one);
  budget.begin(one, 70, 0);
  budget.end(one, null, 0);
  budget.end(one, null, 0);
  assert.equal(leftBytes(budget.boundsOf(one, 0)), 30);
  assert.equal(leftBytes(budget.boundsOf(one, 24 * hourMillis)), 100);
});

const names = ['shop', 'shop', 'shop', 'bank', null] as const;
const step = fc.record({
  who: fc.nat(names.length - 1),
  what: fc.constantFrom('begin', 'move', 'end', 'wake'),
  bytes: fc.nat(200),
  laterMillis: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5 * hourMillis })),
});

/** A pass moves what it may at most: that is its plan. */
class Life {
  readonly limits: SwapLimits = { writeBytesPerDay: 250, namespaces: new Map([['shop', 150]]) };
  readonly all = names.map((name) => tracked(name));
  readonly budget = budgetOf(this.limits, ...this.all);
  readonly written: { readonly at: number; readonly bytes: number }[] = [];
  now = 0;

  take({ who, what, bytes, laterMillis }: typeof step extends fc.Arbitrary<infer T> ? T : never): void {
    const one = this.all[who]!;
    this.now += laterMillis;
    if (what === 'begin' && one.reserved === null) this.budget.begin(one, bytes, this.now);
    else if (what === 'wake' && one.reserved === null) one.swapBytes = 0;
    else if (what === 'move' && one.reserved !== null) this.#move(one, bytes);
    else if (what === 'end' && one.reserved !== null) {
      this.budget.end(one, one.swapBytes - one.reserved.fromBytes, this.now);
    }
  }

  #move(one: Tracked, asked: number): void {
    const { fromBytes, bytes } = one.reserved!;
    const moves = Math.min(asked, fromBytes + bytes - one.swapBytes);
    one.swapBytes += moves;
    this.written.push({ at: this.now, bytes: moves });
  }

  inSwap(namespace: string): number {
    return this.all.reduce((sum, one) => sum + (one.namespace === namespace ? one.swapBytes : 0), 0);
  }

  writtenWithinDay(): number {
    const recent = this.written.filter(({ at }) => this.now - at < 24 * hourMillis);
    return recent.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

test('no namespace ever has more in swap than it may, and no day writes more than it may', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const life = new Life();
      for (const one of steps) {
        life.take(one);
        assert.ok(life.inSwap('shop') <= 150, `${life.inSwap('shop')} in swap`);
        assert.ok(life.writtenWithinDay() <= 250, `${life.writtenWithinDay()} written`);
      }
    }),
    { numRuns: 300 },
  );
});

test('what is left is never negative, and a pass alone gets all of it', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), fc.nat(300), (inSwap, allowed, asked) => {
      const one = tracked('shop', inSwap);
      const got = budgetOf(shop(allowed), one).begin(one, asked, 0);
      assert.equal(got, Math.min(asked, Math.max(0, allowed - inSwap)));
    }),
  );
});

/** Idle under DryRun, whose pass would have moved so much. */
function dry(namespace: string | null, dryBytes: number): Tracked {
  const one = tracked(namespace);
  one.ladder = { ...one.ladder, depth: 'PagedOut', dryDepth: true };
  return Object.assign(one, { dryBytes, profile: { mode: 'DryRun' } });
}

const node = { swapTotalBytes: 100, swapFreeBytes: 90 } as Parameters<SwapBudget['nodeFor']>[1];

test('one DryRun finds in swap what the others would have put there', () => {
  const [a, b, c] = [dry('shop', 30), dry('shop', 50), dry('bank', 0)];
  const budget = budgetOf(noSwapLimits, a!, b!, c!);
  assert.equal(budget.nodeFor(c!, node).swapFreeBytes, 10);
  assert.equal(budget.nodeFor(a!, node).swapFreeBytes, 40);
  assert.equal(budget.nodeFor(a!, node, 30).swapFreeBytes, 10);
  const limited = budgetOf({ writeBytesPerDay: 1000, namespaces: new Map([['shop', 100]]) }, a!, b!, c!);
  assert.equal(limited.boundsOf(a!, 0).namespace!.usedBytes, 50);
  assert.equal(limited.boundsOf(c!, 0).writes!.usedBytes, 80);
});

test('who really acts is not in the way of a DryRun, nor a DryRun that is over', () => {
  const acting = Object.assign(tracked('shop'), { profile: { mode: 'Enforce' } });
  const awake = dry('shop', 40);
  awake.ladder = { ...awake.ladder, depth: 'None', dryDepth: false };
  const left = Object.assign(dry('shop', 40), { profile: null });
  const [a, b] = [dry('shop', 30), dry('shop', 0)];
  const budget = budgetOf(shop(100), acting, awake, left, a!, b!);
  assert.equal(budget.nodeFor(acting, node), node);
  assert.deepEqual(budget.boundsOf(acting, 0).namespace, { usedBytes: 0, allowedBytes: 100 });
  assert.equal(budget.nodeFor(b!, node).swapFreeBytes, 60);
});
