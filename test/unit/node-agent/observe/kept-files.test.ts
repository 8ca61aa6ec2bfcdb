import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { findContainers } from '../../../../node-agent/observe/containers.ts';
import { readPlainFiles } from '../../../../node-agent/observe/files.ts';
import { readHierarchies } from '../../../../node-agent/observe/hierarchies.ts';
import { keepFiles } from '../../../../node-agent/observe/kept-files.ts';
import { readSignals } from '../../../../node-agent/observe/signals.ts';
import { openTree } from '../../../fixtures/tree.ts';

const descriptors = () => readdirSync('/proc/self/fd').length;

for (const name of ['v2-systemd-containerd', 'v1-cgroupfs-containerd', 'hybrid-systemd-containerd']) {
  test(`kept files say of ${name} what plain reads say, again and again`, () => {
    using tree = openTree(name);
    const hierarchies = readHierarchies(tree.roots);
    const { containers } = findContainers(hierarchies);
    const plain = readSignals(readPlainFiles, hierarchies, containers);
    const before = descriptors();
    const kept = keepFiles(readPlainFiles, hierarchies);
    for (let round = 0; round < 3; round++)
      assert.deepEqual(readSignals(kept.readFiles, hierarchies, containers), plain);
    assert.ok(kept.open > 0);
    kept.close();
    assert.deepEqual([kept.open, descriptors()], [0, before]);
  });
}

test('a file that changed is read as it is now', () => {
  using tree = openTree('v2-systemd-kind');
  const hierarchies = readHierarchies(tree.roots);
  const kept = keepFiles(readPlainFiles, hierarchies);
  const file = `${hierarchies.memory}/kubelet.slice/memory.current`;
  assert.deepEqual(kept.readFiles([file]), [null]);
  tree.write('sys/fs/cgroup/kubelet.slice/memory.current', '1\n');
  assert.deepEqual(kept.readFiles([file]), ['1\n']);
  tree.write('sys/fs/cgroup/kubelet.slice/memory.current', '22\n');
  assert.deepEqual(kept.readFiles([file]), ['22\n']);
  kept.close();
});

test('lists of processes and files outside the hierarchies are never kept', () => {
  using tree = openTree('v2-systemd-kind');
  const hierarchies = readHierarchies(tree.roots);
  const others: string[] = [];
  const note = (path: string) => {
    others.push(path);
    return 'x';
  };
  const kept = keepFiles((paths) => paths.map(note), hierarchies);
  const paths = [`${hierarchies.memory}/cgroup.procs`, `${hierarchies.memory}/cgroup.controllers`, '/proc/meminfo'];
  const texts = kept.readFiles(paths);
  assert.deepEqual([others, texts[0], texts[2], kept.open], [[paths[0], paths[2]], 'x', 'x', 1]);
  assert.match(texts[1]!, /memory/);
  kept.close();
});

test('past the bound files are read without being kept, and what nobody reads is closed', () => {
  using tree = openTree('v2-systemd-containerd');
  const hierarchies = readHierarchies(tree.roots);
  const { containers } = findContainers(hierarchies);
  let now = 0;
  const kept = keepFiles(readPlainFiles, hierarchies, { maxFiles: 5, idleMillis: 100, now: () => now });
  const signals = readSignals(kept.readFiles, hierarchies, containers);
  assert.deepEqual(signals, readSignals(readPlainFiles, hierarchies, containers));
  assert.equal(kept.open, 5);
  now = 100;
  kept.readFiles([]);
  assert.equal(kept.open, 0);
});
