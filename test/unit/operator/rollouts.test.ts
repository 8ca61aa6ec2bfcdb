/** Roll-outs over time: planner, objects and agents of a small cluster, and leaders that come and go. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { RolloutStatus } from '../../../api/policy-status.ts';
import { readNodeReport } from '../../../operator/node-report.ts';
import { plan } from '../../../operator/plan.ts';
import { Planner } from '../../../operator/planner.ts';
import { isReached, nextPercent, placeOf } from '../../../operator/reach.ts';
import type { NodeSeen } from '../../../operator/rollout-evidence.ts';
import { Rollouts, type StagedRollout } from '../../../operator/rollouts.ts';
import type { ClusterPolicy, Node, Snapshot } from '../../../operator/snapshot.ts';
import { wideSpec } from './generated.ts';
import { cluster, clusterPolicy, node, pod, settings } from './small-cluster.ts';

const start = Date.parse('2026-01-01T12:00:00Z');
const Mi = 2 ** 20;
const rollout = { nodesPercent: 10, stepSeconds: 600, haltRefaultPercent: 30 };
const names = Array.from({ length: 40 }, (_, index) => `n${index}`);

interface Totals {
  reclaimedBytesTotal: number;
  refaultedBytesTotal: number;
}

/** A cluster with one cluster policy; what the operator decides is carried out at once. */
class World {
  now = start;
  rollouts = new Rollouts();
  status: RolloutStatus | null = null;
  policy: ClusterPolicy;
  /** Of each node's agent; a node that is not here has none. */
  readonly totals = new Map<string, Totals>();
  readonly nodes = new Map<string, Node>(names.map((name) => [name, node(name)]));
  readonly #planner: Planner;

  constructor(spec: object) {
    this.policy = clusterPolicy('p', { mode: 'Enforce', rollout, ...spec });
    this.#planner = new Planner({ ...this.snapshot, policies: [] }, settings);
    for (const name of names) this.totals.set(name, { reclaimedBytesTotal: 0, refaultedBytesTotal: 0 });
  }

  get snapshot(): Snapshot {
    const pods = names.map((name) => pod(`on-${name}`, { node: name }));
    return cluster({ policies: [this.policy], pods, nodes: [...this.nodes.values()] });
  }

  edit(spec: object): void {
    this.policy = {
      ...clusterPolicy('p', { mode: 'Enforce', rollout, ...spec }),
      generation: this.policy.generation + 1,
    };
  }

