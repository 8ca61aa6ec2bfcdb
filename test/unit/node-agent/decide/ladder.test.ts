import assert from 'node:assert/strict';
import test from 'node:test';
import type { Step } from '../../../../api/profile.ts';
import type { IdleVerdict } from '../../../../node-agent/decide/idle.ts';
import { type Decision, decide, type LadderInput } from '../../../../node-agent/decide/ladder.ts';
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

const start = 1_000_000;
const at = (seconds: number): number => start + seconds * 1000;
const idle: IdleVerdict = { idle: true, reason: 'Idle', sinceMillis: start, blocker: null };
const busy: IdleVerdict = {
  idle: false,
  reason: 'NotIdle',
  sinceMillis: null,
  blocker: { signal: 'cpuMillicores', observed: 900, allowed: 10 },
};
const observing: IdleVerdict = { ...busy, reason: 'Observing', blocker: null };
const spike = { signal: 'cpuMillicoresSpike', observed: 900, allowed: 50 };
const done: Outcome = { end: 'Done', advised: true, anonBytesAfter: 20 * mib };

const input = (change: Partial<LadderInput> = {}): LadderInput => ({
  now: start,
  memory: startLadder(start),
  profile,
  idle,
  woke: null,
  inWindow: true,
  paused: null,
  restore: null,
  node: quietNode,
  container: quietContainer,
  swap: noSwapBounds,
  unable: null,
  ...change,
});
const withProfile = (change: Partial<LadderInput['profile']>): Partial<LadderInput> => ({
  profile: { ...profile, ...change },
});
const step = (advice: Step['advice'], afterIdleSeconds: number, ranges: Step['ranges'] = 'KeepHot'): Step => ({
  advice,
  afterIdleSeconds,
  ranges,
});

/** Goes through (seconds, change) moments; each action is carried out with the outcome given, "done" where none is. */
function live(moments: readonly (readonly [number, Partial<LadderInput>, Outcome?])[]): Decision[] {
  let memory = startLadder(start);
  return moments.map(([seconds, change, outcome]) => {
    const decision = decide(input({ ...change, now: at(seconds), memory }));
    memory = decision.memory;
    if (decision.action) memory = afterAction(memory, decision.action, outcome ?? done, at(seconds));
    return decision;
  });
}
const told = (decisions: readonly Decision[]): string[] =>
  decisions.map(({ state, reason, action }) =>
    [state, reason, action && (action.advice === 'WillNeed' ? action.advice : `${action.advice} ${action.step}`)]
      .filter(Boolean)
      .join(' '),
  );

test('an idle container goes down the ladder step by step and up again when it wakes', () => {
  const paged = { container: { ...quietContainer, anonBytes: 60 * mib, swapBytes: 480 * mib } };
  const story = live([
    [0, { idle: busy }],
    [10, {}],
    [309, {}],
    [310, {}],
    [320, {}],
    [910, {}],
    [920, paged],
    [14_409, paged],
    [14_410, paged],
    [14_420, paged],
    [15_000, { ...paged, woke: spike }],
    [15_001, { ...paged, idle: observing }],
    [15_400, paged],
  ]);
  assert.deepEqual(told(story), [
    'Active NotIdle',
    'Idle Idle',
    'Idle Idle',
    'Idle StepDue Cold 0',
    'Cold Idle',
    'Cold StepDue PageOut 1',
    'PagedOut Idle',
    'PagedOut Idle',
    'PagedOut StepDue PageOut 2',
    'PagedOut LadderDone',
    'Waking Woke WillNeed',
    'Active Observing',
    'Idle Idle',
  ]);
  assert.equal(story[2]!.since, at(10));
  assert.deepEqual(story[2]!.blocker, { signal: 'idleSeconds', observed: 299, allowed: 300 });
});

test('each step says which ranges it takes', () => {
  const steps = [step('PageOut', 0, 'All')];
  const action = decide(input(withProfile({ steps }))).action;
  assert.deepEqual(action, { advice: 'PageOut', step: 0, ranges: 'All', dryRun: false });
});

