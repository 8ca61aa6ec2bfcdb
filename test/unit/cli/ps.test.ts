import assert from 'node:assert/strict';
import test from 'node:test';
import { list } from '../../../cli/ps/list.ts';
import { showList } from '../../../cli/ps/show.ts';
import type { ProcessSample } from '../../../native/worker.ts';
import type { Container } from '../../../node-agent/observe/container.ts';
import type { ContainerState } from '../../../node-agent/report/state.ts';

const sample = (pid: number, rssAnonBytes: number, swapBytes: number, comm = `p${pid}`) =>
  ({
    pid,
    nsPids: [pid, pid - 90],
    comm,
    uid: 0,
    threads: 1,
    state: 'S',
    rssAnonBytes,
    swapBytes,
  }) as unknown as ProcessSample;
const container = (id: string | null, cgroup: string, pids: number[]) =>
  ({ id, cgroup, pids, runtime: null, podUID: null, qosClass: null }) as unknown as Container;

const samples = new Map(
  [sample(100, 5, 9), sample(101, 7, 1, 'a\x1b[2J'), sample(102, 100, 0)].map((one) => [one.pid, one]),
);
const containers = [container('b'.repeat(64), '/b', [100, 101, 999]), container(null, '/a\x9b', [102])];
const states = [{ cgroup: '/b', state: 'Idle', reason: 'DryRun' }] as unknown as ContainerState[];

test('Processes that are gone are left out, sums and the agent’s word go to their container', () => {
  const [first] = list(containers, samples, states, 'swap');
  assert.deepEqual([first?.cgroup, first?.rssAnonBytes, first?.swapBytes], ['/b', 12, 10]);
  assert.deepEqual([first?.state, first?.reason], ['Idle', 'DryRun']);
  assert.deepEqual(
    first?.processes.map(({ pid }) => pid),
    [100, 101],
  );
});

test('Every sort orders containers and the processes in them', () => {
  const order = (sort: 'anon' | 'swap' | 'pid' | 'name') =>
    list(containers, samples, states, sort).flatMap(({ processes }) => processes.map(({ pid }) => pid));
  assert.deepEqual(order('anon'), [102, 101, 100]);
  assert.deepEqual(order('swap'), [100, 101, 102]);
  assert.deepEqual(order('pid'), [100, 101, 102]);
  assert.deepEqual(order('name'), [102, 101, 100]);
});

test('Tables show host and container PID, every level when wide, and nothing that a terminal obeys', () => {
  const listed = list(containers, samples, states, 'pid');
  const narrow = showList(listed, false, { width: null, colour: false });
  assert.match(narrow, /^ +100 +10 +p100 /m);
  const wide = showList(listed, true, { width: null, colour: false });
  assert.match(wide, /100\/10/);
  assert.ok(wide.includes('b'.repeat(64)));
  for (const text of [narrow, wide]) assert.doesNotMatch(text, /[^\x20-\x7e\n]/);
});
