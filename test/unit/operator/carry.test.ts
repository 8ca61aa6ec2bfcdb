import assert from 'node:assert/strict';
import test from 'node:test';
import { schemaRevision } from '../../../api/kinds.ts';
import { type NodeSpec, nodeSpec } from '../../../api/node-spec.ts';
import { Carrier } from '../../../operator/carry.ts';
import { readCRD } from '../../../operator/crd-revision.ts';
import { profile } from '../../policies/node-advice.ts';
import { crdOf, crdWith, crdWithout, drop, type Place } from '../../policies/other-crd.ts';

const pod = (name: string, profile: string, fields: object = {}) => ({
  uid: `uid-${name}`,
  namespace: 'shop',
  name,
  qosClass: 'Burstable',
  profile,
  containers: [{ name: 'app', id: '0123456789abcdef' }],
  ...fields,
});

const other = { ...profile('shop/other'), sources: [{ ...profile().sources[0]!, name: 'other', uid: 'uid-other' }] };

/** Two policies, with a pod each, and another with two. */
function specWith(fields: object = {}, own: object = {}): NodeSpec {
  return nodeSpec.parse({
    nodeUID: 'node-uid',
    profiles: [{ ...profile('shop/idle'), ...own }, other],
    pods: [pod('a', 'shop/idle'), pod('b', 'shop/idle'), pod('c', 'shop/other')],
    ...fields,
  });
}

const carry = (crd: object, spec: NodeSpec) => new Carrier(readCRD(crd)).carry(spec);
const names = (spec: NodeSpec | null) => spec?.pods.map(({ name }) => name);
const words =
  (...all: string[]) =>
  (place: Place) => {
    place.enum = all;
  };

test('a CRD of our own revision, and a newer one, carry the very spec, without a look at it', () => {
  const newer = crdWith({
    'profiles[]': (place) => Object.assign(place.properties!, { hurry: { type: 'boolean' } }),
    'profiles[].mode': words('DryRun', 'Enforce', 'Paused', 'Suggest'),
    pods: (place) => Object.assign(place, { maxItems: 1024 }),
  });
  for (const crd of [crdOf().crd, newer]) {
    const carrier = new Carrier(readCRD(crd));
    const spec = specWith();
    assert.equal(carrier.whole, true);
    assert.deepEqual(carrier.carry(spec), { spec, left: [], refused: null });
    assert.equal(carrier.carry(spec).spec, spec);
  }
});

test('an older CRD carries whole what does not use what it lacks', () => {
  const carrier = new Carrier(readCRD(crdWithout('profiles[].idle', 'maxNetworkBytesPerSecond')));
  const spec = specWith();
  assert.equal(carrier.whole, false);
  assert.equal(carrier.carry(spec).spec, spec);
});

test('a profile with a field that the CRD does not know is left out whole, with its pods, and its policy is told', () => {
  const spec = specWith({}, { idle: { ...profile().idle, maxNetworkBytesPerSecond: 4096 } });
  const crd = crdWithout('profiles[].idle', 'maxNetworkBytesPerSecond');
  const { spec: carried, left, refused } = carry(crd, spec);
  assert.deepEqual(carried, { ...spec, profiles: [other], pods: spec.pods.slice(2) });
  assert.equal(refused, null);
  assert.deepEqual(left, [
    {
      policy: profile().sources[0],
      effect: 'Omitted',
      pods: 2,
      message: `nodememoryadvices.ebb.dev does not know spec.profiles[].idle.maxNetworkBytesPerSecond; it has schema revision ${schemaRevision - 1}, this operator ${schemaRevision}`,
    },
  ]);
});

