import assert from 'node:assert/strict';
import test from 'node:test';
import { pathOf, shownAs } from '../../../kube/resource.ts';

const pods = { group: '', version: 'v1', plural: 'pods' };
const advices = { group: 'ebb.dev', version: 'v1alpha1', plural: 'nodememoryadvices' };

test('paths of the core group, of others, of all and of one', () => {
  assert.equal(pathOf(pods), '/api/v1/pods');
  assert.equal(pathOf(pods, { namespace: 'shop' }), '/api/v1/namespaces/shop/pods');
  assert.equal(pathOf(pods, { namespace: 'shop', name: 'a.b' }), '/api/v1/namespaces/shop/pods/a.b');
  const status = { name: 'node-1', subresource: 'status' };
  assert.equal(pathOf(advices, status), '/apis/ebb.dev/v1alpha1/nodememoryadvices/node-1/status');
  assert.equal(shownAs(advices), 'nodememoryadvices.ebb.dev');
});

test('no name leads to another path than its own', () => {
  for (const name of ['', '.', '..']) assert.throws(() => pathOf(pods, { namespace: 'a', name }), TypeError);
  assert.equal(pathOf(pods, { name: '../x?y#z' }), '/api/v1/pods/..%2Fx%3Fy%23z');
});
