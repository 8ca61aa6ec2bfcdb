import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { nodeSpec } from '../../../api/node-spec.ts';
import { clusterPolicyKind } from '../../../api/policy.ts';
import { plan } from '../../../operator/plan.ts';
import { type Change, Planner } from '../../../operator/planner.ts';
import { keyOf } from '../../../operator/precedence.ts';
import { selectorMatches } from '../../../operator/selectors.ts';
import type { Pod, Policy, Snapshot, Stage } from '../../../operator/snapshot.ts';
import {
  podKeyOf,
  policyKeyOf,
  someCluster,
  someLimit,
  someNamespace,
  someNode,
  somePod,
  somePolicy,
  someStage,
} from './generated.ts';
import { settings } from './small-cluster.ts';

const law = (check: (snapshot: Snapshot) => void): void => fc.assert(fc.property(someCluster, check), { numRuns: 300 });

test('the clusters that the laws look at have what they are about', () => {
  const seen = { following: 0, overridden: 0, limited: 0, paused: 0, mirrors: 0, refused: 0, waiting: 0 };
  for (const snapshot of fc.sample(someCluster, { numRuns: 500, seed: 7 })) {
    const { nodes, policies } = plan(snapshot, settings);
    for (const { spec } of nodes.values()) {
      seen.following += spec.pods.length;
      seen.limited += spec.profiles.filter(({ sources }) => sources.length > 1).length;
      seen.paused += spec.paused ? 1 : 0;
      seen.mirrors += spec.pods.filter(({ cgroupUID }) => cgroupUID !== undefined).length;
    }
    for (const { overriddenPods, reasons } of policies.values()) {
      seen.overridden += overriddenPods;
      seen.refused += reasons.size;
      seen.waiting += reasons.get('RollingOut') ?? 0;
    }
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 10, `${what}: ${count}`);
});

test('law: every spec is one that the schema allows, and no longer than it says', () => {
  law((snapshot) => {
    for (const { spec, bytes } of plan(snapshot, settings).nodes.values()) {
      assert.deepEqual(nodeSpec.parse(spec), spec);
      assert.ok(JSON.stringify(spec).length <= bytes);
    }
  });
});

test('law: the order of what is given does not matter', () => {
  const reversed = (snapshot: Snapshot): Snapshot => ({
    policies: snapshot.policies.toReversed(),
    limits: snapshot.limits.toReversed(),
    pods: snapshot.pods.toReversed(),
    namespaces: snapshot.namespaces.toReversed(),
    nodes: snapshot.nodes.toReversed(),
  });
  law((snapshot) => assert.deepEqual(plan(reversed(snapshot), settings), plan(snapshot, settings)));
});

test('law: a plan leaves what it is made from as it was', () => {
  law((snapshot) => {
    const before = JSON.stringify(snapshot);
    plan(snapshot, settings);
    assert.equal(JSON.stringify(snapshot), before);
  });
});

test('law: each pod is listed at most once, on its own node, with one profile that is there', () => {
  law((snapshot) => {
    const listed = new Set<string>();
    const pods = new Map(snapshot.pods.map((pod) => [podKeyOf(pod), pod]));
    for (const { node, spec } of plan(snapshot, settings).nodes.values()) {
      const names = spec.profiles.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
      assert.deepEqual(new Set(spec.pods.map(({ profile }) => profile)), new Set(names));
      for (const { namespace, name } of spec.pods) {
        const key = `${namespace}/${name}`;
        assert.ok(!listed.has(key));
        listed.add(key);
        assert.equal(pods.get(key)?.node, node);
      }
    }
  });
});

/** Asked of the objects themselves, without any of the code that plans. */
function means(policy: Policy, pod: Pod): boolean {
  const here = policy.namespace === null || policy.namespace === pod.namespace;
  return here && selectorMatches(policy.spec.podSelector)(pod.labels);
}

test('law: no rule for a pod that no policy means, is opted out, terminating or finished', () => {
  law((snapshot) => {
    const { nodes } = plan(snapshot, settings);
    const listed = new Set([...nodes.values()].flatMap(({ spec }) => spec.pods.map(podKey)));
    for (const pod of snapshot.pods) {
      const optOut = (pod.annotations['ebb.dev/do-not-advise'] ?? 'false') !== 'false';
      const meant = snapshot.policies.some((policy) => means(policy, pod));
      if (!meant || optOut || pod.terminating || pod.finished) assert.ok(!listed.has(podKeyOf(pod)));
    }
  });
});

const podKey = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `${namespace}/${name}`;

test('law: the profile of a pod is of a policy that means it, and acts only where its namespace allows that', () => {
  law((snapshot) => {
    const policies = new Map(snapshot.policies.map((policy) => [policy.uid, policy]));
    const pods = new Map(snapshot.pods.map((pod) => [podKeyOf(pod), pod]));
    const allowed = new Set(
      snapshot.namespaces.filter(({ labels }) => labels['ebb.dev/allow'] === 'enforce').map(({ name }) => name),
    );
    for (const { spec } of plan(snapshot, settings).nodes.values())
      for (const { profile: wanted, ...listed } of spec.pods) {
        const profile = spec.profiles.find(({ name }) => name === wanted)!;
        const policy = policies.get(profile.sources[0]!.uid)!;
        assert.ok(means(policy, pods.get(podKey(listed))!));
        if (profile.mode !== 'Enforce') continue;
        assert.equal(policy.spec.mode, 'Enforce');
        assert.ok(policy.namespace === null || allowed.has(policy.namespace));
      }
  });
});

