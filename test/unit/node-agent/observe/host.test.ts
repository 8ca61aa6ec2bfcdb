import assert from 'node:assert/strict';
import test from 'node:test';
import { checkPidNamespace, HostError, liveRoots, namespacePids } from '../../../../node-agent/observe/host.ts';
import { makeTree } from '../../../fixtures/tree.ts';

const refusal = (text: RegExp) => (error: unknown) =>
  error instanceof HostError && error.code === 'WrongPidNamespace' && text.test(error.message);

test('the /proc of this very process is the right one', () => checkPidNamespace(liveRoots));

test('a /proc from above shows Ebb at more than one level and is refused', () => {
  using tree = makeTree('> proc/self/status\nName:\tnode\nNSpid:\t4711\t7\n');
  assert.throws(() => checkPidNamespace(tree.roots, 7), refusal(/as PID 4711 → 7, but Ebb is PID 7/));
  assert.throws(() => checkPidNamespace(tree.roots, 4711), refusal(/4711/));
});

test('a /proc in which Ebb is nobody is refused', () => {
  using tree = makeTree('> proc/1/status\nName:\tinit\n');
  assert.throws(() => checkPidNamespace(tree.roots), refusal(/can't be read/));
  tree.write('proc/self/status', 'Name:\tnode\n');
  assert.throws(() => checkPidNamespace(tree.roots), refusal(/as nobody/));
});

test('the same number at one level is the own namespace', () => {
  using tree = makeTree('> proc/self/status\nName:\tNSpid: 1\nNSpid:\t42\n');
  checkPidNamespace(tree.roots, 42);
});

test('NSpid is taken from its own line, not from a process name', () => {
  assert.deepEqual(namespacePids('Name:\tNSpid:\t9\nNSpid:\t5\t6\t7\n'), [5, 6, 7]);
  assert.deepEqual(namespacePids('Name:\tx\n'), []);
});
