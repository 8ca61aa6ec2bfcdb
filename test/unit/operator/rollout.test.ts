/** One decision of a roll-out at a time: what was, what the nodes say, and what comes next. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { rolloutStatus } from '../../../api/policy-status.ts';
import { type Evidence, minJudgedBytes, nextStage, type RolloutAnswer } from '../../../operator/rollout.ts';
import { type Begun, type Progress, readProgress, writtenProgress } from '../../../operator/rollout-progress.ts';
import type { ClusterPolicy } from '../../../operator/snapshot.ts';
import { wideSpec } from './generated.ts';
import { clusterPolicy } from './small-cluster.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const minute = 60_000;
const rollout = { nodesPercent: 10, stepSeconds: 600, haltRefaultPercent: 30 };
const everywhere = Array.from({ length: 100 }, (_, index) => index * 100);
const well: Evidence = {
  places: everywhere,
  planned: 10,
  programmed: 10,
  silent: 0,
  reclaimedBytes: 0n,
  refaultedBytes: 0n,
};
const nothing: Progress = { settled: null, current: null };
const enforce = (spec: object = {}, generation = 1): ClusterPolicy =>
  clusterPolicy('p', { mode: 'Enforce', rollout, ...spec }, { generation });
const loose = { limits: { maxBytesPerSecond: '1Gi' } };
const tight = { limits: { maxBytesPerSecond: '1Mi' } };

const next = (policy: ClusterPolicy, progress: Progress, more: Partial<Evidence> = {}, at = now): RolloutAnswer =>
  nextStage({ policy, progress, evidence: { ...well, ...more }, now: at });

/** The policy has reached every node. */
const settledAs = ({ spec, generation }: ClusterPolicy): Progress => ({
  settled: { spec, generation },
  current: {
    generation,
    nodesPercent: 100,
    since: now - minute,
    reclaimedBytes: 0n,
    refaultedBytes: 0n,
    halted: null,
  },
});
const percentOf = ({ progress }: RolloutAnswer) => progress.current.nodesPercent;

test('what is new and acts begins on the first nodes, and is nowhere else', () => {
  const { stage, progress, wakeAt } = next(enforce(), nothing);
  assert.deepEqual(stage, { nodesPercent: 10, before: null });
  assert.equal(progress.settled, null);
  assert.equal(wakeAt, now + 10 * minute);
});

test('what is new and touches nothing is everywhere at once', () => {
  for (const mode of ['DryRun', 'Paused']) {
    const policy = enforce({ mode });
    const { stage, progress, wakeAt } = next(policy, nothing);
    assert.deepEqual([stage, wakeAt], [null, null]);
    assert.deepEqual(progress.settled, { generation: 1, spec: policy.spec });
  }
});

test('an edit that only tightens is everywhere at once; one that loosens anything begins anew', () => {
  const before = settledAs(enforce());
  assert.equal(next(enforce(tight, 2), before).stage, null);
  const { stage, progress } = next(enforce({ ...loose, guards: { minGainBytes: '64Mi' } }, 2), before);
  assert.deepEqual(stage, { nodesPercent: 10, before: enforce().spec });
  assert.deepEqual(progress.settled, before.settled);
});

test('nodesPercent 100 is everywhere at once', () => {
  assert.equal(next(enforce({ rollout: { ...rollout, nodesPercent: 100 } }), nothing).stage, null);
});

test('a step follows when its time is over, and the last one settles the spec', () => {
  const policy = enforce(loose, 2);
  let answer = next(policy, settledAs(enforce()));
  const percents = [];
  for (let at = now; answer.stage; at += minute) {
    answer = next(policy, answer.progress, {}, at);
    percents.push(percentOf(answer));
  }
  const steps = [10, 20, 30, 40, 50, 60, 70, 80, 90].flatMap((percent) => Array<number>(10).fill(percent));
  assert.deepEqual(percents, [...steps, 100]);
  assert.deepEqual(answer.progress.settled, { generation: 2, spec: policy.spec });
});

const begun = next(enforce(), nothing).progress;
const afterStep = now + 10 * minute;

const waiting: readonly (readonly [string, Partial<Evidence>, number])[] = [
  ['every node is ready', {}, 20],
  ['one node in ten has the old object', { planned: 10, programmed: 9 }, 20],
  ['more have the old object', { planned: 10, programmed: 8 }, 10],
  ['half of the agents are silent', { silent: 5 }, 20],
  ['most of the agents are silent', { silent: 6 }, 10],
  ['no node reached has pods of it', { planned: 0, programmed: 0 }, 20],
  ['there is no node that it could be for', { places: [], planned: 0, programmed: 0 }, 10],
];
for (const [what, evidence, percent] of waiting)
  test(`after its time, where ${what}, ${percent} % are reached`, () => {
    const { progress, wakeAt } = next(enforce(), begun, evidence, afterStep);
    assert.equal(progress.current.nodesPercent, percent);
    assert.equal(wakeAt, percent === 20 ? afterStep + 10 * minute : afterStep + 10_000);
  });

test('a step that would reach no further node is joined with the next', () => {
  const places = [1500, 4000, 8200];
  const first = next(enforce(), nothing, { places });
  const second = next(enforce(), first.progress, { places }, afterStep);
  const third = next(enforce(), second.progress, { places }, afterStep + 10 * minute);
  assert.deepEqual([first, second, third].map(percentOf), [20, 50, 90]);
  assert.equal(next(enforce(), third.progress, { places }, afterStep + 20 * minute).stage, null);
});

