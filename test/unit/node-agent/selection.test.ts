/** What a change of policies or orders does to a container, and to the pass that runs in it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Mode, Profile } from '../../../api/profile.ts';
import { leftover } from '../../../node-agent/cluster/leftover.ts';
import type { Action } from '../../../node-agent/decide/ladder-memory.ts';
import type { Before } from '../../../node-agent/decide/resume.ts';
import { noSwapLimits } from '../../../node-agent/decide/swap-bounds.ts';
import { select, stopsPass } from '../../../node-agent/selection.ts';
import { noOrders, type Orders, type Policies, type Selected } from '../../../node-agent/source.ts';
import { type Running, Tracked } from '../../../node-agent/tracked.ts';
import { beforeOf, container } from './cluster/decoded.ts';
import { profile } from './decide/quiet-node.ts';

const pageOut: Action = { advice: 'PageOut', step: 0, ranges: 'KeepHot', dryRun: false };
const willNeed: Action = { advice: 'WillNeed', maxBytes: 1, dryRun: false };
const running = (action: Action) => ({ action }) as Running;

function tracked(of: Profile | null, reason: Selected['reason'] = null): Tracked {
  const one = new Tracked(container('pod', 'id'), 0);
  one.select({ profile: of, reason }, 'test');
  return one;
}
const inMode = (mode: Mode) => tracked({ ...profile, mode });
const orders = (change: Partial<Orders>): Orders => ({ ...noOrders, ...change });

const rows: [what: string, one: Tracked, action: Action, held: Partial<Orders>, stopped: string | null][] = [
  ['nothing holds it', inMode('Enforce'), pageOut, {}, null],
  ['a pause', inMode('Enforce'), pageOut, { paused: 'NodeDraining' }, 'NodeDraining'],
  ['a pause lets a wake go on', inMode('Enforce'), willNeed, { paused: 'NodeDraining' }, null],
  ['Stop', inMode('Enforce'), pageOut, { stop: 'SwitchStop' }, 'SwitchStop'],
  ['Stop ends a wake too', inMode('Enforce'), willNeed, { stop: 'SwitchStop' }, 'SwitchStop'],
  [
    'Stop has a word before a pause',
    inMode('Enforce'),
    pageOut,
    { stop: 'SwitchStop', paused: 'Paused' },
    'SwitchStop',
  ],
  ['Restore', inMode('Enforce'), pageOut, { restore: 'SwitchRestore' }, 'SwitchRestore'],
  ['Restore lets a wake go on', inMode('Enforce'), willNeed, { restore: 'SwitchRestore' }, null],
  ['Restore lets its own go on', inMode('Enforce'), { ...willNeed, paced: true }, { restore: 'SwitchRestore' }, null],
  ['no Restore any more', inMode('Enforce'), { ...willNeed, paced: true }, {}, 'Cancelled'],
  ['Observe', inMode('DryRun'), pageOut, { observe: 'SpecStale' }, 'SpecStale'],
  ['a policy that became DryRun', inMode('DryRun'), pageOut, {}, 'DryRun'],
  ['a policy that became Paused', inMode('Paused'), pageOut, {}, 'Paused'],
  ['a policy that is gone', tracked(null, 'NoPolicy'), pageOut, {}, 'NoPolicy'],
  ['a policy that is gone lets a wake go on', tracked(null, 'NoPolicy'), willNeed, {}, null],
  ['a dry run hurts nobody', inMode('Paused'), { ...pageOut, dryRun: true }, { stop: 'SwitchStop' }, null],
];
for (const [what, one, action, held, stopped] of rows) {
  test(`a pass under way and ${what}: ${stopped ?? 'goes on'}`, () => {
    assert.equal(stopsPass(one, running(action), orders(held)), stopped);
  });
}

function policies(mode: Mode, generation = 1): Policies & { readonly asked: () => number } {
  let asked = 0;
  return {
    ...{
      profiles: [],
      generation,
      cgroups: [],
      errors: [],
      swapLimits: noSwapLimits,
      errorOf: () => null,
      asked: () => asked,
    },
    select: () => {
      asked++;
      return { profile: { ...profile, mode }, reason: null, declaredIdle: true };
    },
  };
}

test('policies are asked again only when they changed, or how they count', () => {
  const one = new Tracked(container('pod', 'id'), 0);
  const enforce = policies('Enforce');
  select(one, enforce, noOrders);
  select(one, enforce, noOrders);
  assert.deepEqual([enforce.asked(), one.profile?.mode, one.declaredIdle], [1, 'Enforce', true]);
  select(one, enforce, orders({ observe: 'SwitchObserve' }));
  assert.deepEqual([enforce.asked(), one.profile?.mode], [2, 'DryRun']);
  select(one, enforce, noOrders);
  assert.equal(one.profile?.mode, 'Enforce');
});

test('a policy that is paused stays so while all is observed', () => {
  const one = new Tracked(container('pod', 'id'), 0);
  select(one, policies('Paused'), orders({ observe: 'SpecStale' }));
  assert.equal(one.profile?.mode, 'Paused');
});

test('Restore has a rule for what Ebb paged out and no policy means any more, and for nobody else', () => {
  const gone: Policies = { ...policies('Enforce'), leftover, select: () => ({ profile: null, reason: 'NoPolicy' }) };
  const mine = new Tracked(container('pod', 'id'), 0);
  mine.ladder = { ...mine.ladder, lastPageOut: { at: 0, ranges: 'All', anonBytesAfter: null } };
  const stranger = new Tracked(container('pod', 'other'), 0);
  const profileUnder = (one: Tracked, held: Orders) => {
    select(one, gone, held);
    return one.profile;
  };
  const restore = orders({ restore: 'SwitchRestore' });
  assert.equal(profileUnder(mine, noOrders), null);
  assert.equal(profileUnder(mine, restore), leftover);
  assert.equal(profileUnder(stranger, restore), null);
  assert.equal(profileUnder(mine, noOrders), null, 'Run again');
});

test('what an agent before this one paged out is remembered when its policy is gone', () => {
  const names = { policyUID: '', podUID: 'pod', podName: 'web-0', namespace: 'shop', name: 'web' };
  const pagedOutByUs = (before: Before): boolean => {
    const one = new Tracked(container('pod', 'id'), 0);
    one.select({ profile, reason: null, pod: { ...names, before } }, '1');
    one.select({ profile: null, reason: 'NoPolicy' }, '2');
    return one.pagedOutByUs;
  };
  assert.equal(pagedOutByUs(beforeOf('PageOut')), true);
  assert.equal(pagedOutByUs({ ...beforeOf('Cold'), out: true }), true, 'a Cold after a page-out');
  assert.equal(pagedOutByUs(beforeOf('Cold')), false);
});