test('law: what policies count adds up', () => {
  law((snapshot) => {
    const { nodes, policies } = plan(snapshot, settings);
    assert.deepEqual(new Set(policies.keys()), new Set(snapshot.policies.map(keyOf)));
    const sum = (map: ReadonlyMap<unknown, number>): number => [...map.values()].reduce((a, b) => a + b, 0);
    let following = 0;
    for (const tally of policies.values()) {
      assert.equal(sum(tally.overriddenBy), tally.overriddenPods);
      assert.ok(tally.overriddenPods <= tally.matchedPods && tally.nodes <= nodes.size);
      following += tally.matchedPods - tally.overriddenPods;
    }
    const listed = [...nodes.values()].reduce((count, { spec }) => count + spec.pods.length, 0);
    assert.ok(listed <= following);
    for (const [key, { overrides }] of policies)
      for (const [loser, pods] of overrides) assert.equal(policies.get(loser)?.overriddenBy.get(key), pods);
  });
});

/** A change of any kind: something new, something else under the same name, or nothing any more. */
const gone = <T>(one: fc.Arbitrary<T>) =>
  fc.tuple(
    one,
    fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  );
const orGone = <T>(now: T, isGone: boolean): T | null => (isGone ? null : now);
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: gone(somePod).map(([now, is]) => ({ ...podOf(now), now: orGone(now, is) })) },
  {
    weight: 1,
    arbitrary: gone(someNode).map(([now, is]) => ({ of: 'Node' as const, name: now.name, now: orGone(now, is) })),
  },
  {
    weight: 1,
    arbitrary: gone(someNamespace).map(([now, is]) => ({
      of: 'Namespace' as const,
      name: now.name,
      now: orGone(now, is),
    })),
  },
  { weight: 2, arbitrary: gone(somePolicy).map(([now, is]) => ({ ...policyOf(now), now: orGone(now, is) })) },
  {
    weight: 1,
    arbitrary: gone(someLimit).map(([now, is]) => ({ of: 'Limit' as const, name: now.name, now: orGone(now, is) })),
  },
);
const podOf = ({ namespace, name }: Pod) => ({ of: 'Pod' as const, namespace, name });
const policyOf = ({ namespace, name }: Policy) => ({ of: 'Policy' as const, namespace, name });

/** A policy that is there takes another step of its roll-out, and is otherwise the very same. */
interface Step {
  readonly which: number;
  readonly stage: Stage | null;
}
const stepTaken: fc.Arbitrary<Step> = fc.record({
  which: fc.nat(),
  stage: fc.option(someStage, { freq: 3 }),
});
const edits = fc.array(
  fc.array(fc.oneof({ weight: 4, arbitrary: change }, stepTaken), { minLength: 1, maxLength: 3 }),
  { minLength: 1, maxLength: 12, size: 'max' },
);

/** The same cluster, kept in the plainest way. */
function edited(before: Snapshot, one: Change): Snapshot {
  const put = <T>(list: readonly T[], same: (one: T) => boolean, now: T | null): T[] => [
    ...list.filter((each) => !same(each)),
    ...(now === null ? [] : [now]),
  ];
  const named = ({ name }: { readonly name: string }): boolean => name === one.name;
  switch (one.of) {
    case 'Pod':
      return { ...before, pods: put(before.pods, (each) => podKeyOf(each) === podKey(one), one.now) };
    case 'Policy': {
      const key = `${one.namespace}/${one.name}`;
      return { ...before, policies: put(before.policies, (each) => policyKeyOf(each) === key, one.now) };
    }
    case 'Node':
      return { ...before, nodes: put(before.nodes, named, one.now) };
    case 'Namespace':
      return { ...before, namespaces: put(before.namespaces, named, one.now) };
    case 'Limit':
      return { ...before, limits: put(before.limits, named, one.now) };
  }
}

/** Half of the steps keep what held before. */
function changeOf(one: Change | Step, { policies }: Snapshot): Change[] {
  if ('of' in one) return [one];
  const wide = policies.filter((policy) => policy.kind === clusterPolicyKind);
  const policy = wide[one.which % wide.length];
  if (!policy) return [];
  const stage =
    one.stage && one.which % 2 > 0 && policy.stage ? { ...policy.stage, ...percentOf(one.stage) } : one.stage;
  return [{ ...policyOf(policy), now: { ...policy, stage } }];
}
const percentOf = ({ nodesPercent }: Stage) => ({ nodesPercent });

test('law: after any changes the plan is what it would be from scratch, and exactly what changed is told', () => {
  fc.assert(
    fc.property(someCluster, edits, (start, batches) => {
      const planner = new Planner(start, settings);
      let snapshot = start;
      const told = new Map([...planner.plan.nodes].map(([name, { spec }]) => [name, spec]));
      for (const batch of batches) {
        const changes = batch.flatMap((one) => changeOf(one, snapshot));
        const { changed, removed } = planner.apply(changes);
        for (const { node, spec } of changed) {
          assert.notDeepEqual(told.get(node), spec);
          told.set(node, spec);
        }
        for (const name of removed) assert.ok(told.delete(name));
        snapshot = changes.reduce(edited, snapshot);
        const scratch = plan(snapshot, settings);
        assert.deepEqual(planner.plan, scratch);
        assert.deepEqual(told, new Map([...scratch.nodes].map(([name, { spec }]) => [name, spec])));
      }
    }),
    { numRuns: 150 },
  );
});

test('law: a change told twice changes nothing the second time', () => {
  fc.assert(
    fc.property(someCluster, change, (snapshot, one) => {
      const planner = new Planner(snapshot, settings);
      planner.apply([one]);
      const { changed, removed } = planner.apply([one]);
      assert.deepEqual([changed, removed], [[], []]);
    }),
  );
});
