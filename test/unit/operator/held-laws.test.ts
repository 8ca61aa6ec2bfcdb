/** Laws of a roll-out's middle: what a held node gets is no looser than the old spec nor the new one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { addsOrLoosens, heldPolicy } from '../../../operator/held.ts';
import { asksNoMore, stricterLadder } from '../../../operator/ladders.ts';
import { plan } from '../../../operator/plan.ts';
import { rulesOf } from '../../../operator/profiles.ts';
import { isReached, placeOf } from '../../../operator/reach.ts';
import type { ClusterPolicy, ClusterSpec, Node, Snapshot } from '../../../operator/snapshot.ts';
import { isNoLooser, stricterOf } from '../../../operator/stricter.ts';
import { editedSpec, someCluster, wideSpec } from './generated.ts';
import { looserFields } from './looser.ts';
import { clusterPolicy, settings } from './small-cluster.ts';

const withSpec = (spec: ClusterSpec, stage: ClusterPolicy['stage'] = null): ClusterPolicy => ({
  ...clusterPolicy('edited', {}, { stage }),
  spec,
});
const rules = (spec: ClusterSpec) => rulesOf(withSpec(spec));

test('law: the stricter of two rules is nowhere looser than either', () => {
  const seen = { acting: 0 };
  fc.assert(
    fc.property(editedSpec, ({ before, after }) => {
      const strict = stricterOf(rules(after), rules(before));
      seen.acting += strict.mode === 'Enforce' ? 1 : 0;
      assert.deepEqual(looserFields(strict, rules(before)), []);
      assert.deepEqual(looserFields(strict, rules(after)), []);
      assert.ok(isNoLooser(strict, rules(before)) && isNoLooser(strict, rules(after)));
      assert.deepEqual(stricterOf(strict, rules(before)), strict);
    }),
    { numRuns: 2000 },
  );
  assert.ok(seen.acting > 100, `${seen.acting} of them act`);
});

test('law: rules are no looser exactly where no field of theirs is', () => {
  const seen = [0, 0];
  const check = (before: ClusterSpec, after: ClusterSpec): void => {
    const none = isNoLooser(rules(after), rules(before));
    seen[Number(none)]! += 1;
    const looser = looserFields(rules(after), rules(before));
    // Ladders have a law of their own: to count their steps is not all.
    assert.equal(none, looser.length === 0 && (after.mode !== 'Enforce' || asksNoMore(after.steps, before.steps)));
  };
  fc.assert(
    fc.property(editedSpec, ({ before, after }) => check(before, after)),
    { numRuns: 2000 },
  );
  assert.ok(
    seen.every((count) => count > 200),
    String(seen),
  );
});

test('law: what is no looser than before reaches a held node in full; nothing waits', () => {
  fc.assert(
    fc.property(wideSpec, (spec) => {
      assert.ok(isNoLooser(rules(spec), rules(spec)));
      assert.equal(addsOrLoosens(withSpec(spec), spec), false);
    }),
  );
});

const ladder = wideSpec.map(({ steps }) => steps);

test('law: of two ladders the stricter asks for no more than either, and has a step', () => {
  fc.assert(
    fc.property(ladder, ladder, (a, b) => {
      const strict = stricterLadder(a, b);
      assert.ok(strict.length > 0 && asksNoMore(strict, a) && asksNoMore(strict, b));
      const moments = strict.map(({ afterIdleSeconds }) => afterIdleSeconds);
      assert.deepEqual(
        moments,
        [...new Set(moments)].sort((one, other) => one - other),
      );
      if (asksNoMore(a, b)) assert.deepEqual(strict, a);
    }),
    { numRuns: 2000 },
  );
});

/** A cluster of cluster policies, one of which is edited. */
const edit = fc.record(
  { cluster: someCluster, spec: editedSpec, percent: fc.integer({ min: 1, max: 99 }), unknown: fc.boolean() },
  { noNullPrototype: true },
);
const having = (cluster: Snapshot, ...policies: ClusterPolicy[]): Snapshot => ({
  ...cluster,
  policies: [...cluster.policies.filter(({ namespace }) => namespace === null), ...policies],
});
const isIn = (node: Node, percent: number): boolean => isReached(placeOf('uid-edited', node.uid), percent);
const nodesOf = (cluster: Snapshot) => plan(cluster, settings).nodes;

