/** What a tick sees of a container between two discoveries. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { findContainers } from '../../../node-agent/observe/containers.ts';
import { type ReadFiles, readPlainFiles } from '../../../node-agent/observe/files.ts';
import { readHierarchies } from '../../../node-agent/observe/hierarchies.ts';
import { withProcessesNow } from '../../../node-agent/sight.ts';
import { openTree } from '../../fixtures/tree.ts';

/** As the native library: longer files are not given. */
const upTo64Ki: ReadFiles = (paths) =>
  readPlainFiles(paths).map((text) => (text !== null && text.length > 65_536 ? null : text));

test('a container of more processes than one small file lists is not taken for an empty one', () => {
  using tree = openTree('v2-systemd-containerd');
  const hierarchies = readHierarchies(tree.roots);
  const eyes = {
    roots: tree.roots,
    hierarchies,
    readFiles: upTo64Ki,
    sampler: { sampleProcesses: () => [] },
    cgroupRoot: null,
    ownPids: new Set<number>(),
  };
  const [container] = findContainers(hierarchies).containers;
  const pids = Array.from({ length: 10_000 }, (_, at) => 1_000_000 + at);
  tree.write(`sys/fs/cgroup${container!.cgroup}/cgroup.procs`, `0\n${pids.join('\n')}\n${pids[0]}\n`);
  assert.deepEqual(withProcessesNow(eyes, { ...container!, nested: [] }).pids, pids);
});
