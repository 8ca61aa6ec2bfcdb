import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeViewOf } from '../../../../cli/kubectl-ebb/node-view.ts';
import { showWhy } from '../../../../cli/kubectl-ebb/why/show.ts';
import { type Asked, whyView } from '../../../../cli/kubectl-ebb/why/view.ts';
import { profile } from '../../../policies/node-advice.ts';
import { longAgo, look, nodeObject, notReady, now, type Shape } from './nodes.ts';

const asked: Asked = {
  namespace: 'shop',
  name: 'storefront-web-7c9d8b6f5d-00000',
  node: 'n1',
  uid: '00000000-0000-4000-8000-000000000000',
};
const why = (shape: Shape = {}, whom = asked) => whyView(whom, nodeViewOf(nodeObject('n1', shape)), null, now);

test('a container is shown with its reason in words, its blocker and its memory', () => {
  const text = showWhy(why(), now, look);
  assert.match(text, /^pod +shop\/storefront-web-7c9d8b6f5d-00000$/m);
  assert.match(text, /^node +n1, whose agent reported 1 min 0 s ago$|^node +n1, whose agent reported 60 s ago$/m);
  assert.match(text, /^policy +shop\/idle-web \(Enforce\), tightened by floor$/m);
  assert.match(text, /^state +PagedOut for 5 min 0 s$/m);
  assert.match(text, /^reason +LadderDone: every step of the ladder is done$/m);
  assert.match(text, /^next step +held back by swapFreePercent: observed 9, allowed 10$/m);
  assert.match(text, /^memory +4 KiB anonymous resident, 1 GiB in swap$/m);
});

test('a container that the agent does not list is Active, if the report is of this spec and left none out', () => {
  const second = { ...asked, uid: '00000000-0000-4000-8000-000000000001', name: 'storefront-web-7c9d8b6f5d-00001' };
  const stateOf = (shape: Shape) => {
    const [{ state, meaning } = { state: '', meaning: '' }] = why(shape, second).containers;
    return `${state}: ${meaning}`;
  };
  assert.match(stateOf({}), /^Active: in use, or not watched/);
  assert.match(stateOf({ status: { omittedContainers: 7 } }), /^Unknown: Active, or one of 7/);
  assert.match(stateOf({ status: { observedGeneration: 0 } }), /^Unknown: the agent has not reported on the newest/);
  assert.match(stateOf({ status: { reportTime: longAgo } }), /^Unknown: the agent of the node has not said/);
  assert.match(stateOf({ status: null }), /^Unknown: the agent of the node has not said/);
});

test('what holds a whole node back is told: the pause, the switch, a silent agent, no object', () => {
  const reasonsOf = (shape: Shape) => why(shape).node.reasons.map(({ reason }) => reason);
  assert.deepEqual(reasonsOf({}), []);
  assert.deepEqual(reasonsOf({ spec: { paused: { reasons: ['NodeCordoned', 'Paused'] } } }), [
    'NodeCordoned',
    'Paused',
  ]);
  assert.deepEqual(reasonsOf({ status: notReady('SwitchStop') }), ['SwitchStop']);
  assert.deepEqual(reasonsOf({ status: { ...notReady('SwitchStop'), reportTime: longAgo } }), ['AgentSilent']);
  const none = whyView(asked, null, [], now);
  assert.deepEqual(
    none.node.reasons.map(({ reason }) => reason),
    ['NoSpec'],
  );
  assert.match(showWhy(none, now, look), /^held back by +NoSpec: the node has no object to follow/m);
});

test('a pod of the same name with another UID is another pod', () => {
  const view = why({}, { ...asked, uid: 'replaced' });
  assert.deepEqual([view.policy, view.containers], [null, []]);
  assert.equal(why({}, { ...asked, uid: null }).policy?.name, 'shop/idle-web');
});

test('where no policy has the pod, each says why not', () => {
  const judged = {
    kind: 'MemoryAdvicePolicy',
    policy: 'shop/idle',
    mode: 'Enforce',
    priority: 100,
    outcome: 'Refused',
    reason: 'OptedOut',
    words: 'somebody said so',
  } as const;
  const view = whyView({ ...asked, uid: 'x' }, nodeViewOf(nodeObject('n1')), [judged], now);
  const text = showWhy(view, now, look);
  assert.match(text, /^policy +none has it: kubectl ebb policies storefront-web/m);
  assert.match(text, /^shop\/idle +Refused +OptedOut +somebody said so$/m);
});

test('nothing that others wrote reaches the terminal unescaped', () => {
  const status = { conditions: [{ ...notReady('Stop').conditions[0], message: '\x1b[31mred' }] };
  const hostile = whyView(asked, nodeViewOf(nodeObject('n1\x1b]0;', { status })), null, now);
  const text = showWhy({ ...hostile, pod: { ...hostile.pod, node: 'n\x1b' } }, now, look);
  assert.equal(text.includes('\x1b'), false);
  assert.match(text, /\\u001b\[31mred/);
});

test('under DryRun it is told what would be in swap', () => {
  const status = {
    containers: [
      { podUID: asked.uid, name: 'container-0', state: 'Idle', reason: 'Idle', wouldReclaimBytes: 3 * 2 ** 20 },
    ],
  };
  const spec = { profiles: [{ ...profile(), mode: 'DryRun' }, profile('shop/nights')] };
  const text = showWhy(why({ status, spec }), now, look);
  assert.match(text, /^policy +shop\/idle-web \(DryRun; the states are what would be\)/m);
  assert.match(text, /^last advice +none: DryRun; 3 MiB would be in swap$/m);
});