  look(): StagedRollout {
    const decided = this.rollouts.next(this.policy, this.status, this.#seen(), this.now);
    this.status = JSON.parse(JSON.stringify(decided.status));
    if (decided.stage !== this.policy.stage || this.policy.generation > 1) {
      this.policy = { ...this.policy, stage: decided.stage };
      this.#planner.apply([{ of: 'Policy', namespace: null, name: 'p', now: this.policy }]);
    }
    return decided;
  }

  newLeader(): void {
    this.rollouts = new Rollouts();
  }

  /** Nodes whose plan has a pod of the policy. */
  get following(): string[] {
    return [...this.#planner.plan.nodes.values()]
      .filter(({ spec }) => spec.pods.length > 0)
      .map(({ node: name }) => name);
  }

  get plan() {
    return this.#planner.plan;
  }

  #seen(): NodeSeen[] {
    const { nodes } = this.#planner.plan;
    return [...this.nodes.values()].map((each) => {
      const spec = nodes.get(each.name)!.spec;
      const totals = this.totals.get(each.name);
      const policies = totals ? [{ uid: this.policy.uid, ...totals }] : [];
      const status = { reportTime: new Date(this.now).toISOString(), policies };
      return { node: each, wanted: spec, report: readNodeReport({ metadata: { name: each.name }, spec, status }) };
    });
  }

  add(name: string, reclaimed: number, refaulted: number): void {
    const { reclaimedBytesTotal, refaultedBytesTotal } = this.totals.get(name)!;
    this.totals.set(name, {
      reclaimedBytesTotal: reclaimedBytesTotal + reclaimed,
      refaultedBytesTotal: refaultedBytesTotal + refaulted,
    });
  }
}

const loose = { limits: { maxBytesPerSecond: '1Gi' } };

/** As often as it takes, a minute at a time; how many nodes follow the policy after each step. */
function run(world: World, minutes = 1000): number[] {
  const steps: number[] = [];
  for (let left = minutes; left > 0; left--) {
    const { stage } = world.look();
    if (steps.at(-1) !== world.following.length) steps.push(world.following.length);
    if (stage === null) break;
    world.now += 60_000;
  }
  return steps;
}

test('a new policy reaches a few nodes more with each step, and at last all of them', () => {
  const world = new World({});
  const steps = run(world);
  assert.ok(steps[0]! > 0 && steps[0]! < 12, String(steps));
  assert.ok(steps.length > 5 && steps.every((count, index) => index === 0 || count > steps[index - 1]!), String(steps));
  assert.equal(steps.at(-1), names.length);
  assert.deepEqual(world.plan, plan({ ...world.snapshot, policies: [{ ...world.policy, stage: null }] }, settings));
});

test('what comes back on the nodes reached halts it there; an edit goes on from the last that all had', () => {
  const world = new World({});
  world.look();
  const reached = world.following;
  for (const name of reached) world.add(name, 100 * Mi, 50 * Mi);
  const [count] = run(world, 60);
  assert.equal(count, reached.length);
  assert.equal(world.status?.halted?.reason, 'RolloutHalted');
  world.edit({ mode: 'DryRun' });
  world.look();
  assert.deepEqual([world.status?.halted, world.following.length], [undefined, names.length]);
});

test('what comes back on nodes that are not reached says nothing', () => {
  const world = new World({});
  run(world);
  world.edit(loose);
  world.look();
  const held = names.filter((name) => !isReached(placeOf('uid-p', `uid-${name}`), world.status!.nodesPercent));
  for (const name of held) world.add(name, 100 * Mi, 90 * Mi);
  world.look();
  assert.equal(world.status?.reclaimedBytes, '0');
  run(world);
  assert.deepEqual([world.status?.nodesPercent, world.status?.refaultedBytes], [100, '0']);
});

test('what a node had counted stays counted when it goes, and a new object of its name counts from nothing', () => {
  const world = new World({});
  world.look();
  const [gone, again] = world.following;
  world.add(gone!, 40 * Mi, 4 * Mi);
  world.add(again!, 10 * Mi, 1 * Mi);
  world.look();
  world.nodes.delete(gone!);
  world.totals.set(again!, { reclaimedBytesTotal: 3 * Mi, refaultedBytesTotal: 2 * Mi });
  world.look();
  assert.deepEqual([world.status?.reclaimedBytes, world.status?.refaultedBytes], [String(53 * Mi), String(7 * Mi)]);
  world.totals.delete(again!);
  world.look();
  assert.equal(world.status?.reclaimedBytes, String(53 * Mi));
  world.newLeader();
  world.look();
  assert.equal(world.status?.reclaimedBytes, String(53 * Mi), 'a new leader counts nothing twice');
});

test('of a node that is gone nothing is remembered: seen again, it is one that was never seen', () => {
  const world = new World({});
  world.look();
  const [name] = world.following;
  world.add(name!, 40 * Mi, 4 * Mi);
  world.look();
  const one = world.nodes.get(name!)!;
  world.nodes.delete(name!);
  world.look();
  world.nodes.set(name!, one);
  world.add(name!, 40 * Mi, 4 * Mi);
  world.look();
  assert.equal(world.status?.reclaimedBytes, String(40 * Mi));
});

test('as long as nothing changes the stage is the same object', () => {
  const world = new World({});
  const { stage } = world.look();
  assert.ok(stage);
  world.now += 60_000;
  assert.equal(world.look().stage, stage);
});

test('nodes are not gone through for a policy that holds everywhere', () => {
  const world = new World({ mode: 'DryRun' });
  world.look();
  const untouched: Iterable<NodeSeen> = {
    [Symbol.iterator]: () => assert.fail('asked for the nodes'),
  };
  assert.equal(world.rollouts.next(world.policy, null, untouched, world.now).stage, null);
});

test('a policy that is gone is forgotten: one of the same UID is read from its status', () => {
  const world = new World({ mode: 'DryRun' });
  world.look();
  world.rollouts.forget(world.policy.uid);
  const { status } = world.rollouts.next({ ...world.policy, generation: 9 }, null, [], world.now);
  assert.equal(status?.settledGeneration, 9);
});

/** What may happen between two looks. */
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.integer({ min: 0, max: 12 }).map((minutes) => (world: World): void => {
      world.now += minutes * 60_000;
    }),
  },
  {
    weight: 1,
    arbitrary: wideSpec.map(
      ({ nodeSelector: _, ...spec }) =>
        (world: World) =>
          world.edit({ ...spec, rollout }),
    ),
  },
  { weight: 1, arbitrary: fc.constant((world: World) => world.newLeader()) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 40 }).map((percent) => (world: World): void => {
      for (const name of world.following) world.add(name, 50 * Mi, percent * Mi);
    }),
  },
);

