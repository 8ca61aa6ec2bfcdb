import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readDocuments } from '../../../../api/documents.ts';
import { windowMeaning } from '../../../../api/schedule.ts';
import { matchesCgroup } from '../../../../node-agent/standalone/cgroup-pattern.ts';
import { selectingProfile } from '../../../../node-agent/standalone/load.ts';
import {
  cgroupPatterns,
  type Selectable,
  type SelectingProfile,
  selectProfile,
} from '../../../../node-agent/standalone/match.ts';

const podUID = '0a1b2c3d-0000-4000-8000-000000000000';
const id = '4f1e8c0a9b2d4f1e8c0a9b2d4f1e8c0a9b2d4f1e8c0a9b2d4f1e8c0a9b2d4f1e';
const pod: Selectable = { cgroup: `/kubepods/burstable/pod${podUID}/${id}`, id, podUID, qosClass: 'Burstable' };
const service: Selectable = { cgroup: '/system.slice/cups.service', id: null, podUID: null, qosClass: null };

/** One policy of the given name, with fields of spec in flow style. */
function policy(name: string, spec: string, namespace?: string): SelectingProfile {
  const metadata = namespace ? `{name: ${name}, namespace: ${namespace}}` : `{name: ${name}}`;
  const head = `apiVersion: ebb.dev/v1alpha1\nkind: MemoryAdvicePolicy\nmetadata: ${metadata}\n`;
  const { policies, errors } = readDocuments(
    `${head}spec: {steps: [{advice: Cold, afterIdleSeconds: 1}], ${spec}}\n`,
    'f',
    windowMeaning,
  );
  assert.deepEqual(errors, []);
  return selectingProfile(policies[0]!);
}

const everyPod = 'podSelector: {}';
const services = 'standalone: {cgroups: ["/system.slice/*"]}';

interface Case {
  readonly says: string;
  readonly spec: string;
  readonly namespace?: string;
  readonly container?: Partial<Selectable>;
  readonly of?: Selectable;
  readonly reason: string | null;
}

const cases: readonly Case[] = [
  { says: '{} selects a pod container', spec: everyPod, reason: null },
  { says: '{} selects no service', spec: everyPod, of: service, reason: 'NoPolicy' },
  {
    says: 'labels select nothing without a cluster',
    spec: 'podSelector: {matchLabels: {a: b}}',
    reason: 'NeedsCluster',
  },
  {
    says: 'expressions select nothing without a cluster',
    spec: 'podSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}',
    reason: 'NeedsCluster',
  },
  {
    says: 'a namespace selects nothing where it is not known',
    spec: everyPod,
    namespace: 'shop',
    reason: 'NeedsCluster',
  },
  {
    says: 'a namespace selects its own pods where it is known',
    spec: everyPod,
    namespace: 'shop',
    container: { namespace: 'shop' },
    reason: null,
  },
  {
    says: 'a namespace selects no other pods',
    spec: everyPod,
    namespace: 'shop',
    container: { namespace: 'bank' },
    reason: 'NoPolicy',
  },
  { says: 'a cgroup pattern selects a service', spec: services, of: service, reason: null },
  { says: 'a cgroup pattern selects no other cgroup', spec: services, reason: 'NoPolicy' },
  { says: 'a whole ID selects', spec: `standalone: {containerIDs: ["${id}"]}`, reason: null },
  { says: 'the start of an ID selects', spec: `standalone: {containerIDs: ["${id.slice(0, 8)}"]}`, reason: null },
  {
    says: 'an ID as kubectl shows it selects',
    spec: `standalone: {containerIDs: ["containerd://${id}"]}`,
    reason: null,
  },
  { says: 'seven digits are too few', spec: `standalone: {containerIDs: ["${id.slice(0, 7)}"]}`, reason: 'NoPolicy' },
  {
    says: 'a name as ID selects only when whole',
    spec: 'standalone: {containerIDs: [ebb-demo]}',
    of: { ...service, id: 'ebb-demo-2' },
    reason: 'NoPolicy',
  },
  {
    says: 'Guaranteed is left alone by default',
    spec: everyPod,
    container: { qosClass: 'Guaranteed' },
    reason: 'QoSClassNotSelected',
  },
  {
    says: 'Guaranteed is selected when written',
    spec: `${everyPod}, qosClasses: [Guaranteed]`,
    container: { qosClass: 'Guaranteed' },
    reason: null,
  },
  {
    says: 'written classes exclude what has none',
    spec: `${services}, qosClasses: [BestEffort]`,
    of: service,
    reason: 'QoSClassNotSelected',
  },
  { says: 'a static pod is left alone', spec: everyPod, container: { podUID: '0'.repeat(32) }, reason: 'CriticalPod' },
  {
    says: 'a static pod is left alone even when its ID is named',
    spec: `standalone: {containerIDs: ["${id}"]}`,
    container: { podUID: 'a'.repeat(32) },
    reason: 'CriticalPod',
  },
  {
    says: 'a static pod is selected when written',
    spec: `${everyPod}, criticalPods: Include`,
    container: { podUID: '0'.repeat(32) },
    reason: null,
  },
  {
    says: 'an included name is selected',
    spec: `${everyPod}, containers: {include: [web]}`,
    container: { name: 'web' },
    reason: null,
  },
  {
    says: 'another name is not',
    spec: `${everyPod}, containers: {include: [web]}`,
    container: { name: 'db' },
    reason: 'ContainerNotSelected',
  },
  {
    says: 'an unknown name is not included',
    spec: `${everyPod}, containers: {include: [web]}`,
    reason: 'ContainerNotSelected',
  },
  {
    says: 'an excluded name is left alone',
    spec: `${everyPod}, containers: {exclude: [istio-proxy]}`,
    container: { name: 'istio-proxy' },
    reason: 'ContainerNotSelected',
  },
  {
    says: 'an unknown name could be the excluded one',
    spec: `${everyPod}, containers: {exclude: [istio-proxy]}`,
    reason: 'ContainerNotSelected',
  },
  {
    says: 'another name is not excluded',
    spec: `${everyPod}, containers: {exclude: [istio-proxy]}`,
    container: { name: 'web' },
    reason: null,
  },
  {
    says: 'what is in no pod has no name to exclude',
    spec: `${services}, containers: {exclude: [istio-proxy]}`,
    of: service,
    reason: null,
  },
];

