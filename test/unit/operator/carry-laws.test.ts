/** Laws of what an older CRD carries, for plans of generated clusters and CRDs with something taken away anywhere. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { NodeSpec } from '../../../api/node-spec.ts';
import { type Carried, Carrier } from '../../../operator/carry.ts';
import { readCRD, type ServedCRD } from '../../../operator/crd-revision.ts';
import { plan } from '../../../operator/plan.ts';
import { checkOf } from '../../../operator/served-schema.ts';
import { everyChange, olderCRD } from '../../policies/older-crds.ts';
import { crdOf } from '../../policies/other-crd.ts';
import { someCluster } from './generated.ts';
import { settings } from './small-cluster.ts';

const planned = someCluster.map((snapshot) => [...plan(snapshot, settings).nodes.values()].map(({ spec }) => spec));

/** Limits and policies that act are rare in small clusters, and here they are what matters. */
const limits = fc.record(
  {
    maxBytesPerSecond: fc.integer({ min: 65_536, max: 2 ** 40 }),
    minSwapFreePercent: fc.integer({ min: 0, max: 100 }),
    namespaces: fc.constantFrom<{ name: string; maxSwappedBytes: number }[]>(
      [],
      [{ name: 'shop', maxSwappedBytes: 2 ** 30 }],
    ),
  },
  { requiredKeys: [] },
);
const someSpecs = fc.tuple(planned, fc.option(limits, { nil: null }), fc.boolean()).map(([specs, own, acting]) =>
  specs.map(
    (spec): NodeSpec => ({
      ...spec,
      ...(own && { limits: own }),
      profiles: acting ? spec.profiles.map((profile) => ({ ...profile, mode: 'Enforce' })) : spec.profiles,
    }),
  ),
);

function law(check: (spec: NodeSpec, carried: Carried, crd: ServedCRD) => void): void {
  const one = fc.property(someSpecs, olderCRD, (specs, { crd }) => {
    const read = readCRD(crd);
    const carrier = new Carrier(read);
    for (const spec of specs) check(spec, carrier.carry(spec), read);
  });
  fc.assert(one, { numRuns: 300 });
}

test('the CRDs and plans that the laws look at have what they are about', () => {
  assert.ok(everyChange.length > 150, String(everyChange.length));
  const seen = { whole: 0, less: 0, none: 0, dryRun: 0, paused: 0 };
  for (const [specs, { crd }] of fc.sample(fc.tuple(someSpecs, olderCRD), { numRuns: 600, seed: 3 })) {
    const carrier = new Carrier(readCRD(crd));
    for (const spec of specs) {
      const { spec: carried, left } = carrier.carry(spec);
      seen[carried === null ? 'none' : carried === spec ? 'whole' : 'less']++;
      seen.dryRun += left.filter(({ effect }) => effect === 'DryRun').length;
      seen.paused += spec.paused && carried !== spec ? 1 : 0;
    }
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 10, `${what}: ${count}`);
});

test('law: what is carried passes the schema, and nothing is carried only where an empty plan would not pass either', () => {
  law(({ nodeUID }, { spec, refused }, { spec: schema }) => {
    const check = checkOf(schema!);
    if (spec !== null) assert.equal(check(spec), null);
    else assert.notEqual(check({ nodeUID, profiles: [], pods: [] }), null);
    assert.equal(refused === null, spec !== null);
  });
});

test('law: our own CRD carries every plan as it is', () => {
  const carrier = new Carrier(readCRD(crdOf().crd));
  const check = checkOf(readCRD(crdOf().crd).spec!);
  assert.equal(carrier.whole, true);
  const one = fc.property(someSpecs, (specs) => {
    for (const spec of specs) {
      assert.equal(carrier.carry(spec).spec, spec);
      assert.equal(check(spec), null);
    }
  });
  fc.assert(one, { numRuns: 200 });
});

test('law: no pod follows a profile that is missing, and no profile is there for no pod', () => {
  law((_, { spec }) => {
    const followed = new Set(spec?.pods.map(({ profile }) => profile));
    assert.deepEqual(new Set(spec?.profiles.map(({ name }) => name)), followed);
  });
});

test('law: a pod is carried as it is, or it is counted for the policy that it followed', () => {
  law((spec, { spec: carried, left }) => {
    if (carried === null) return;
    const kept = new Set(carried.pods);
    const sources = new Map(spec.profiles.map(({ name, sources: [policy] }) => [name, policy!.uid]));
    const missing = new Map<string, number>();
    for (const pod of spec.pods) {
      const uid = sources.get(pod.profile)!;
      if (!kept.delete(pod)) missing.set(uid, (missing.get(uid) ?? 0) + 1);
    }
    assert.equal(kept.size, 0);
    const omitted = left
      .filter(({ effect }) => effect === 'Omitted')
      .map(({ policy, pods }) => [policy.uid, pods] as const);
    assert.deepEqual(new Map(omitted), missing);
  });
});

test('law: a profile is carried as it is, or in DryRun where a limit is missing, and never half', () => {
  law((spec, { spec: carried }) => {
    const profiles = new Map(spec.profiles.map((profile) => [profile.name, profile]));
    const lacksLimit = carried !== null && JSON.stringify(carried.limits) !== JSON.stringify(spec.limits);
    for (const profile of carried?.profiles ?? []) {
      const { mode, ...rest } = profiles.get(profile.name)!;
      assert.deepEqual(profile, { ...rest, mode: lacksLimit && mode === 'Enforce' ? 'DryRun' : mode });
    }
  });
});

test('law: a paused node is told so, or asked for nothing; one that is not paused is not', () => {
  law((spec, { spec: carried }) => {
    if (carried === null) return;
    if (spec.paused === undefined) assert.equal(carried.paused, undefined);
    else assert.ok(carried.paused !== undefined || (carried.pods.length === 0 && carried.profiles.length === 0));
  });
});

test('law: what has been carried is carried again as it is', () => {
  law((_, { spec }, crd) => {
    if (spec !== null) assert.equal(new Carrier(crd).carry(spec).spec, spec);
  });
});
