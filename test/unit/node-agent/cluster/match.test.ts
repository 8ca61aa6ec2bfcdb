/** Which container of the host a pod of the spec means, and by which rules. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { follow, nobody } from '../../../../node-agent/cluster/following.ts';
import { policiesOf } from '../../../../node-agent/cluster/match.ts';
import type { Container } from '../../../../node-agent/observe/container.ts';
import type { Policies } from '../../../../node-agent/source.ts';
import { profile } from '../../../policies/node-advice.ts';
import { beforeOf, container, goodSpec, nodeUID, object } from './decoded.ts';

const policies = (change: object = {}, pagedOut: readonly string[] = []): Policies => {
  const { spec } = follow(nobody, object(goodSpec(change)), nodeUID);
  assert.ok(spec);
  return policiesOf(spec, 1, new Map(pagedOut.map((key) => [key, beforeOf('PageOut')])));
};
const { pods } = goodSpec();
const [pod] = pods;
const wholeID = `${pod!.containers[1]!.id}${'c'.repeat(48)}`;

test('pod UID and the start of the container ID find the container, its profile and its name', () => {
  const { profile: found, reason, pod: inPod } = policies().select(container(pod!.uid, wholeID));
  assert.deepEqual([found?.name, reason], ['shop/idle-web', null]);
  const { policyUID, podUID, name, namespace } = inPod!;
  assert.deepEqual([policyUID, podUID, name, namespace], [profile().sources[0]!.uid, pod!.uid, 'container-1', 'shop']);
});

test('a mirror pod is found by what its cgroup is named by, and reported by its own UID', () => {
  const cgroupUID = 'f'.repeat(32);
  const mirrored = policies({ pods: [{ ...pod!, cgroupUID }] });
  assert.equal(mirrored.select(container(cgroupUID, wholeID)).pod?.podUID, pod!.uid);
  assert.equal(mirrored.select(container(pod!.uid, wholeID)).reason, 'NoPolicy');
});

function followed(by: Policies, one: Container) {
  const { profile, reason, pod } = by.select(one);
  return { profile, reason, pod };
}

test('who is not named follows nothing', () => {
  for (const other of [
    container(pod!.uid, 'd'.repeat(64)),
    container('another', wholeID),
    container(pod!.uid, null),
    container(null, wholeID),
    container(pod!.uid, wholeID.slice(0, 15)),
  ])
    assert.deepEqual(followed(policies(), other), { profile: null, reason: 'NoPolicy', pod: undefined });
});

test('two pods under one UID follow nothing', () => {
  const twice = policies({ pods: [pod!, { ...pod!, name: 'other' }] });
  const found = followed(twice, container(pod!.uid, wholeID));
  assert.deepEqual(found, { profile: null, reason: 'DuplicateUID', pod: undefined });
});

test('a pod whose profile was refused follows nothing, and is known', () => {
  const profiles = [{ ...profile(), hibernate: true }, profile('shop/nights')];
  const { profile: found, reason, pod: inPod } = policies({ profiles }).select(container(pod!.uid, wholeID));
  assert.deepEqual([found, reason, inPod?.policyUID], [null, 'Unsupported', profile().sources[0]!.uid]);
  assert.match(policies({ profiles }).errors[0] ?? '', /^profile shop\/idle-web: .*hibernate/);
});

test('what the pod declares, and what an agent before this one did to it, goes along', () => {
  const declared = policies({ pods: [{ ...pod!, declaredIdle: false }] }, [`${pod!.uid}/container-1`]);
  const selected = declared.select(container(pod!.uid, wholeID));
  assert.equal(selected.declaredIdle, false);
  assert.equal(selected.pod?.before?.advice, 'PageOut');
  assert.equal(policies().select(container(pod!.uid, wholeID)).declaredIdle, null);
});

test('limits of the node tighten every profile and loosen none', () => {
  const limits = { maxBytesPerSecond: 1024 * 1024, minSwapFreePercent: 30 };
  for (const { limits: of, guards } of policies({ limits }).profiles) {
    assert.equal(of.maxBytesPerSecond, 512 * 1024);
    assert.equal(guards.swapMinFreePercent, 30);
  }
  const loose = policies({ limits: { maxBytesPerSecond: 2 ** 40, minSwapFreePercent: 0 } });
  assert.deepEqual(loose.profiles, policies().profiles);
});

test('law: every container that is named is found, and nobody else', () => {
  const all = policies();
  const named = new Set(pods.flatMap(({ uid, containers }) => containers.map(({ id }) => `${uid} ${id}`)));
  const ids = pods.flatMap(({ containers }) => containers.map(({ id }) => id));
  fc.assert(
    fc.property(
      fc.constantFrom(...pods),
      fc.constantFrom(...ids),
      fc.stringMatching(/^[0-9a-f]{0,48}$/),
      (one, id, rest) => {
        const selected = all.select(container(one.uid, `${id}${rest}`));
        assert.equal(selected.profile !== null, named.has(`${one.uid} ${id}`));
      },
    ),
  );
});

test('the namespace of a container is known, whether or not the policy means it', () => {
  const namespaceOf = (podUID: string, id: string) => policies().select(container(podUID, id)).namespace ?? null;
  assert.equal(namespaceOf(pod!.uid, wholeID), 'shop');
  assert.equal(namespaceOf(pod!.uid, 'd'.repeat(64)), 'shop');
  assert.equal(namespaceOf('another', wholeID), null);
});

test('what the node may put into swap is the lower of what limits say, and nothing is bounded without them', () => {
  assert.deepEqual(policies({ limits: undefined }).swapLimits, { writeBytesPerDay: null, namespaces: new Map() });
  const namespaces = [
    { name: 'shop', maxSwappedBytes: 9 },
    { name: 'shop', maxSwappedBytes: 7 },
    { name: 'bank', maxSwappedBytes: 0 },
  ];
  assert.deepEqual(policies({ limits: { maxSwapWriteBytesPerDay: 5, namespaces } }).swapLimits, {
    writeBytesPerDay: 5,
    namespaces: new Map([
      ['shop', 7],
      ['bank', 0],
    ]),
  });
});
