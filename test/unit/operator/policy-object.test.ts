import assert from 'node:assert/strict';
import test from 'node:test';
import { findingsText, limitOf, objectKey, policyOf } from '../../../operator/policy-object.ts';
import { read } from './reported.ts';

const metadata = {
  name: 'p',
  namespace: 'shop',
  uid: 'uid-p',
  resourceVersion: '12',
  generation: 4,
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels: { 'a/b': 'x'.repeat(400) },
  managedFields: [{ manager: 'kubectl', whatever: {} }],
  fieldOfTheFuture: {},
};
const steps = [{ advice: 'PageOut', afterIdleSeconds: 900 }];

test('a policy is decoded with its defaults, whatever its metadata holds', () => {
  const object = read('MemoryAdvicePolicy', { metadata, spec: { podSelector: {}, steps }, status: { matchedPods: 1 } });
  const policy = policyOf(object);
  assert.equal(policy?.spec.mode, 'DryRun');
  assert.deepEqual(
    [policy?.namespace, policy?.name, policy?.uid, policy?.generation, policy?.createdAt],
    ['shop', 'p', 'uid-p', 4, '2026-01-01T00:00:00Z'],
  );
  assert.deepEqual(object.status, { matchedPods: 1 });
  assert.equal(object.resourceVersion, '12');
  assert.equal(objectKey(object), 'shop/p');
});

test('a cluster policy belongs to no namespace', () => {
  const object = read('ClusterMemoryAdvicePolicy', {
    metadata: { ...metadata, namespace: undefined },
    spec: { podSelector: {}, steps },
  });
  assert.equal(policyOf(object)?.namespace, null);
  assert.equal(objectKey(object), 'p');
});

test('a policy that got past an older CRD tells the field, its value and what is allowed', () => {
  const object = read('MemoryAdvicePolicy', {
    metadata,
    spec: { podSelector: {}, steps: [{ advice: 'Melt', afterIdleSeconds: 900 }] },
  });
  assert.equal(policyOf(object), null);
  assert.ok('findings' in object.read);
  assert.equal(
    findingsText(object.read.findings),
    'spec.steps[0].advice: value "Melt": allowed: Cold or PageOut (WillNeed only as spec.wake.advice)',
  );
  assert.equal(objectKey(object), 'shop/p');
});

test('a schedule that never comes due is no policy', () => {
  const windows = [{ name: 'never', schedule: '0 0 31 2 *', durationSeconds: 3600, timeZone: 'UTC' }];
  const object = read('MemoryAdvicePolicy', { metadata, spec: { podSelector: {}, steps, windows } });
  assert.ok('findings' in object.read);
  assert.match(findingsText(object.read.findings), /^spec\.windows\[0\]\.schedule: /);
});

test('many findings are counted behind the first five', () => {
  const spec = { podSelector: 1, steps: 1, mode: 1, priority: 'x', idle: 1, wake: 1, memory: 1 };
  const object = read('ClusterMemoryAdvicePolicy', { metadata, spec });
  assert.ok('findings' in object.read);
  assert.match(findingsText(object.read.findings), /; and 2 more$/);
});

test('a limit that can’t be read limits all the same', () => {
  const broken = read('MemoryAdviceLimit', { metadata, spec: { mode: 'Maybe' } });
  assert.deepEqual(limitOf(broken), { name: 'p', uid: 'uid-p', generation: 4, spec: null });
  const good = read('MemoryAdviceLimit', { metadata, spec: { mode: 'DryRun' } });
  assert.equal(limitOf(good).spec?.mode, 'DryRun');
});

test('an object without a spec, or of nothing at all, is told, not thrown', () => {
  for (const object of [{ metadata }, {}, { metadata: null, spec: [] }])
    for (const kind of ['MemoryAdvicePolicy', 'ClusterMemoryAdvicePolicy', 'MemoryAdviceLimit'] as const)
      assert.ok('findings' in read(kind, object).read);
});

test('deletion is seen', () => {
  const deleting = read('MemoryAdvicePolicy', {
    metadata: { ...metadata, deletionTimestamp: '2026-01-02T00:00:00Z' },
    spec: {},
  });
  assert.equal(deleting.deleting, true);
});
