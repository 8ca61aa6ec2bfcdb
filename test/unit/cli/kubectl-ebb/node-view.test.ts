import assert from 'node:assert/strict';
import test from 'node:test';
import { conditionOf, containersOf, hearing, nodeViewOf } from '../../../../cli/kubectl-ebb/node-view.ts';
import { justNow, longAgo, nodeObject, now } from './nodes.ts';

test('a node’s object is read with the policies of its pods and what the agent says of their containers', () => {
  const view = nodeViewOf(nodeObject('n1'));
  assert.deepEqual(view.unreadable, []);
  assert.deepEqual(view.policies.get('shop/idle-web'), {
    mode: 'Enforce',
    policy: 'shop/idle-web',
    kind: 'MemoryAdvicePolicy',
    limits: ['floor'],
  });
  const [only, ...others] = containersOf(view);
  assert.deepEqual(others, []);
  assert.equal(`${only!.namespace}/${only!.pod}`, 'shop/storefront-web-7c9d8b6f5d-00000');
  assert.equal(only!.container.state, 'PagedOut');
  assert.equal(only!.policy?.policy, 'shop/idle-web');
});

test('fields that a newer part of Ebb wrote are left out, wherever they are, and the rest is read', () => {
  const status = {
    weather: 'fine',
    containers: [{ podUID: 'u', name: 'c', state: 'Idle', mood: { deep: true } }],
    agent: { version: '9.9.9', colour: 'blue' },
  };
  const view = nodeViewOf(nodeObject('n1', { status, spec: { later: 1 } }));
  assert.deepEqual(view.unreadable, []);
  assert.deepEqual(view.status.containers, [{ podUID: 'u', name: 'c', state: 'Idle' }]);
  assert.deepEqual(view.status.agent, { version: '9.9.9' });
  assert.equal(view.pods.length, 2);
});

test('what is wrong in an object is named by field, value and what is allowed, and the pause is read all the same', () => {
  const spec = { pods: 'none', paused: { reasons: ['NodeDraining'] } };
  const view = nodeViewOf(nodeObject('n1', { spec, status: { omittedContainers: -1 } }));
  assert.deepEqual(view.paused, ['NodeDraining']);
  assert.equal(view.unreadable.length, 2);
  assert.match(view.unreadable[0]!, /^spec\.pods: value "none": allowed: a list of 0 to 512 pods$/);
  assert.match(view.unreadable[1]!, /^status\.omittedContainers: value -1: allowed: an integer from 0 to/);
});

test('an object without anything in it is a node of which nothing is known', () => {
  for (const object of [{}, null, 'text', { metadata: { name: 'n1' } }]) {
    const view = nodeViewOf(object);
    assert.deepEqual(view.pods, []);
    assert.deepEqual(view.status, {});
    assert.equal(conditionOf(view, 'Ready'), null);
    assert.deepEqual(containersOf(view), []);
  }
});

test('an agent is silent after ten minutes, and one that never reported only once its object is as old', () => {
  const heard = (status: object | null, creationTimestamp = longAgo) => {
    const object = nodeObject('n1', { status }) as { metadata: object };
    return hearing(nodeViewOf({ ...object, metadata: { ...object.metadata, creationTimestamp } }), now);
  };
  assert.equal(heard({}), 'heard');
  assert.equal(heard({ reportTime: longAgo }), 'silent');
  assert.equal(heard(null), 'silent');
  assert.equal(heard(null, justNow), 'not yet');
});
