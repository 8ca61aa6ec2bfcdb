import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeViewOf } from '../../../../cli/kubectl-ebb/node-view.ts';
import { policySeen } from '../../../../cli/kubectl-ebb/status/view.ts';
import { showNodes, showPods, showPolicies } from '../../../../cli/kubectl-ebb/top/show.ts';
import { nodeRow, podRows, policyRow, sorted } from '../../../../cli/kubectl-ebb/top/view.ts';
import { longAgo, look, nodeObject, now } from './nodes.ts';

const uid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const container = (pod: number, name: string, fields: object = {}) => ({
  podUID: uid(pod),
  name,
  state: 'PagedOut',
  anonBytes: 1,
  swapBytes: 10,
  ...fields,
});
const node = (containers: readonly object[], status: object = {}) =>
  nodeViewOf(nodeObject('n1', { status: { ...status, containers } }));
const plainly = { look, wide: false };

test('a pod’s containers are one row, and the pods with the most in swap come first', () => {
  const view = node([container(0, 'a'), container(0, 'b', { state: 'Idle' }), container(1, 'a', { swapBytes: 30 })]);
  const rows = sorted(podRows([view], null), 'swappedBytes');
  assert.deepEqual(
    rows.map(({ pod, states, swappedBytes, residentBytes }) => [pod.slice(-1), states, swappedBytes, residentBytes]),
    [
      ['1', ['PagedOut'], 30, 1],
      ['0', ['Idle', 'PagedOut'], 20, 2],
    ],
  );
  assert.deepEqual(
    sorted(rows, 'residentBytes').map(({ pod }) => pod.slice(-1)),
    ['0', '1'],
  );
});

test('pods of other namespaces are left out where one is asked for, and those that found no room are counted', () => {
  const view = node([container(0, 'a')]);
  assert.equal(podRows([view], 'shop').length, 1);
  assert.deepEqual(podRows([view], 'bank'), []);
  assert.match(showPods([], 3, plainly), /^no pod here .*\n3 containers with less memory found no room/);
});

test('what a node’s policies did is summed up beyond 2^53, and a net loss stays one', () => {
  const policies = [1, 2].map((index) => ({
    uid: uid(index),
    idleContainers: 2,
    swappedBytes: 5,
    reclaimedBytesTotal: Number.MAX_SAFE_INTEGER,
    netByteSeconds: '-99999999999999999999',
  }));
  const row = nodeRow(node([], { policies, reportTime: longAgo }), now);
  assert.equal(row.reclaimedBytesTotal, String(2n * BigInt(Number.MAX_SAFE_INTEGER)));
  assert.equal(row.netByteSeconds, '-199999999999999999998');
  assert.deepEqual([row.idleContainers, row.swappedBytes, row.heard], [4, 10, 'silent']);
  assert.match(showNodes([row], plainly), /^n1 .* silent +-$/m);
  assert.match(showNodes([row], { look, wide: true }), /^n1 +4 +10 B +0 B +0 B +16 PiB .*-[\d.]+ PiB·h .*silent/m);
});

test('rows are sorted as numbers, the most first, and equals by their names', () => {
  const rows = [
    { node: 'b', reclaimedBytesTotal: '9' },
    { node: 'c', reclaimedBytesTotal: '10' },
    { node: 'a', reclaimedBytesTotal: '9' },
    { node: 'd', reclaimedBytesTotal: '-1' },
  ];
  assert.deepEqual(
    sorted(rows, 'reclaimedBytesTotal').map((row) => row.node),
    ['c', 'a', 'b', 'd'],
  );
});

test('a policy’s row is what its status says, with units as the API writes them', () => {
  const status = {
    matchedPods: 3,
    idleContainers: 2,
    swappedBytes: '1Gi',
    wouldReclaimBytes: '3Mi',
    reclaimedBytesTotal: '2048',
    netByteSeconds: '7200',
  };
  const row = policyRow(policySeen('ClusterMemoryAdvicePolicy', { metadata: { name: 'all' }, spec: {}, status }));
  assert.deepEqual([row.policy, row.mode, row.swappedBytes], ['all', 'DryRun', String(2 ** 30)]);
  assert.match(showPolicies([row], plainly), /^all +DryRun +3 +2 +1 GiB +3 MiB +2 KiB +0 B +2 B·h$/m);
});

test('more columns are shown only where they are asked for', () => {
  const rows = podRows([node([container(0, 'a')])], null);
  assert.doesNotMatch(showPods(rows, 0, plainly), /POLICY/);
  assert.match(showPods(rows, 0, { look, wide: true }), /PEAK +POLICY +MODE\n.*shop\/idle-web +Enforce$/m);
});
