import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type HostView,
  meantByCgroup,
  meantByContainer,
  meantByPid,
  meantInContainer,
} from '../../../../cli/advise/targets.ts';
import { Refused, UsageError } from '../../../../cli/exit.ts';
import type { ContainerRef, ProcessSample } from '../../../../native/worker.ts';
import type { Container } from '../../../../node-agent/observe/container.ts';

const sample = (pid: number, more: Partial<ProcessSample> = {}): ProcessSample => ({
  pid,
  parent: 1,
  nsPids: [pid],
  uid: 0,
  threads: 1,
  startTicks: pid * 10,
  cpuTicks: 0,
  rssAnonBytes: 0,
  rssFileBytes: 0,
  rssShmemBytes: 0,
  swapBytes: 0,
  lockedBytes: 0,
  pinnedBytes: 0,
  sizeBytes: 0,
  comm: 'x',
  state: 'S',
  kernelThread: false,
  zombie: false,
  leaderExited: false,
  traced: false,
  realTime: false,
  ...more,
});

const container = (id: string | null, cgroup: string, pids: readonly number[]): Container => ({
  cgroup,
  cgroupInode: 77,
  unifiedCgroup: null,
  nested: [],
  id,
  runtime: null,
  driver: null,
  podUID: null,
  qosClass: null,
  pids,
});

const first = `3f2a${'0'.repeat(60)}`;
const second = `3f2b${'0'.repeat(60)}`;
const processes = new Map<number, ProcessSample>(
  [
    sample(1),
    sample(2, { kernelThread: true }),
    sample(50),
    sample(51),
    sample(100, { nsPids: [100, 1] }),
    sample(101, { nsPids: [101, 7] }),
    sample(102, { nsPids: [102, 8, 1] }),
    sample(103, { zombie: true, state: 'Z' }),
    sample(104, { leaderExited: true, state: 'Z' }),
    sample(105),
    sample(200, { nsPids: [200, 1] }),
  ].map((one) => [one.pid, one]),
);
const groups = new Map([[105, 101]]);
const cgroups: Record<string, number[]> = { '/a': [100, 101, 102], '/b': [200], '/empty': [], '/own': [50, 103] };
const ref = (cgroup: string): ContainerRef => ({ mount: '/m', cgroup, cgroupInode: 77 });

const host: HostView = {
  mount: '/m',
  cgroups: [container(first, '/a', [100, 101, 102]), container(second, '/b', [200]), container(null, '/own', [50])],
  sample: (pids) => new Map(pids.flatMap((pid) => (processes.has(pid) ? [[pid, processes.get(pid)!] as const] : []))),
  threadGroup: (pid) => groups.get(pid) ?? (processes.has(pid) ? pid : null),
  cgroupOf: (pid) => {
    const path = Object.keys(cgroups).find((name) => cgroups[name]!.includes(pid));
    return path === undefined ? null : ref(path);
  },
  members: ({ cgroup }) => cgroups[cgroup] ?? [],
  own: new Set([50, 51]),
};

const refusals: [pid: number, reason: string][] = [
  [999, 'NoSuchProcess'],
  [1, 'InitProcess'],
  [2, 'KernelThread'],
  [50, 'OwnProcess'],
  [51, 'OwnProcess'],
  [103, 'Zombie'],
  [104, 'LeaderExited'],
  [105, 'NotAProcess'],
];
for (const [pid, reason] of refusals) {
  test(`PID ${pid} is refused as ${reason}`, () => {
    const meant = meantByPid(pid, host);
    assert.deepEqual(meant.targets, []);
    assert.deepEqual(
      meant.refused.map((one) => [one.target.pid, one.reason]),
      [[pid, reason]],
    );
  });
}

test('A process alone in its cgroup is told what was freed by that cgroup, one among others is not', () => {
  assert.deepEqual(meantByPid(200, host).container, ref('/b'));
  assert.equal(meantByPid(100, host).container, null);
});

test('The limits on swap of its own cgroup hold for a process, be it alone there or one among others', () => {
  assert.equal(meantByPid(200, host).swapCgroup, '/b');
  assert.equal(meantByPid(100, host).swapCgroup, '/a');
  const nested: HostView = { ...host, cgroupOf: () => ref('/a/nested') };
  assert.equal(meantInContainer(1, first, nested).swapCgroup, '/a/nested');
  assert.equal(meantByContainer(first, nested).swapCgroup, '/a');
});

test('The start time goes with the PID, so that a number reused meanwhile is not taken for it', () => {
  assert.equal(meantByPid(200, host).targets[0]?.startTicks, 2000);
});

test('A PID inside a container is the one of its own PID namespace, not of one nested in it', () => {
  assert.equal(meantInContainer(1, first, host).targets[0]?.pid, 100);
  assert.equal(meantInContainer(8, first, host).targets[0]?.pid, 102);
  assert.deepEqual(meantInContainer(1, first, host).container, ref('/a'));
});

test('A PID that is not in the container is no process there, even where this host has it', () => {
  assert.equal(meantInContainer(200, first, host).refused[0]?.reason, 'NoSuchProcess');
});

test('The first characters of an ID are enough, unless several containers begin with them', () => {
  assert.equal(meantByContainer('3f2a', host).targets.length, 3);
  assert.throws(() => meantByContainer('3f2', host), /any of 2 containers/);
  assert.throws(
    () => meantByContainer('dead', host),
    (error) => error instanceof Refused && error.reason === 'NoSuchContainer',
  );
});

test('An ID with a slash, a space or an escape is bad usage', () => {
  for (const id of ['../x', 'a b', '\x1b[2J', '', '-x']) assert.throws(() => meantByContainer(id, host), UsageError);
});

test('A cgroup gives its processes; those that must not be advised are refused one by one', () => {
  const meant = meantByCgroup('/own', ref, host);
  assert.deepEqual(meant.targets, []);
  assert.deepEqual(meant.refused.map((one) => one.reason).sort(), ['OwnProcess', 'Zombie']);
});

test('The root cgroup is bad usage, one that is missing or empty is refused', () => {
  const refused = (reason: string) => (error: unknown) => error instanceof Refused && error.reason === reason;
  assert.throws(() => meantByCgroup('/', ref, host), UsageError);
  assert.throws(() => meantByCgroup('/none', () => null, host), refused('NoSuchContainer'));
  assert.throws(() => meantByCgroup('/empty', ref, host), refused('NoSuchProcess'));
});