test('an agent that starts late takes the steps one by one all the same', () => {
  const memory: LadderMemory = { ...startLadder(start), idleSince: start - 20_000_000 };
  const first = decide(input({ memory }));
  assert.deepEqual(told([first]), ['Idle StepDue Cold 0']);
  const second = decide(input({ memory: afterAction(first.memory, first.action!, done, start) }));
  assert.deepEqual(told([second]), ['Cold StepDue PageOut 1']);
  const third = decide(input({ memory: afterAction(second.memory, second.action!, done, start) }));
  assert.deepEqual(told([third]), ['PagedOut Cooldown']);
});

test('DryRun takes the same path and marks its actions', () => {
  const dry = withProfile({ mode: 'DryRun' });
  const moments = [
    [0, {}],
    [300, {}],
    [900, {}],
    [14_400, {}],
    [14_500, { woke: spike }],
  ] as const;
  const real = live(moments);
  const rehearsed = live(moments.map(([seconds, change]) => [seconds, { ...change, ...dry }] as const));
  assert.deepEqual(told(rehearsed), told(real));
  assert.ok(rehearsed.every(({ action }) => action === null || action.dryRun));
  assert.ok(real.every(({ action }) => action === null || !action.dryRun));
});

test('steps taken in DryRun are owed when the policy comes to Enforce', () => {
  const dry = withProfile({ mode: 'DryRun' });
  const story = live([
    [0, dry],
    [300, dry],
    [900, dry],
    [1000, {}],
    [1001, {}],
  ]);
  assert.deepEqual(told(story), [
    'Idle Idle',
    'Idle StepDue Cold 0',
    'Cold StepDue PageOut 1',
    'Idle StepDue Cold 0',
    'Cold StepDue PageOut 1',
  ]);
});

test('a policy with other steps begins its ladder anew', () => {
  const other = withProfile({ steps: [step('Cold', 100), step('PageOut', 200)] });
  const story = live([
    [0, {}],
    [300, {}],
    [301, other],
    [302, other],
  ]);
  assert.deepEqual(told(story).slice(2), ['Cold StepDue Cold 0', 'Cold StepDue PageOut 1']);
});

test('a paused policy, a paused node and a closed window hold every step back and say so', () => {
  const due = { memory: { ...startLadder(start), idleSince: start - 400_000 } };
  for (const [change, reason] of [
    [withProfile({ mode: 'Paused' }), 'Paused'],
    [{ paused: 'NodeDraining' }, 'NodeDraining'],
    [{ inWindow: false }, 'OutsideWindow'],
  ] as const) {
    const decision = decide(input({ ...due, ...change }));
    assert.deepEqual(told([decision]), [`Idle ${reason}`]);
  }
});

test('a container that wakes while all is paused gets its memory back', () => {
  const out: LadderMemory = { ...startLadder(start), idleSince: start - 1000, depth: 'PagedOut' };
  const decision = decide(
    input({ memory: out, woke: spike, paused: 'NodeCordoned', inWindow: false, ...withProfile({ mode: 'Paused' }) }),
  );
  assert.deepEqual(told([decision]), ['Waking Woke WillNeed']);
  assert.deepEqual(decision.action, { advice: 'WillNeed', maxBytes: 512 * mib, dryRun: false });
});

const woken: LadderMemory = { ...startLadder(start), idleSince: start - 1000, depth: 'PagedOut' };
const wakes: readonly (readonly [string, Partial<LadderInput>, string])[] = [
  ['by its mean over the window, too', { idle: busy }, 'Waking Woke WillNeed'],
  [
    'without WillNeed where the policy says None',
    { woke: spike, ...withProfile({ wake: { advice: 'None', maxBytes: 0 } }) },
    'Active Woke',
  ],
  [
    'without WillNeed at memory.high',
    { woke: spike, container: { ...quietContainer, usageBytes: 600 * mib, highBytes: 600 * mib } },
    'Active NoHeadroom',
  ],
  [
    'without WillNeed where the node is short of memory',
    { woke: spike, node: { ...quietNode, availableBytes: 200 * mib } },
    'Active NoHeadroom',
  ],
  ['without WillNeed where the worker is away', { woke: spike, unable: 'WorkerGone' }, 'Active WorkerGone'],
  ['without WillNeed where only Cold was done', { woke: spike, memory: { ...woken, depth: 'Cold' } }, 'Active Woke'],
];
for (const [how, change, expected] of wakes) {
  test(`a container wakes ${how}`, () =>
    assert.deepEqual(told([decide(input({ memory: woken, ...change }))]), [expected]));
}