test('what else an older CRD may refuse in a profile leaves it out too, and the message names field, value and what is allowed', () => {
  const most = (bound: keyof Place, value: number) => (place: Place) => Object.assign(place, { [bound]: value });
  const cases: [string, (place: Place) => void, string][] = [
    ['profiles[].steps[].advice', words('Cold'), 'spec.profiles[].steps[1].advice one of Cold, not "PageOut"'],
    ['profiles[].steps', most('maxItems', 1), 'spec.profiles[].steps at most 1 items, not ['],
    [
      'profiles[].limits.cooldownSeconds',
      most('maximum', 60),
      'spec.profiles[].limits.cooldownSeconds at most 60, not 900',
    ],
    [
      'profiles[].windows[].timeZone',
      most('maxLength', 3),
      'spec.profiles[].windows[0].timeZone at most 3 characters, not "Europe/Berlin"',
    ],
    [
      'profiles[].name',
      (place) => Object.assign(place, { pattern: '^[a-z]+$' }),
      'spec.profiles[].name matching ^[a-z]+$, not "shop/idle"',
    ],
  ];
  for (const [path, change, message] of cases) {
    const { spec, left } = carry(crdWith({ [path]: change }), specWith());
    assert.deepEqual([spec?.profiles, spec?.pods], [[], []], path);
    assert.equal(left.length, 2);
    assert.ok(left[0]!.message.includes(`takes ${message}`), left[0]!.message);
  }
});

test('a pod with a field that the CRD does not know is left out, since without the field it would mean something else', () => {
  const declared = specWith({ pods: [pod('a', 'shop/idle', { declaredIdle: false }), pod('b', 'shop/idle')] });
  const { spec, left } = carry(crdWithout('pods[]', 'declaredIdle'), declared);
  assert.deepEqual(names(spec), ['b']);
  assert.deepEqual(
    left.map(({ pods, effect }) => [pods, effect]),
    [[1, 'Omitted']],
  );
  const alone = carry(
    crdWithout('pods[]', 'declaredIdle'),
    specWith({ pods: [pod('a', 'shop/idle', { declaredIdle: true })] }),
  );
  assert.deepEqual(alone.spec?.profiles, []);
});

test('beyond the lists of an older CRD the rest is left out, in order', () => {
  const few = carry(crdWith({ pods: (place) => Object.assign(place, { maxItems: 1 }) }), specWith());
  assert.deepEqual(names(few.spec), ['a']);
  assert.deepEqual(
    few.spec?.profiles.map(({ name }) => name),
    ['shop/idle'],
  );
  assert.deepEqual(
    few.left.map(({ policy, pods }) => [policy.name, pods]),
    [
      ['idle-web', 1],
      ['other', 1],
    ],
  );
  const one = carry(crdWith({ profiles: (place) => Object.assign(place, { maxItems: 1 }) }), specWith());
  assert.deepEqual(names(one.spec), ['a', 'b']);
  assert.match(one.left[0]!.message, /takes spec\.profiles at most 1 items;/);
});

test('a limit that can’t be carried holds all that would act at DryRun; what can be carried of others stays', () => {
  const limits = { maxBytesPerSecond: 1_000_000, minSwapFreePercent: 20 };
  const spec = specWith({ limits }, { mode: 'Paused' });
  const { spec: carried, left } = carry(crdWithout('limits', 'minSwapFreePercent'), spec);
  assert.deepEqual(
    carried?.profiles.map(({ mode }) => mode),
    ['Paused', 'DryRun'],
  );
  assert.deepEqual({ ...carried!.profiles[1], mode: 'Enforce' }, other);
  assert.equal(carried?.limits, undefined);
  assert.deepEqual(carried?.pods, spec.pods);
  assert.deepEqual(
    left.map(({ policy, effect, pods }) => [policy.name, effect, pods]),
    [['other', 'DryRun', 1]],
  );
  assert.match(left[0]!.message, /does not know spec\.limits\.minSwapFreePercent;/);
});

test('where a limit can’t be carried and DryRun can’t be either, what would act is left out, and the rest flows on', () => {
  const changes = { limits: drop('minSwapFreePercent'), 'profiles[].mode': words('Enforce', 'Paused') };
  const spec = specWith(
    { limits: { minSwapFreePercent: 20 }, paused: { reasons: ['NodeDraining'] } },
    { mode: 'Paused' },
  );
  const { spec: carried, left } = carry(crdWith(changes), spec);
  assert.deepEqual(names(carried), ['a', 'b']);
  assert.deepEqual(carried?.paused, spec.paused);
  assert.deepEqual(
    left.map(({ policy, effect }) => [policy.name, effect]),
    [['other', 'Omitted']],
  );
});

