import assert from 'node:assert/strict';
import test from 'node:test';
import { findContainers } from '../../../../node-agent/observe/containers.ts';
import { readPlainFiles } from '../../../../node-agent/observe/files.ts';
import { readHierarchies } from '../../../../node-agent/observe/hierarchies.ts';
import { unlimited } from '../../../../node-agent/observe/kernel-text.ts';
import { selfAndAncestors } from '../../../../node-agent/observe/memory-room.ts';
import { readCpuUsage, readNetworkBytes, readSignals } from '../../../../node-agent/observe/signals.ts';
import { openTree, type Tree } from '../../../fixtures/tree.ts';

const mib = 1 << 20;

/** Signals by the first PID of each container: the trees give every container its own. */
function read(tree: Tree) {
  const hierarchies = readHierarchies(tree.roots);
  const { containers } = findContainers(hierarchies);
  const signals = readSignals(readPlainFiles, hierarchies, containers);
  return {
    hierarchies,
    containers,
    of: (pid: number) => signals.get(containers.find((one) => one.pids.includes(pid))!.cgroup)!,
  };
}

test('every signal of a v2 container is read', () => {
  using tree = openTree('v2-systemd-containerd');
  const { room, missing, ...usage } = read(tree).of(1010);
  assert.deepEqual(usage, {
    cpuMicros: 2718281,
    usageBytes: 160 * mib,
    anonBytes: 150 * mib,
    swapBytes: 20480000,
    swapCachedBytes: 4096000,
    memoryPressure: { some: 90210, full: 88112 },
    ioPressure: { some: 1733, full: 1700 },
    cpuPressure: { some: 501234, full: 403 },
    ioBytes: 5238784 + 4096 + 8192,
    frozen: false,
    populated: true,
  });
  assert.deepEqual(missing, []);
  assert.deepEqual([room.swapLimitBytes, room.swapRoomBytes], [50 * mib, 50 * mib - 20480000]);
  assert.deepEqual([room.memoryLimitBytes, room.headroomBytes], [256 * mib, 96 * mib]);
  assert.equal(room.minBytes, 0, 'no ancestor grants it');
});

test('swap that the pod’s cgroup forbids is forbidden to its containers, and that cgroup is named', () => {
  using tree = openTree('v2-systemd-containerd');
  const { room } = read(tree).of(1020);
  assert.deepEqual([room.swapLimitBytes, room.swapRoomBytes], [0, 0]);
  assert.match(room.swapLimitedBy!, /kubepods-besteffort-pod\w+\.slice$/);
});

test('a frozen v2 container says so', () => {
  using tree = openTree('v2-systemd-containerd');
  assert.equal(read(tree).of(1030).frozen, true);
});

test('a v1 container has no pressure, and says which signals it misses', () => {
  using tree = openTree('v1-cgroupfs-containerd');
  const { room, missing, ...usage } = read(tree).of(5010);
  assert.deepEqual(usage, {
    cpuMicros: 2718281,
    usageBytes: 160 * mib,
    anonBytes: 150 * mib,
    swapBytes: 20480000,
    swapCachedBytes: 4096000,
    memoryPressure: null,
    ioPressure: null,
    cpuPressure: null,
    ioBytes: 5242880,
    frozen: false,
    populated: true,
  });
  assert.deepEqual(missing, ['memoryPressure', 'ioPressure', 'cpuPressure']);
  assert.deepEqual([room.memoryLimitBytes, room.headroomBytes, room.minBytes], [256 * mib, 96 * mib, 0]);
});

test('on v1 a limit on memory and swap together leaves room for all that is resident', () => {
  using tree = openTree('v1-cgroupfs-containerd');
  const { room, usageBytes } = read(tree).of(5010);
  assert.equal(room.swapRoomBytes, 256 * mib - 20480000);
  assert.ok(room.swapRoomBytes! >= usageBytes!);
});

test('swappiness 0 forbids swap on v1', () => {
  using tree = openTree('v1-cgroupfs-containerd');
  assert.deepEqual([read(tree).of(5020).room.swapLimitBytes, read(tree).of(5030).room.swapLimitBytes], [0, unlimited]);
});

test('a hybrid host gives pressure and the freezer of cgroup2 beside v1 counters', () => {
  using tree = openTree('hybrid-systemd-containerd');
  const signals = read(tree).of(8010);
  assert.deepEqual(
    [signals.memoryPressure, signals.cpuPressure],
    [
      { some: 7, full: 5 },
      { some: 11, full: null },
    ],
  );
  assert.deepEqual([signals.frozen, signals.cpuMicros, signals.missing], [true, 2718281, []]);
  assert.equal(read(tree).of(8050).memoryPressure, null);
});

test('a container that vanished has every signal missing and unknown room', () => {
  using tree = openTree('v2-systemd-containerd');
  const { hierarchies, containers } = read(tree);
  tree.remove('sys/fs/cgroup/kubepods.slice');
  const gone = readSignals(readPlainFiles, hierarchies, containers.slice(0, 1)).get(containers[0]!.cgroup)!;
  assert.deepEqual([gone.cpuMicros, gone.room.swapRoomBytes, gone.room.headroomBytes], [null, null, null]);
  assert.ok(gone.missing.includes('swapRoomBytes') && gone.missing.includes('usageBytes'));
});

test('malformed counters are missing, never a guess', () => {
  using tree = openTree('v2-systemd-containerd');
  const web = read(tree).containers.find((one) => one.pids.includes(1010))!;
  for (const file of ['cpu.stat', 'memory.stat', 'memory.swap.max', 'memory.pressure', 'io.stat']) {
    tree.write(`sys/fs/cgroup${web.cgroup}/${file}`, '\u0000\uffff anon -1\ntotal=x\n');
  }
  const signals = read(tree).of(1010);
  assert.deepEqual([...signals.missing].sort(), [
    'anonBytes',
    'cpuMicros',
    'ioBytes',
    'memoryPressure',
    'swapCachedBytes',
  ]);
  assert.equal(signals.room.swapLimitBytes, 100 * mib, 'what its ancestors tell stands');
  for (const path of selfAndAncestors(web.cgroup)) tree.write(`sys/fs/cgroup${path}/memory.swap.max`, 'x\n');
  assert.ok(read(tree).of(1010).missing.includes('swapRoomBytes'));
});

test('the fast path reads CPU time alone, the same as the whole sweep', () => {
  for (const name of ['v2-systemd-containerd', 'v1-cgroupfs-containerd', 'hybrid-systemd-containerd']) {
    using tree = openTree(name);
    const { hierarchies, containers } = read(tree);
    const asked: string[] = [];
    const counting = (paths: readonly string[]) => {
      asked.push(...paths);
      return readPlainFiles(paths);
    };
    const fast = readCpuUsage(counting, hierarchies, containers);
    const full = readSignals(readPlainFiles, hierarchies, containers);
    for (const one of containers) assert.equal(fast.get(one.cgroup) ?? null, full.get(one.cgroup)!.cpuMicros);
    assert.equal(asked.length, containers.length);
  }
});

test('network bytes come from the namespace of one process, those of the dead are left out', () => {
  using tree = openTree('v2-systemd-kind');
  tree.write('proc/4010/net/dev', 'a\nb\n  eth0: 100 0 0 0 0 0 0 0 20 0 0 0 0 0 0 0\n');
  assert.deepEqual([...readNetworkBytes(readPlainFiles, tree.roots.proc, [4010, 4030])], [[4010, 120]]);
});
