import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { hierarchiesOf, readHierarchies } from '../../../../node-agent/observe/hierarchies.ts';
import { HostError } from '../../../../node-agent/observe/host.ts';
import { cgroupMounts, unescapeOctal } from '../../../../node-agent/observe/mountinfo.ts';
import { makeTree, openTree } from '../../../fixtures/tree.ts';

const line = (id: number, root: string, point: string, type: string, options: string) =>
  `${id} 25 0:${id} ${root} ${point} rw,nosuid shared:4 master:1 - ${type} ${type} ${options}`;
const v1 = (controller: string, point = `/sys/fs/cgroup/${controller}`, root = '/') =>
  line(30, root, point, 'cgroup', `rw,${controller}`);
const v2 = (point = '/sys/fs/cgroup', root = '/') => line(25, root, point, 'cgroup2', 'rw,nsdelegate');

test('one cgroup2 mount is layout v2, everything at one place', () => {
  const found = hierarchiesOf(`22 1 8:1 / / rw - ext4 /dev/root rw\n${v2()}\n`);
  const at = '/sys/fs/cgroup';
  const all = { memory: at, cpu: at, cpuacct: at, blkio: at, freezer: at, pids: at, unified: at };
  assert.deepEqual(found, { layout: 'v2', memoryVersion: 2, ...all });
});

test('v1 mounts each at its place, cpu and cpuacct often together', () => {
  const found = hierarchiesOf([v1('name=systemd'), v1('memory'), v1('cpu,cpuacct'), v1('freezer')].join('\n'));
  assert.deepEqual(found, {
    layout: 'v1',
    memoryVersion: 1,
    memory: '/sys/fs/cgroup/memory',
    cpu: '/sys/fs/cgroup/cpu,cpuacct',
    cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
    blkio: null,
    freezer: '/sys/fs/cgroup/freezer',
    pids: null,
    unified: null,
  });
});

test('both is hybrid, and memory is where its controller is', () => {
  const first = hierarchiesOf([v1('memory'), v1('cpu'), v2('/sys/fs/cgroup/unified')].join('\n'));
  assert.deepEqual(
    [first?.layout, first?.memoryVersion, first?.memory, first?.unified, first?.blkio],
    ['hybrid', 1, '/sys/fs/cgroup/memory', '/sys/fs/cgroup/unified', null],
  );
  const second = hierarchiesOf([v1('cpu'), v2('/u')].join('\n'));
  assert.deepEqual(
    [second?.layout, second?.memoryVersion, second?.memory, second?.cpu],
    ['hybrid', 2, '/u', '/sys/fs/cgroup/cpu'],
  );
  assert.equal(hierarchiesOf([v1('name=systemd'), v2()].join('\n'))?.layout, 'v2');
});

test('bind mounts of a part of the tree are ignored, the first full mount wins', () => {
  const mounts = [v1('memory', '/part', '/docker/abc'), v1('memory', '/first'), v1('memory', '/second')];
  assert.equal(hierarchiesOf(mounts.join('\n'))?.memory, '/first');
  assert.equal(hierarchiesOf(mounts[0]!), null);
});

test('from inside a cgroup namespace the mount of the whole tree wins over the own part of it', () => {
  const mounts = [v2('/sys/fs/cgroup', '/'), v2('/host/sys/fs/cgroup', '/../../..')];
  assert.equal(hierarchiesOf(mounts.join('\n'))?.memory, '/host/sys/fs/cgroup');
  assert.equal(hierarchiesOf(v2('/x', '/../../sibling')), null);
});

test('mount points with spaces are read as they are', () => {
  assert.equal(hierarchiesOf(v2('/a\\040b\\134c'))?.memory, '/a b\\c');
  assert.equal(unescapeOctal('\\011x\\9'), '\tx\\9');
});

test('no text makes the parser throw, and every mount it gives stands in the text', () => {
  const words = fc.constantFrom('-', '/', 'cgroup', 'cgroup2', 'rw,memory', '0:1', '25', '\\040', '', '/..');
  const lines = fc
    .array(fc.oneof(words, fc.string({ maxLength: 6 })), { maxLength: 14 })
    .map((parts) => parts.join(' '));
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 6 }), (texts) => {
      const text = texts.join('\n');
      for (const mount of cgroupMounts(text)) assert.ok(unescapeOctal(text).includes(mount.point));
      hierarchiesOf(text);
    }),
  );
});

test('every recorded tree has its layout read from its own mountinfo', () => {
  const layouts = ['v2-systemd-containerd', 'v1-cgroupfs-containerd', 'hybrid-systemd-containerd'].map((name) => {
    using tree = openTree(name);
    const { layout, memoryVersion, memory, cpuacct } = readHierarchies(tree.roots);
    return [layout, memoryVersion, memory.slice(tree.folder.length), cpuacct?.slice(tree.folder.length)];
  });
  assert.deepEqual(layouts, [
    ['v2', 2, '/sys/fs/cgroup', '/sys/fs/cgroup'],
    ['v1', 1, '/sys/fs/cgroup/memory', '/sys/fs/cgroup/cpu,cpuacct'],
    ['hybrid', 1, '/sys/fs/cgroup/memory', '/sys/fs/cgroup/cpu,cpuacct'],
  ]);
});

test('a host without a memory controller is refused by name', () => {
  using none = makeTree('> proc/self/mountinfo\n22 1 8:1 / / rw - ext4 /dev/root rw\n');
  assert.throws(
    () => readHierarchies(none.roots),
    (error) => error instanceof HostError && error.code === 'SignalMissing',
  );
  using without = makeTree(`> proc/self/mountinfo\n${v2()}\n> sys/fs/cgroup/cgroup.controllers\ncpu pids\n`);
  assert.throws(() => readHierarchies(without.roots), /doesn't list the memory controller/);
});