test('law: whatever happens, a stage holds what reached all nodes last, and goes on slowly and never back', () => {
  const seen = { stages: 0, halts: 0, settled: 0 };
  fc.assert(
    fc.property(fc.array(event, { minLength: 5, maxLength: 40, size: 'max' }), (events) => {
      const world = new World({});
      let settled = null as ClusterPolicy | null;
      for (const happen of [() => undefined, ...events]) {
        const before = world.status;
        happen(world);
        const { stage } = world.look();
        if (stage) assert.deepEqual(stage.before, settled?.spec ?? null, 'a stage goes on from what was settled');
        else settled = world.policy;
        assert.equal(world.status!.settledGeneration, settled?.generation);
        assert.deepEqual(world.status!.settled, settled?.spec);
        goesOnWell(before, world.status!);
        seen[stage ? 'stages' : 'settled'] += 1;
        seen.halts += Number(world.status?.halted !== undefined);
      }
    }),
    { numRuns: 60 },
  );
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, `${what}: ${count}`);
});

function goesOnWell(before: RolloutStatus | null, after: RolloutStatus): void {
  if (before?.generation !== after.generation) return;
  assert.ok(after.nodesPercent >= before.nodesPercent);
  if (before.halted) assert.deepEqual(after, before);
  if (after.nodesPercent > before.nodesPercent)
    assert.ok(Date.parse(after.since) - Date.parse(before.since) >= rollout.stepSeconds * 1000);
}

test('places are spread evenly, and another policy has other first nodes', () => {
  const uids = Array.from({ length: 10_000 }, (_, index) => `0f4e-${index.toString(16)}`);
  for (const percent of [1, 5, 50, 99]) {
    const reached = uids.filter((uid) => isReached(placeOf('a', uid), percent)).length;
    assert.ok(Math.abs(reached - percent * 100) < 200, `${percent} %: ${reached}`);
  }
  const firstOf = (policy: string) => uids.filter((uid) => isReached(placeOf(policy, uid), 5));
  const first = new Set(firstOf('a'));
  const both = firstOf('b').filter((uid) => first.has(uid)).length;
  assert.ok(both > 0 && both < 60, `${both} nodes are first for both`);
  assert.ok(uids.every((uid) => isReached(placeOf('a', uid), 100)));
});

test('law: the next step reaches a further node, or all of them are reached', () => {
  const percent = fc.integer({ min: 1, max: 99 });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9999 })), percent, percent, (nodes, from, step) => {
      const next = nextPercent(nodes, from, step);
      assert.ok(next > from && next <= 100);
      const further = nodes.filter((place) => !isReached(place, from) && isReached(place, next));
      assert.ok(next === 100 || nodes.length === 0 || further.length > 0);
      if (next < 100) assert.equal((next - from) % step, 0);
    }),
  );
});
