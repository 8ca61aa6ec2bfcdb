import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeViewOf } from '../../../../cli/kubectl-ebb/node-view.ts';
import { showStatus } from '../../../../cli/kubectl-ebb/status/show.ts';
import { type Everything, policySeen, statusView } from '../../../../cli/kubectl-ebb/status/view.ts';
import { switchView } from '../../../../cli/kubectl-ebb/switch/state.ts';
import { justNow, longAgo, look, nodeObject, notReady, now } from './nodes.ts';

const lease = {
  spec: { holderIdentity: 'ebb-operator-a', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:04:55.000000Z' },
};
const policy = (name: string, mode: string, status: object = {}) =>
  policySeen('MemoryAdvicePolicy', { metadata: { name, namespace: 'shop' }, spec: { mode }, status });

const usual: Everything = {
  switch: { value: switchView('ebb-system', { data: { state: 'Run' } }) },
  lease: { value: lease },
  deployment: { value: { spec: { replicas: 2 }, status: { readyReplicas: 2 } } },
  daemonSet: { value: { status: { desiredNumberScheduled: 2, numberReady: 2 } } },
  nodes: { value: [nodeViewOf(nodeObject('n1')), nodeViewOf(nodeObject('n2'))] },
  policies: { value: [policy('a', 'Enforce', { reclaimedBytesTotal: '3Gi', refaultedBytesTotal: '1Mi' })] },
};
const shown = (all: Partial<Everything>) => showStatus(statusView({ ...usual, ...all }, now), look);
const inTheWay = (all: Partial<Everything>) =>
  statusView({ ...usual, ...all }, now).inTheWay.map(({ reason, what, count }) => `${reason} ${count} ${what}`);

test('a healthy installation is told in a line a part, with nothing in the way', () => {
  const text = shown({});
  assert.match(text, /^switch +Run: agents do what policies say$/m);
  assert.match(text, /^operator +ebb-operator-a leads, renewed 5 s ago; 2 of 2 replicas ready$/m);
  assert.match(text, /^agents +2 of 2 ready; 2 of 2 nodes heard in the last 10 minutes$/m);
  assert.match(text, /^nodes +2: 2 follow their spec$/m);
  assert.match(text, /^swap +Zram on 2; 14 GiB of 16 GiB free$/m);
  assert.match(text, /^policies +1: 1 Enforce$/m);
  assert.match(text, /^reclaimed +3 GiB in all, 1 MiB came back; net 0 B·h$/m);
  assert.match(text, /^nothing stands in the way$/m);
});

test('what stands in the way is told by reason: switch, nodes, policies, containers', () => {
  const conditions = (type: string, status: string, reason: string) => ({ conditions: [{ type, status, reason }] });
  const skipped = {
    containers: [
      { podUID: '00000000-0000-4000-8000-000000000000', name: 'c', state: 'Skipped', reason: 'SwapForbidden' },
      { podUID: '00000000-0000-4000-8000-000000000001', name: 'c', state: 'Idle', reason: 'Idle' },
    ],
  };
  assert.deepEqual(
    inTheWay({
      switch: { value: switchView('ebb-system', { data: { state: 'Stop' } }) },
      nodes: {
        value: [
          nodeViewOf(nodeObject('n1', { status: { ...notReady('SwitchStop'), ...skipped } })),
          nodeViewOf(
            nodeObject('n2', { spec: { paused: { reasons: ['NodeCordoned'] } }, status: notReady('WorkerGone') }),
          ),
          nodeViewOf(nodeObject('n3', { status: { reportTime: longAgo }, spec: { omittedPods: 3 } })),
        ],
      },
      policies: {
        value: [
          policy('a', 'Enforce', conditions('Accepted', 'False', 'Invalid')),
          policy('b', 'Enforce', conditions('Accepted', 'True', 'EnforceNotAllowed')),
          policy('c', 'DryRun', conditions('Overridden', 'False', 'NotOverridden')),
          policy('d', 'DryRun', conditions('Overridden', 'True', 'Overridden')),
        ],
      },
    }),
    [
      'SwitchStop 1 switch',
      'AgentSilent 1 nodes',
      'NoRoom 1 nodes',
      'NodeCordoned 1 nodes',
      'WorkerGone 1 nodes',
      'DryRun 2 policies',
      'EnforceNotAllowed 1 policies',
      'Invalid 1 policies',
      'Overridden 1 policies',
      'SwapForbidden 1 containers',
    ],
  );
});

test('a switch that says what has no meaning is told as what agents make of it', () => {
  assert.match(
    shown({ switch: { value: switchView('ebb-system', { data: { state: 'Sto\x1bp' } }) } }),
    /^switch +Sto\\u001bp: .*taken as Stop$/m,
  );
  assert.match(shown({ switch: { value: switchView('ebb-system', {}) } }), /^switch +Run: /m);
});

test('where nothing of Ebb is there, nothing of it is said to run, and each part that lacks stands in the way', () => {
  const nothing: Partial<Everything> = {
    switch: { value: switchView('memory', null) },
    lease: { value: null },
    deployment: { value: { spec: { replicas: 2 }, status: {} } },
    daemonSet: { value: null },
    nodes: { value: [] },
  };
  assert.match(shown(nothing), /^switch +no ebb-switch in namespace memory$/m);
  assert.match(shown(nothing), /^NoSwitch +every node +ebb-switch +the namespace has no ConfigMap/m);
  assert.match(shown(nothing), /^NoLeader +2 replicas /m);
  assert.deepEqual(inTheWay(nothing), [
    'NoSwitch 1 switch',
    'NoLeader 2 operator',
    'OperatorNotReady 2 operator',
    'NoAgents 0 agents',
    'NoNodes 0 nodes',
  ]);
});

test('replicas and agents that are not ready are counted', () => {
  const deployment = { value: { spec: { replicas: 2 }, status: { readyReplicas: 1 } } };
  const daemonSet = { value: { status: { desiredNumberScheduled: 5, numberReady: 2 } } };
  assert.deepEqual(inTheWay({ deployment, daemonSet }), ['OperatorNotReady 1 operator', 'AgentsNotReady 3 agents']);
});

test('an operator whose lease has run out, or that never was, does not lead', () => {
  const renewTime = justNow;
  assert.match(shown({ lease: { value: { spec: { ...lease.spec, renewTime } } } }), /^operator +none leads; 2 of 2/m);
  assert.match(shown({ lease: { value: null }, deployment: { value: null } }), /^operator +none leads$/m);
});

test('what may not be seen is left out, and each missing right is named once', () => {
  const refused = { refused: 'user "jane" may not do that' };
  const text = shown({ switch: refused, lease: refused, nodes: refused });
  assert.match(text, /^switch +-$/m);
  assert.match(text, /^operator +-$/m);
  assert.match(text, /^swap +-$/m);
  assert.match(text, /^policies +1: 1 Enforce$/m);
  assert.equal(text.match(/not shown: user "jane" may not do that/g)?.length, 1);
});

test('with colour what is wrong and what is right stand out, and without there is no escape sequence', () => {
  const view = statusView({ ...usual, switch: { value: switchView('ebb-system', { data: { state: 'Stop' } }) } }, now);
  assert.ok(showStatus(view, { width: 120, colour: true }).includes('\x1b[33mStop\x1b[0m'));
  assert.equal(showStatus(view, look).includes('\x1b'), false);
});

test('what a DryRun would put into swap is told, since a new installation does nothing else', () => {
  const policies = [{ uid: 'u', idleContainers: 3, wouldReclaimBytes: 5 * 2 ** 30 }];
  const text = shown({ nodes: { value: [nodeViewOf(nodeObject('n1', { status: { policies } }))] } });
  assert.match(text, /^memory +3 containers idle; .*; DryRun would put 5 GiB there$/m);
  assert.doesNotMatch(shown({}), /would put/);
});
