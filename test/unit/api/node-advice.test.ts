/** A node's object as its agent reads it: what it follows, what it refuses and why, and that a pause always gets through. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeNodeSpec, decodeProfile } from '../../../api/decode-node.ts';
import { nodeSpec } from '../../../api/node-spec.ts';
import { nodeStatus } from '../../../api/node-status.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { nodeSpecOf, nodeStatusOf, profile } from '../../policies/node-advice.ts';

const read = (value: unknown) => decodeProfile(value, windowMeaning);
const spec = (value: unknown) => decodeNodeSpec(value, windowMeaning);

function refusal(value: unknown) {
  const decoded = read(value);
  assert.ok('findings' in decoded);
  return decoded.findings.map(({ field, value, allowed }) => [field, value, allowed]);
}

test('A profile becomes what the agent decides by', () => {
  const decoded = read(profile());
  assert.ok('profile' in decoded);
  const { sources: _, ...same } = profile();
  assert.deepEqual(decoded.profile, {
    ...same,
    source: { kind: 'MemoryAdvicePolicy', namespace: 'shop', name: 'idle-web', file: null },
    priority: 0,
    idle: { ...profile().idle, maxNetworkBytesPerSecond: null, maxIOBytesPerSecond: null },
    guards: {
      swapMinFreePercent: 10,
      pressure: profile().guards.pressure,
      refault: profile().guards.refault,
      minGainBytes: profile().guards.minGainBytes,
    },
  });
  assert.deepEqual(
    decoded.sources.map(({ name }) => name),
    ['idle-web', 'floor'],
  );
});

test('An unknown field refuses the profile, and is named with what is allowed', () => {
  assert.deepEqual(refusal({ ...profile(), idle: { ...profile().idle, maxGPUPercent: 1 } }), [
    [
      'idle.maxGPUPercent',
      '1',
      'one of windowSeconds, maxCPUMillicores, maxNetworkBytesPerSecond, maxIOBytesPerSecond, declared, minPodAgeSeconds',
    ],
  ]);
});

test('An unknown word refuses the profile, and is named with what is allowed', () => {
  const [first, second] = profile().steps;
  assert.deepEqual(refusal({ ...profile(), steps: [first, { ...second, advice: 'Collapse' }] }), [
    ['steps[1].advice', '"Collapse"', 'Cold or PageOut'],
  ]);
  assert.deepEqual(refusal({ ...profile(), mode: 'Careful' }), [['mode', '"Careful"', 'DryRun, Enforce or Paused']]);
});

test('Nothing of a profile may be missing: nothing is filled in', () => {
  for (const name of Object.keys(profile())) {
    const [[field] = []] = refusal({ ...profile(), [name]: undefined });
    assert.equal(field, name);
  }
});

test('Rules between fields hold for the agent too', () => {
  const steps = [profile().steps[1], profile().steps[0]];
  assert.equal(refusal({ ...profile(), steps })[0]?.[0], 'steps[1].afterIdleSeconds');
  const windows = [{ ...profile().windows[0], schedule: '0 25 * * *' }];
  assert.equal(refusal({ ...profile(), windows })[0]?.[0], 'windows[0].schedule');
});

test('One profile that is refused leaves the others, and tells whose it is', () => {
  const whole = nodeSpecOf(2, 1);
  const decoded = spec({ ...whole, profiles: [whole.profiles[0], { ...whole.profiles[1], later: 1 }] });
  assert.ok('profiles' in decoded);
  assert.deepEqual(
    decoded.profiles.map(({ profile }) => profile.name),
    ['shop/idle-web'],
  );
  assert.deepEqual(
    decoded.refused.map(({ name, sources }) => [name, sources.length]),
    [['shop/nights', 2]],
  );
  assert.equal(decoded.refused[0]?.findings[0]?.field, 'later');
});

test('A pod of a profile that is not there, and an unknown field beside the profiles, are faults of the whole', () => {
  const whole = nodeSpecOf(1, 1);
  for (const [broken, field] of [
    [{ ...whole, profiles: [] }, 'pods[0].profile'],
    [{ ...whole, later: 1 }, 'later'],
    [{ ...whole, nodeUID: 7 }, 'nodeUID'],
  ] as const) {
    const decoded = spec(broken);
    assert.ok('findings' in decoded);
    assert.deepEqual(
      decoded.findings.map((each) => each.field),
      [field],
    );
  }
});

test('A pause is read whatever else is wrong', () => {
  assert.equal(spec(nodeSpecOf(1, 1)).pauseReasons, null);
  assert.deepEqual(spec({ ...nodeSpecOf(1, 1), paused: { reasons: ['NodeDraining'] } }).pauseReasons, ['NodeDraining']);
  assert.deepEqual(spec({ garbage: true, paused: { reasons: ['NodeDraining'] } }).pauseReasons, ['NodeDraining']);
  assert.deepEqual(spec({ paused: { until: 'later' } }).pauseReasons, ['Paused']);
});

test('Any data at all gives a spec or findings, and never throws', () => {
  const broken = fc
    .tuple(fc.constantFrom('nodeUID', 'profiles', 'pods', 'paused', 'limits'), fc.anything())
    .map(([name, value]) => ({ ...nodeSpecOf(1, 1), [name]: value }));
  fc.assert(
    fc.property(fc.oneof(fc.anything(), broken), (value) => {
      const decoded = spec(value);
      assert.ok('findings' in decoded ? decoded.findings.length > 0 : decoded.nodeUID !== '');
    }),
  );
});

test('250 pods of 10 containers, all of them reported on, stay within 256 KiB', () => {
  const [wanted, reported] = [nodeSpecOf(250, 10), nodeStatusOf(256)];
  nodeSpec.parse(wanted);
  nodeStatus.parse(reported);
  const bytes = JSON.stringify(wanted).length + JSON.stringify(reported).length;
  assert.ok(bytes <= 256 * 1024, `${bytes} bytes`);
});