test('WillNeed asks for no more than the headroom', () => {
  const container = { ...quietContainer, usageBytes: 600 * mib, maxBytes: 700 * mib };
  const { action } = decide(input({ memory: woken, woke: spike, container }));
  assert.deepEqual(action, { advice: 'WillNeed', maxBytes: 100 * mib, dryRun: false });
});

test('a wake is asked for until it was carried out, and once only', () => {
  const first = decide(input({ memory: woken, woke: spike }));
  const again = decide(input({ memory: first.memory, now: start + 1, idle: observing }));
  assert.deepEqual(told([first, again]), ['Waking Woke WillNeed', 'Waking Woke WillNeed']);
  const after = afterAction(again.memory, again.action!, done, start + 2);
  assert.deepEqual(told([decide(input({ memory: after, now: start + 2, idle: observing }))]), ['Active Observing']);
});

test('a window that fills anew while all is out is no wake: nothing is begun, nothing brought back', () => {
  assert.deepEqual(told([decide(input({ memory: woken, idle: observing }))]), ['PagedOut Observing']);
  const missing: IdleVerdict = { ...observing, reason: 'SignalMissing' };
  assert.deepEqual(told([decide(input({ memory: woken, idle: missing }))]), ['PagedOut SignalMissing']);
});

const atPageOut: LadderMemory = { ...decide(input()).memory, idleSince: start - 900_000, stepsDone: 1, depth: 'Cold' };
test('a guard that trips skips the page-out and names itself', () => {
  const decision = decide(input({ memory: atPageOut, node: { ...quietNode, swapTotalBytes: 0 } }));
  assert.deepEqual(told([decision]), ['Skipped NoSwap']);
});

test('after a page-out that came back the ladder backs off and says until when', () => {
  const backoff = { level: 1, until: start + 5000, blocker: null };
  const decision = decide(input({ memory: { ...atPageOut, backoff } }));
  assert.deepEqual(told([decision]), ['Backoff RefaultBackoff']);
  assert.equal(decision.until, start + 5000);
  assert.deepEqual(told([decide(input({ now: start + 5000, memory: { ...atPageOut, backoff } }))]), [
    'Cold StepDue PageOut 1',
  ]);
});

test('a step that reached maxBytesPerRound goes on at once and is then done', () => {
  const more: Outcome = { ...done, end: 'MoreRounds' };
  const steps = [step('PageOut', 0)];
  const story = live([
    [0, withProfile({ steps }), more],
    [1, withProfile({ steps }), more],
    [2, withProfile({ steps })],
    [3, withProfile({ steps })],
  ]);
  assert.deepEqual(told(story), [
    'Idle StepDue PageOut 0',
    'PagedOut StepDue PageOut 0',
    'PagedOut StepDue PageOut 0',
    'PagedOut LadderDone',
  ]);
});

test('in DryRun one round is the whole step, since nothing moves', () => {
  const more: Outcome = { ...done, end: 'MoreRounds' };
  const dry = withProfile({ mode: 'DryRun', steps: [step('PageOut', 0)] });
  assert.deepEqual(
    told(
      live([
        [0, dry, more],
        [1, dry],
      ]),
    ),
    ['Idle StepDue PageOut 0', 'PagedOut LadderDone'],
  );
});

test('an action that failed is tried again later, and later each time', () => {
  const stuck: Outcome = { end: { stopped: 'TargetStuck' }, advised: false, anonBytesAfter: 500 * mib };
  const change = withProfile({ steps: [step('Cold', 0)] });
  const story = live([
    [0, change, stuck],
    [29, change],
    [30, change, stuck],
    [89, change],
    [90, change],
    [91, change],
  ]);
  assert.deepEqual(told(story), [
    'Idle StepDue Cold 0',
    'Backoff TargetStuck',
    'Idle StepDue Cold 0',
    'Backoff TargetStuck',
    'Idle StepDue Cold 0',
    'Cold LadderDone',
  ]);
  assert.equal(story[3]!.until, at(90));
});

