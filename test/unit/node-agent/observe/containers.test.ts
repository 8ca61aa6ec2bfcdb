import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Container } from '../../../../node-agent/observe/container.ts';
import { type DiscoveryOptions, findContainers } from '../../../../node-agent/observe/containers.ts';
import { readPlainFiles } from '../../../../node-agent/observe/files.ts';
import { readHierarchies } from '../../../../node-agent/observe/hierarchies.ts';
import { readSignals } from '../../../../node-agent/observe/signals.ts';
import { openTree } from '../../../fixtures/tree.ts';

/** The recorded trees name containers by the SHA-256, pods by the MD5 of a word. */
const id = (word: string) => createHash('sha256').update(word).digest('hex');
const hash = (word: string) => createHash('md5').update(word).digest('hex');
function uid(word: string): string {
  const h = hash(word);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20)}`;
}

type Row = readonly [
  word: string,
  pod: string | null,
  qos: Container['qosClass'],
  pids: readonly number[],
  runtime?: Container['runtime'],
];

interface Case {
  readonly driver: Container['driver'];
  readonly runtime: Container['runtime'];
  readonly rows: readonly Row[];
}

const trees: Readonly<Record<string, Case>> = {
  'v2-systemd-containerd': {
    driver: 'systemd',
    runtime: 'containerd',
    rows: [
      ['job', uid('job'), 'BestEffort', [1020]],
      ['apiserver', hash('kube-apiserver'), 'Burstable', [1040]],
      ['web', uid('web'), 'Burstable', [1010, 1011, 1012, 1013]],
      ['web-pause', uid('web'), 'Burstable', [1001]],
      ['db', uid('db'), 'Guaranteed', [1030, 1031]],
      ['registry', null, null, [1050]],
    ],
  },
  'v2-systemd-crio': {
    driver: 'systemd',
    runtime: 'cri-o',
    rows: [
      ['web', uid('web'), 'Burstable', [2010, 2011]],
      ['web-pause', uid('web'), 'Burstable', [2001]],
      ['db', uid('db'), 'Guaranteed', [2030]],
      ['toolbox', null, null, [2050], null],
    ],
  },
  'v2-systemd-docker': {
    driver: 'systemd',
    runtime: 'docker',
    rows: [
      ['job', uid('job'), 'BestEffort', [3020]],
      ['web', uid('web'), 'Burstable', [3010]],
      ['registry', null, null, [3050]],
    ],
  },
  'v2-systemd-kind': {
    driver: 'systemd',
    runtime: 'containerd',
    rows: [
      ['web', uid('web'), 'Burstable', [4010]],
      ['db', uid('db'), 'Guaranteed', [4030]],
    ],
  },
  'v1-cgroupfs-containerd': {
    driver: 'cgroupfs',
    runtime: null,
    rows: [
      ['job', uid('job'), 'BestEffort', [5020]],
      ['web', uid('web'), 'Burstable', [5010, 5011, 5012]],
      ['web-pause', uid('web'), 'Burstable', [5001]],
      ['apiserver', hash('kube-apiserver'), 'Burstable', [5040]],
      ['db', uid('db'), 'Guaranteed', [5030]],
      ['redis', null, null, [5060], 'containerd'],
    ],
  },
  'v1-cgroupfs-docker': {
    driver: 'cgroupfs',
    runtime: null,
    rows: [
      ['web', uid('web'), 'Burstable', [6010]],
      ['db', uid('db'), 'Guaranteed', [6030]],
      ['registry', null, null, [6050, 6051], 'docker'],
    ],
  },
  'v1-cgroupfs-crio': {
    driver: 'cgroupfs',
    runtime: 'cri-o',
    rows: [
      ['web', uid('web'), 'Burstable', [7010]],
      ['db', uid('db'), 'Guaranteed', [7030]],
    ],
  },
  'hybrid-systemd-containerd': {
    driver: 'systemd',
    runtime: 'containerd',
    rows: [
      ['web', uid('web'), 'Burstable', [8010]],
      ['registry', null, null, [8050], 'docker'],
    ],
  },
  'v2-mismatched-drivers': {
    driver: 'cgroupfs',
    runtime: 'containerd',
    rows: [
      ['web', uid('web'), 'Burstable', [9010]],
      ['db', uid('db'), 'Guaranteed', [9030]],
      ['plain', null, null, [9050]],
    ],
  },
};

function discover(name: string, options: DiscoveryOptions = {}) {
  using tree = openTree(name);
  return findContainers(readHierarchies(tree.roots), options);
}

const sorted = (rows: readonly (readonly unknown[])[]) => rows.map((row) => JSON.stringify(row)).sort();

for (const [name, { driver, runtime, rows }] of Object.entries(trees)) {
  test(`every container of the tree ${name} is found, and nothing else`, () => {
    const { containers, vanished, omitted } = discover(name);
    const found = containers.map((one) => [one.id, one.podUID, one.qosClass, one.pids, one.runtime, one.driver]);
    const wanted = rows.map(([word, pod, qos, pids, own = runtime]) => {
      return [word === 'redis' ? word : id(word), pod, qos, pids, own, driver];
    });
    assert.deepEqual(sorted(found), sorted(wanted));
    assert.deepEqual([vanished, omitted], [0, 0]);
  });
}

test('cgroups that a container nests inside itself belong to it', () => {
  const web = discover('v2-systemd-containerd').containers.find((one) => one.id === id('web'))!;
  assert.deepEqual(web.nested, [`${web.cgroup}/init`, `${web.cgroup}/init/worker.slice`]);
});

test('the inode of a container is that of its folder in the memory hierarchy', () => {
  using tree = openTree('v1-cgroupfs-containerd');
  const hierarchies = readHierarchies(tree.roots);
  for (const one of findContainers(hierarchies).containers) {
    assert.equal(one.cgroupInode, statSync(hierarchies.memory + one.cgroup).ino);
  }
});

test('a hybrid host gives the cgroup2 path only where the container has one there', () => {
  const found = discover('hybrid-systemd-containerd').containers;
  assert.equal(
    found.find((one) => one.podUID !== null)!.unifiedCgroup,
    found.find((one) => one.podUID !== null)!.cgroup,
  );
  assert.equal(found.find((one) => one.podUID === null)!.unifiedCgroup, null);
});

test('a pattern of a policy makes any cgroup a container, with what is below it', () => {
  const { containers } = discover('v2-systemd-containerd', {
    extraCgroups: ['/system.slice/*.service', '/user.slice'],
  });
  const extra = containers.filter((one) => one.id === null);
  assert.deepEqual(
    extra.map((one) => [one.cgroup, one.pids, one.runtime]),
    [
      ['/system.slice/containerd.service', [700], null],
      ['/system.slice/kubelet.service', [701], null],
      ['/user.slice', [1100], null],
    ],
  );
});

test('a pattern that also matches a container leaves its name to it', () => {
  const { containers } = discover('v1-cgroupfs-docker', { extraCgroups: ['/docker/*'] });
  assert.deepEqual(
    containers.filter((one) => one.cgroup.startsWith('/docker')).map((one) => one.id),
    [id('registry')],
  );
});

test('a walk from a folder counts names from there', () => {
  const outer = `/docker/${id('registry')}`;
  const { containers } = discover('v1-cgroupfs-docker', { from: outer });
  assert.deepEqual(
    containers.map((one) => [one.cgroup, one.id, one.runtime]),
    [[`${outer}/docker/${id('inner')}`, id('inner'), 'docker']],
  );
});

test('what lies past the bounds is left out and counted', () => {
  const few = discover('v2-systemd-containerd', { maxCgroups: 5 });
  assert.equal(few.cgroups, 5);
  assert.ok(few.omitted > 0);
  const flat = discover('v2-systemd-containerd', { maxDepth: 1 });
  assert.equal(flat.containers.length, 0);
  assert.ok(flat.omitted > 0);
});

test('a cgroup that goes away between walk and reading has no processes, and one that can not be listed is counted', () => {
  using tree = openTree('v2-systemd-crio');
  const hierarchies = readHierarchies(tree.roots);
  const gone = findContainers(hierarchies, { readFiles: (paths) => paths.map(() => null) });
  assert.equal(gone.containers.length, 4);
  symlinkSync('/nowhere', join(hierarchies.memory, 'kubepods.slice', 'loop'));
  assert.equal(findContainers(hierarchies).containers.length, 4);
});

test('processes of PID namespaces above Ebb are counted, garbage in cgroup.procs is ignored', () => {
  using tree = openTree('v2-systemd-kind');
  const hierarchies = readHierarchies(tree.roots);
  const texts = ['0\n0\n12\nx\n-3\n99999999999\n 5\n', '7\n7\n8'];
  const { containers, invisibleProcesses } = findContainers(hierarchies, { readFiles: () => texts });
  assert.deepEqual(
    containers.map((one) => one.pids),
    [[12], [7, 8]],
  );
  assert.equal(invisibleProcesses, 2);
});

test('a tree recorded from containerd and runc has every container of its three pods', () => {
  using tree = openTree('hybrid-cgroupfs-containerd-recorded');
  const hierarchies = readHierarchies(tree.roots);
  const { containers } = findContainers(hierarchies);
  const pods = Map.groupBy(containers, (one) => `${one.qosClass} ${one.podUID}`);
  assert.deepEqual(
    [...pods].map(([pod, own]) => [pod, own.length]),
    [
      ['BestEffort 30000000-2222-4333-8444-555555555555', 3],
      ['Burstable 10000000-2222-4333-8444-555555555555', 3],
      ['Guaranteed 20000000-2222-4333-8444-555555555555', 2],
    ],
  );
  for (const one of containers) {
    assert.match(one.id!, /^[0-9a-f]{64}$/);
    assert.deepEqual([one.driver, one.runtime, one.unifiedCgroup], ['cgroupfs', null, one.cgroup]);
    assert.ok(one.pids.length > 0);
  }
  const signals = [...readSignals(readPlainFiles, hierarchies, containers).values()];
  assert.deepEqual(
    signals.flatMap((one) => one.missing),
    [],
  );
  const [app] = signals.filter((one) => one.room.memoryLimitBytes === 128 << 20);
  assert.ok(app!.anonBytes! >= 32 << 20);
});

test('a cgroup v2 tree recorded on Linux 7.3 has its containers with every signal', () => {
  using tree = openTree('v2-systemd-recorded');
  const hierarchies = readHierarchies(tree.roots);
  const { containers } = findContainers(hierarchies);
  const rows = containers.map((one) => [one.id, one.podUID?.[0] ?? null, one.qosClass, one.runtime, one.nested.length]);
  assert.deepEqual(rows, [
    [id('job'), '2', 'BestEffort', 'cri-o', 0],
    [id('pause1'), '1', 'Burstable', 'containerd', 0],
    [id('app'), '1', 'Burstable', 'containerd', 2],
    [id('db'), '3', 'Guaranteed', 'docker', 0],
    [id('plain'), null, null, 'docker', 0],
  ]);
  const [job, pause, app, ...others] = [...readSignals(readPlainFiles, hierarchies, containers).values()];
  assert.deepEqual([job!.frozen, job!.room.swapLimitBytes], [true, 0]);
  assert.deepEqual([app!.room.memoryLimitBytes, app!.room.swapRoomBytes], [64 << 20, 32 << 20]);
  for (const one of [job!, pause!, app!, ...others]) assert.deepEqual([one.missing, one.populated], [[], true]);
});