test('law: a node that is reached has the plan of the new spec, whatever holds elsewhere', () => {
  fc.assert(
    fc.property(edit, ({ cluster, spec, percent, unknown }) => {
      const stage = { nodesPercent: percent, before: unknown ? null : spec.before };
      const staged = nodesOf(having(cluster, withSpec(spec.after, stage)));
      const everywhere = nodesOf(having(cluster, withSpec(spec.after)));
      for (const node of cluster.nodes.filter((each) => isIn(each, percent)))
        assert.deepEqual(staged.get(node.name), everywhere.get(node.name));
    }),
  );
});

test('law: a held node goes on without a policy that nobody knew before, unless that touches nothing', () => {
  fc.assert(
    fc.property(edit, ({ cluster, spec, percent }) => {
      const staged = nodesOf(having(cluster, withSpec(spec.after, { nodesPercent: percent, before: null })));
      const other = nodesOf(spec.after.mode === 'Enforce' ? having(cluster) : having(cluster, withSpec(spec.after)));
      for (const node of cluster.nodes.filter((each) => !isIn(each, percent)))
        assert.deepEqual(staged.get(node.name)!.spec, other.get(node.name)!.spec);
    }),
  );
});

test('law: where an edit adds and loosens nothing, a held node has it as a reached one does', () => {
  const seen = { edits: 0 };
  fc.assert(
    fc.property(edit, ({ cluster, spec: { before, after }, percent }) => {
      fc.pre(!addsOrLoosens(withSpec(after), before));
      seen.edits += after.mode === 'Enforce' && JSON.stringify(before) !== JSON.stringify(after) ? 1 : 0;
      const staged = nodesOf(having(cluster, withSpec(after, { nodesPercent: percent, before })));
      const everywhere = nodesOf(having(cluster, withSpec(after)));
      for (const [name, { spec }] of everywhere) assert.deepEqual(staged.get(name)!.spec, spec);
    }),
    { numRuns: 300 },
  );
  assert.ok(seen.edits > 5, `${seen.edits} edits`);
});

/** Which policy each pod of a node follows, by its UID. */
function followed(cluster: Snapshot, node: Node): Map<string, string> {
  const { profiles, pods } = nodesOf(cluster).get(node.name)!.spec;
  const bySource = new Map(profiles.map(({ name, sources }) => [name, sources[0]!.uid]));
  return new Map(pods.map(({ namespace, name, profile }) => [`${namespace}/${name}`, bySource.get(profile)!]));
}

test('law: on a held node the policy has only pods that it had and keeps; whom others had, they keep', () => {
  const seen = { held: 0, kept: 0 };
  const check = (node: Node, staged: Snapshot, before: Snapshot, after: Snapshot): void => {
    const [now, then, later] = [followed(staged, node), followed(before, node), followed(after, node)];
    const held = [...now].filter(([, uid]) => uid === 'uid-edited');
    const kept = [...then].filter(([, uid]) => uid !== 'uid-edited');
    for (const [pod, uid] of held) assert.deepEqual([then.get(pod), later.get(pod)], [uid, uid]);
    for (const [pod, uid] of kept) assert.equal(now.get(pod), uid);
    seen.held += held.length;
    seen.kept += kept.length;
  };
  fc.assert(
    fc.property(edit, ({ cluster, spec: { before, after }, percent }) => {
      fc.pre(after.mode === 'Enforce');
      const staged = having(cluster, withSpec(after, { nodesPercent: percent, before }));
      const [old, fresh] = [having(cluster, withSpec(before)), having(cluster, withSpec(after))];
      for (const node of cluster.nodes) if (!isIn(node, percent)) check(node, staged, old, fresh);
    }),
    { numRuns: 1000 },
  );
  assert.ok(seen.held > 10 && seen.kept > 10, JSON.stringify(seen));
});

test('law: on a held node containers are meant by both specs, and the rank is the lower of both', () => {
  fc.assert(
    fc.property(editedSpec, ({ before, after }) => {
      const held = heldPolicy(withSpec(after), before);
      if (after.mode !== 'Enforce') return assert.deepEqual(held, withSpec(after));
      const means = ({ include, exclude }: ClusterSpec['containers'], name: string): boolean =>
        (include?.includes(name) ?? true) && !(exclude?.includes(name) ?? false);
      for (const name of ['app', 'proxy', 'other', 'setup'])
        assert.equal(
          means(held!.spec.containers, name),
          means(before.containers, name) && means(after.containers, name),
        );
      assert.equal(held!.spec.priority, Math.max(before.priority, after.priority));
    }),
  );
});