test('what a guard saw when it stopped a pass is shown until the pass is tried again', () => {
  const blocker = { signal: 'swapFreePercent', observed: 9, allowed: 10 };
  const full: Outcome = { end: { stopped: 'SwapFull' }, blocker, advised: false, anonBytesAfter: 500 * mib };
  const change = withProfile({ steps: [step('PageOut', 0)] });
  const story = live([
    [0, change, full],
    [29, change],
  ]);
  assert.deepEqual(told(story), ['Idle StepDue PageOut 0', 'Backoff SwapFull']);
  assert.deepEqual(story[1]!.blocker, blocker);
});

test('a page-out stopped half way is due again after the cooldown though little changed', () => {
  const half: Outcome = { end: { stopped: 'NodePressure' }, advised: true, anonBytesAfter: 500 * mib };
  const change = withProfile({ steps: [step('PageOut', 0)] });
  const story = live([
    [0, change, half],
    [100, change],
    [900, change],
  ]);
  assert.deepEqual(told(story), ['Idle StepDue PageOut 0', 'PagedOut Cooldown', 'PagedOut StepDue PageOut 0']);
});

test('a container that woke during its page-out owes the step again in its next idle period', () => {
  const steps = [step('PageOut', 10)];
  const due = decide(
    input({ now: at(10), memory: { ...startLadder(start), idleSince: start }, ...withProfile({ steps }) }),
  );
  const awake = decide(input({ now: at(11), memory: due.memory, woke: spike, ...withProfile({ steps }) }));
  const memory = afterAction(awake.memory, due.action as Action, { ...done, end: { stopped: 'Woke' } }, at(12));
  assert.equal(memory.stepsDone, 0);
  assert.equal(memory.depth, 'None');
  assert.equal(memory.lastPageOut?.at, at(12));
  const after = decide(input({ now: at(12), memory, idle: observing, ...withProfile({ steps }) }));
  assert.deepEqual(told([after]), ['Waking Woke WillNeed'], 'what the pass took after the wake is brought back');
});

test('a container that woke in DryRun is not brought back for real when the policy comes to Enforce', () => {
  const first = decide(input({ memory: woken, woke: spike, ...withProfile({ mode: 'DryRun' }) }));
  assert.ok(first.action?.dryRun);
  const dryOnly: LadderMemory = { ...first.memory, dryDepth: true };
  assert.equal(decide(input({ memory: dryOnly, idle: observing })).action, null);
});

test('a wake during a Cold, or during a page-out that moved nothing, leaves nothing to bring back', () => {
  const awake = decide(
    input({ memory: { ...startLadder(start), idleSince: start - 1000, depth: 'Cold' }, woke: spike }),
  ).memory;
  const push = { step: 0, ranges: 'KeepHot', dryRun: false } as const;
  assert.equal(afterAction(awake, { ...push, advice: 'Cold' }, done, start).waking, false);
  assert.equal(afterAction(awake, { ...push, advice: 'PageOut' }, { ...done, advised: false }, start).waking, false);
  assert.equal(afterAction(awake, { ...push, advice: 'PageOut' }, done, start).waking, true);
});

test('a page-out in DryRun lets a real one wait for nothing, a real one lets both wait', () => {
  const pass = { at: start - 60_000, ranges: 'KeepHot' as const, anonBytesAfter: null };
  const dry = withProfile({ mode: 'DryRun' });
  const reasonAfter = (memory: Partial<LadderMemory>, change: Partial<LadderInput>) => {
    const key = decide(input(change)).memory.ladder;
    return decide(input({ memory: { ...atPageOut, ladder: key, ...memory }, ...change })).reason;
  };
  assert.equal(reasonAfter({ lastDryPageOut: pass }, {}), 'StepDue');
  assert.equal(reasonAfter({ lastDryPageOut: pass }, dry), 'Cooldown');
  assert.equal(reasonAfter({ lastPageOut: pass }, {}), 'Cooldown');
  assert.equal(reasonAfter({ lastPageOut: pass }, dry), 'Cooldown');
});