for (const { says, spec, namespace, container, of = pod, reason } of cases)
  test(`Selection: ${says}`, () => {
    const selected = selectProfile([policy('p', spec, namespace)], { ...of, ...container });
    assert.equal(selected.reason, reason);
    assert.equal(selected.profile?.name ?? null, reason === null ? (namespace ? `${namespace}/p` : 'p') : null);
  });

test('Without a policy the reason is NoPolicy', () => {
  assert.deepEqual(selectProfile([], pod), { profile: null, reason: 'NoPolicy', overridden: [], refused: [] });
});

test('The lowest priority number wins, and the losers are told who won', () => {
  const profiles = [
    policy('a', everyPod),
    policy('b', `${everyPod}, priority: 5`),
    policy('c', `${everyPod}, priority: 50`),
  ];
  const { profile, overridden } = selectProfile(profiles, pod);
  assert.equal(profile?.name, 'b');
  assert.deepEqual(overridden, [
    { profile: 'c', by: 'b' },
    { profile: 'a', by: 'b' },
  ]);
});

test('Where the priority is the same the earlier one wins', () => {
  assert.equal(selectProfile([policy('z', everyPod), policy('a', everyPod)], pod).profile?.name, 'z');
});

test('A policy that refuses the container leaves it to the next one', () => {
  const profiles = [policy('first', `${everyPod}, priority: 1, qosClasses: [Guaranteed]`), policy('second', everyPod)];
  const selected = selectProfile(profiles, pod);
  assert.equal(selected.profile?.name, 'second');
  assert.deepEqual(selected.refused, [{ profile: 'first', reason: 'QoSClassNotSelected' }]);
  assert.deepEqual(selected.overridden, []);
});

test('Discovery is told each cgroup pattern once', () => {
  const profiles = [
    policy('a', services),
    policy('b', 'standalone: {cgroups: ["/b", "/system.slice/*"]}'),
    policy('c', everyPod),
  ];
  assert.deepEqual(cgroupPatterns(profiles), ['/system.slice/*', '/b']);
});

const patterns: readonly (readonly [string, string, boolean])[] = [
  ['/a', '/a', true],
  ['/a', '/a/b', false],
  ['/a/*', '/a/b', true],
  ['/a/*', '/a', false],
  ['/a/*', '/a/b/c', false],
  ['/a/**', '/a/b/c', true],
  ['/a/**', '/a', true],
  ['/**/c', '/a/b/c', true],
  ['/**/b/**', '/a/b/c', true],
  ['/**/x/**', '/a/b/c', false],
  ['/a/*.service', '/a/cups.service', true],
  ['/a/*.service', '/a/cups.service.d', false],
  ['/a/c*s*e', '/a/cups.service', true],
  ['/a/?', '/a/b', false],
  ['/a/[b]', '/a/b', false],
  ['/a/b.c', '/a/bxc', false],
];
for (const [pattern, path, expected] of patterns)
  test(`${pattern} ${expected ? 'matches' : 'does not match'} ${path}`, () =>
    assert.equal(matchesCgroup(pattern, path), expected));

test('A path matches itself, and ** matches every path', () => {
  const path = fc
    .array(fc.stringMatching(/^[a-z.:@-]{1,8}$/), { minLength: 1, maxLength: 6 })
    .map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(path, (each) => {
      assert.ok(matchesCgroup(each, each) && matchesCgroup('/**', each) && matchesCgroup(`${each}/**`, each));
      assert.ok(!matchesCgroup(`${each}/*`, each));
    }),
  );
});

test('A pattern of many stars takes no longer than a short one', () => {
  const start = performance.now();
  assert.equal(matchesCgroup(`/${'*a'.repeat(500)}b`, `/${'a'.repeat(1000)}`), false);
  assert.ok(performance.now() - start < 1000);
});
