import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { maxTopPods, readNodeReport, specHashOf } from '../../../operator/node-report.ts';
import { nodeAdviceOf, nodeSpecOf, nodeStatusOf } from '../../policies/node-advice.ts';

const uid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const metadata = {
  name: 'node-1',
  uid: 'own',
  resourceVersion: '7',
  generation: 3,
  creationTimestamp: '2026-01-01T00:00:00Z',
  ownerReferences: [
    { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'ebb', uid: 'not-a-node' },
    { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'the-node' },
  ],
};
const whole = { ...nodeAdviceOf('node-1', {}), metadata, spec: nodeSpecOf(250, 1), status: nodeStatusOf(256) };

test('an object is reduced to who it is, whose it is, and what its agent says of each policy', () => {
  const { policies, conditions, specHash, ...rest } = readNodeReport(whole);
  assert.deepEqual(rest, {
    node: 'node-1',
    uid: 'own',
    resourceVersion: '7',
    generation: 3,
    createdAt: '2026-01-01T00:00:00Z',
    deleting: false,
    nodeUID: uid(999),
    ownedBy: 'the-node',
    paused: false,
    observedGeneration: 1,
    reportTime: '2026-01-01T00:00:00Z',
    agentVersion: '0.1.0',
  });
  assert.equal(specHash, specHashOf(whole.spec));
  assert.deepEqual(conditions, [{ type: 'Ready', status: 'True', reason: 'Following' }]);
  const { topPods, ...policy } = policies.get(uid(0))!;
  assert.deepEqual(policy, {
    generation: 3,
    modes: [{ mode: 'Enforce', pods: 250 }],
    row: {
      reason: null,
      containers: 256,
      idleContainers: 256,
      residentBytes: 0,
      swappedBytes: 4096,
      wouldReclaimBytes: 0,
      netByteSeconds: -12n,
      reclaimedBytes: 0,
      refaultedBytes: 0,
    },
  });
  assert.equal(topPods.length, maxTopPods);
});

test('what is kept of the largest object is small', (t) => {
  const bytes = JSON.stringify(readNodeReport(whole), (_key, value: unknown) => {
    if (value instanceof Map) return [...value];
    return typeof value === 'bigint' ? String(value) : value;
  }).length;
  t.diagnostic(`${bytes} of ${JSON.stringify(whole).length} bytes`);
  assert.ok(bytes < 5000, `${bytes} bytes`);
});

test('equal specs have one hash whatever the order of their fields, others another', () => {
  const spec = nodeSpecOf(2, 2);
  const turned = Object.fromEntries(Object.entries(spec).reverse());
  assert.equal(specHashOf(turned), specHashOf(spec));
  assert.equal(specHashOf({ ...spec, omittedPods: undefined }), specHashOf(spec));
  assert.notEqual(specHashOf({ ...spec, pods: spec.pods.toReversed() }), specHashOf(spec));
  assert.notEqual(specHashOf({ ...spec, omittedPods: 1 }), specHashOf(spec));
  assert.match(specHashOf(undefined), /^[0-9a-f]{16}$/);
});

test('a spec of the same generation of the same object is not hashed again', () => {
  const before = { ...readNodeReport(whole), specHash: 'kept' };
  assert.equal(readNodeReport(whole, before).specHash, 'kept');
  const edited = { ...whole, metadata: { ...metadata, generation: 4 } };
  assert.equal(readNodeReport(edited, before).specHash, specHashOf(whole.spec));
  const remade = { ...whole, metadata: { ...metadata, uid: 'another' } };
  assert.equal(readNodeReport(remade, before).specHash, specHashOf(whole.spec));
});

test('of several profiles of a policy the oldest generation counts', () => {
  const [first, second] = whole.spec.profiles;
  const newer = { ...second!, sources: [{ ...second!.sources[0]!, generation: 9 }] };
  const spec = { ...whole.spec, profiles: [newer, first] };
  assert.equal(readNodeReport({ metadata, spec }).policies.get(uid(0))?.generation, 3);
});

test('a policy that is in the status alone has a row and no generation', () => {
  const { policies } = readNodeReport({ metadata, spec: {}, status: { policies: [{ uid: 'old', containers: 2 }] } });
  assert.equal(policies.get('old')?.generation, null);
  assert.equal(policies.get('old')?.row?.containers, 2);
});

test('law: garbage in any field is absent, and never breaks the reading', () => {
  const garbage = fc.anything({ withBigInt: true, maxDepth: 3 });
  const row = fc.record(
    { uid: garbage, reason: garbage, containers: garbage, netByteSeconds: garbage },
    { requiredKeys: [] },
  );
  const status = fc.record(
    {
      policies: fc.oneof(garbage, fc.array(row)),
      containers: fc.oneof(garbage, fc.array(fc.oneof(garbage, fc.record({ podUID: garbage, swapBytes: garbage })))),
      conditions: garbage,
      reportTime: garbage,
      agent: garbage,
    },
    { requiredKeys: [] },
  );
  const spec = fc.record(
    {
      profiles: fc.oneof(garbage, fc.array(fc.oneof(garbage, fc.record({ name: garbage, sources: garbage })))),
      pods: fc.oneof(garbage, fc.array(fc.oneof(garbage, fc.record({ uid: garbage, name: garbage })))),
    },
    { requiredKeys: [] },
  );
  const hashable = spec.filter((one) => {
    try {
      JSON.stringify(one);
      return true;
    } catch {
      return false;
    }
  });
  fc.assert(
    fc.property(fc.oneof(garbage, hashable), fc.oneof(garbage, status), (wrong, said) => {
      const read = readNodeReport({ metadata, spec: JSON.parse(jsonOf(wrong)), status: said });
      assert.equal(read.node, 'node-1');
      for (const { row: one } of read.policies.values()) if (one) assert.ok(one.containers >= 0);
    }),
  );
});

const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one)) ?? 'null';
