import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ProcessSample } from '../../../../native/worker.ts';
import type { Container } from '../../../../node-agent/observe/container.ts';
import {
  ancestors,
  byContainerPid,
  containerPid,
  hostPids,
  processTree,
  sampleContainers,
} from '../../../../node-agent/observe/processes.ts';
import { makeTree } from '../../../fixtures/tree.ts';

const someone = (pid: number, parent = 0, nsPids: readonly number[] = [pid]) =>
  ({ pid, parent, nsPids, comm: 'x' }) as unknown as ProcessSample;
const container = (cgroup: string, pids: readonly number[]) => ({ cgroup, pids }) as unknown as Container;

test('all containers are sampled in one call, each PID once, and who is gone is left out', () => {
  const calls: (readonly number[])[] = [];
  const sampler = {
    sampleProcesses: (pids: readonly number[]) => {
      calls.push(pids);
      return pids.map((pid) => (pid === 3 ? { pid, errno: 2 } : someone(pid)));
    },
  };
  const found = sampleContainers(sampler, [container('/a', [1, 2]), container('/b', [3, 2]), container('/c', [])]);
  assert.deepEqual(calls, [[1, 2, 3]]);
  assert.deepEqual(
    [...found].map(([cgroup, samples]) => [cgroup, samples.map((one) => one.pid)]),
    [
      ['/a', [1, 2]],
      ['/b', [2]],
      ['/c', []],
    ],
  );
});

test('a container PID is the innermost level, and may mean two processes', () => {
  const samples = [someone(100, 1, [100, 1]), someone(200, 100, [200, 7, 1]), someone(300)];
  assert.deepEqual(samples.map(containerPid), [1, 1, 300]);
  assert.deepEqual(
    byContainerPid(samples, 1).map((one) => one.pid),
    [100, 200],
  );
});

test('a process tree has parents before children and nobody else', () => {
  const samples = [someone(5, 2), someone(2, 1), someone(3, 1), someone(1), someone(4, 3), someone(9)];
  assert.deepEqual(
    processTree(samples, 1).map((one) => one.pid),
    [1, 2, 3, 5, 4],
  );
  assert.deepEqual(processTree(samples, 77), []);
  assert.deepEqual(
    ancestors(samples, 5).map((one) => one.pid),
    [2, 1],
  );
});

test('no ring of parents, made by a number used twice, makes a walk endless', () => {
  const parents = fc.array(fc.nat(12), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(parents, fc.nat(12), (line, root) => {
      const samples = line.map((parent, pid) => someone(pid, parent));
      const tree = processTree(samples, root).map((one) => one.pid);
      assert.equal(new Set(tree).size, tree.length);
      assert.ok(ancestors(samples, root).length <= samples.length);
    }),
  );
});

test('the PIDs of a host are the numbers in its /proc', () => {
  using tree = makeTree('> proc/1/\n> proc/20/\n> proc/self/\n> proc/0/\n> proc/3x/\n');
  assert.deepEqual([...hostPids(tree.roots)].sort(), [1, 20]);
});