const halts: readonly (readonly [string, bigint, bigint, boolean])[] = [
  ['what came back is as much as it may be', minJudgedBytes * 10n, minJudgedBytes * 3n, false],
  ['a byte more came back', minJudgedBytes * 10n, minJudgedBytes * 3n + 1n, true],
  ['more came back than was paged out', minJudgedBytes, minJudgedBytes * 2n, true],
  ['it is too little to judge', minJudgedBytes - 1n, minJudgedBytes, false],
];
for (const [what, reclaimedBytes, refaultedBytes, halted] of halts)
  test(`where ${what}, the roll-out ${halted ? 'halts' : 'goes on'}`, () => {
    const answer = next(enforce(), begun, { reclaimedBytes, refaultedBytes }, afterStep);
    assert.equal(answer.progress.current.halted?.since, halted ? afterStep : undefined);
    assert.equal(percentOf(answer), halted ? 10 : 20);
  });

test('sums add up over time', () => {
  const half = { reclaimedBytes: minJudgedBytes / 2n, refaultedBytes: minJudgedBytes / 4n };
  const once = next(enforce(), begun, half, now + 1);
  assert.equal(once.progress.current.halted, null);
  const twice = next(enforce(), once.progress, half, now + 2);
  const message = 'of 64Mi paged out on 10 % of the nodes 50 % came back; 30 % may';
  assert.deepEqual(twice.progress.current.halted, { since: now + 2, message });
});

const haltedNow = next(enforce(loose, 2), settledAs(enforce())).progress;
const halted: Begun = {
  ...haltedNow,
  current: { ...haltedNow.current, nodesPercent: 40, halted: { since: now, message: 'too much' } },
};

test('what is halted stays as it is until the spec changes', () => {
  const later = next(enforce(loose, 2), halted, {}, now + 1000 * minute);
  assert.deepEqual(later.progress, halted);
  assert.deepEqual(later.stage, { nodesPercent: 40, before: enforce().spec });
  assert.equal(later.wakeAt, null);
});

test('an edit of what is halted begins anew from the last spec that reached every node', () => {
  const again = next(enforce({ ...loose, rollout: { ...rollout, haltRefaultPercent: 90 } }, 3), halted);
  assert.deepEqual(again.stage, { nodesPercent: 10, before: enforce().spec });
  assert.equal(again.progress.current.halted, null);
  const back = next(enforce({}, 3), halted);
  assert.equal(back.stage, null);
  assert.equal(back.progress.settled?.generation, 3);
});

test('a clock that was ahead holds nothing up', () => {
  const ahead = next(enforce(), nothing, {}, now + 1e9).progress;
  const seen = next(enforce(), ahead, {}, now);
  assert.equal(seen.progress.current.since, now);
  assert.equal(percentOf(next(enforce(), seen.progress, {}, afterStep)), 20);
});

const garbage: readonly unknown[] = [
  undefined,
  null,
  'x',
  [],
  {},
  { generation: 1 },
  { generation: 1, nodesPercent: 0, since: '2026-01-01T00:00:00Z' },
  { generation: 1, nodesPercent: 50, since: '2026-99-99T00:00:00Z' },
  { generation: 1, nodesPercent: 50, since: 7, settled: 'x' },
];
for (const status of garbage)
  test(`a status that can't be read begins anew: ${JSON.stringify(status)}`, () => {
    const progress = readProgress(status);
    assert.deepEqual(progress, nothing);
    assert.deepEqual(next(enforce(), progress).stage, { nodesPercent: 10, before: null });
  });

test('a settled spec that can’t be read counts as none, and the rest as it is', () => {
  const status = { ...writtenProgress(halted), settled: { ...enforce().spec, unheardOf: 1 } };
  assert.deepEqual(readProgress(status), { ...halted, settled: null });
  assert.deepEqual(next(enforce(loose, 2), readProgress(status)).stage, { nodesPercent: 40, before: null });
});

test('a rest that can’t be read leaves the settled spec as it is', () => {
  const status = { ...writtenProgress(halted), nodesPercent: 'many', unheardOf: 1 };
  assert.deepEqual(readProgress(status), { ...halted, current: null });
});

test('sums that nobody writes count as nothing', () => {
  const status = { ...writtenProgress(begun), reclaimedBytes: '5Gi', refaultedBytes: '-1' };
  assert.deepEqual(readProgress(status), begun);
});

const someProgress: fc.Arbitrary<Begun> = fc.record(
  {
    settled: fc.option(fc.record({ generation: fc.nat(), spec: wideSpec }, { noNullPrototype: true })),
    current: fc.record(
      {
        generation: fc.nat(),
        nodesPercent: fc.integer({ min: 1, max: 100 }),
        since: fc.integer({ min: 0, max: 4e9 }).map((seconds) => seconds * 1000),
        reclaimedBytes: fc.bigInt({ min: 0n, max: 10n ** 18n }),
        refaultedBytes: fc.bigInt({ min: 0n, max: 10n ** 18n }),
        halted: fc.option(fc.constant({ since: 0, message: 'of 9Mi paged out' })),
      },
      { noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);

test('law: what is written is what the schema allows, and is read as it was', () => {
  fc.assert(
    fc.property(someProgress, (progress) => {
      const status = JSON.parse(JSON.stringify(writtenProgress(progress)));
      assert.deepEqual(rolloutStatus.parse(status), status);
      assert.deepEqual(readProgress(status), progress);
    }),
  );
});