test('a field beside profiles and pods that nobody here has heard of is taken for a limit', () => {
  const spec = { ...specWith(), quota: 3 } as NodeSpec;
  const { spec: carried } = carry(crdWithout('', 'limits'), spec);
  assert.deepEqual(
    carried?.profiles.map(({ mode }) => mode),
    ['DryRun', 'DryRun'],
  );
  assert.equal('quota' in carried!, false);
});

test('the count of pods without room is for people, and goes without a word', () => {
  const spec = specWith({ omittedPods: 3 });
  const { omittedPods: _, ...rest } = spec;
  assert.deepEqual(carry(crdWithout('', 'omittedPods'), spec), { spec: rest, left: [], refused: null });
});

test('a pause flows with what the CRD can carry of its reasons, and at least the word', () => {
  const reasons = ['NodeDraining', 'ManualMaintenance'];
  const paused = (path: string, change: (place: Place) => void) =>
    carry(crdWith({ [path]: change }), specWith({ paused: { reasons } }));
  const one = paused('paused.reasons', (place) => Object.assign(place, { maxItems: 1 }));
  assert.deepEqual(one.spec?.paused, { reasons: ['NodeDraining'] });
  assert.deepEqual(one.spec?.pods, specWith().pods);
  const short = paused('paused.reasons[]', (place) => Object.assign(place, { maxLength: 8 }));
  assert.deepEqual(short.spec?.paused, { reasons: ['Paused'] });
  const alongside = carry(crdWithout('profiles[]', 'wake'), specWith({ paused: { reasons } }));
  assert.deepEqual(alongside.spec?.paused, { reasons });
});

test('where no pause can be told the node is asked for nothing', () => {
  const { spec, left } = carry(crdWithout('', 'paused'), specWith({ paused: { reasons: ['NodeDraining'] } }));
  assert.deepEqual(spec, { nodeUID: 'node-uid', profiles: [], pods: [] });
  assert.deepEqual(
    left.map(({ policy, effect, pods }) => [policy.name, effect, pods]),
    [
      ['idle-web', 'Omitted', 2],
      ['other', 'Omitted', 1],
    ],
  );
  assert.match(left[0]!.message, /does not know spec\.paused;/);
});

test('an empty plan, which removes all, is carried by any CRD that knows the lists', () => {
  const spec = specWith({ profiles: [], pods: [] });
  const old = crdWith({ 'profiles[]': drop('wake'), 'profiles[].mode': words('DryRun'), 'pods[]': drop('cgroupUID') });
  assert.deepEqual(carry(old, spec), { spec, left: [], refused: null });
});

test('a CRD that knows no nodeUID, asks for more than there is, or serves another version carries nothing, and says why', () => {
  const more = crdWith({ '': (place) => Object.assign(place, { required: ['nodeUID', 'era'] }) });
  const v2 = crdOf().crd;
  v2.spec.versions[0]!.name = 'v2' as never;
  for (const [crd, why] of [
    [crdWithout('', 'nodeUID'), /does not know spec\.nodeUID;/],
    [more, /takes spec\.era something: it is required;/],
    [v2, /does not know spec\./],
  ] as const) {
    const { spec, refused } = carry(crd, specWith());
    assert.equal(spec, null);
    assert.match(refused!, why);
  }
});

test('what is said of a profile or a spec is said once', () => {
  const carrier = new Carrier(readCRD(crdWithout('limits', 'minSwapFreePercent')));
  const spec = specWith({ limits: { minSwapFreePercent: 20 } });
  const first = carrier.carry(spec);
  assert.equal(carrier.carry(spec), first);
  const again = carrier.carry({ ...spec, pods: spec.pods.slice(1) });
  assert.equal(again.spec?.profiles[0], first.spec?.profiles[0]);
});
