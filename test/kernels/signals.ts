/** What the agent's own readers say of a cgroup that a test made. */
import { readPlainFiles } from '../../node-agent/observe/files.ts';
import { readHierarchies } from '../../node-agent/observe/hierarchies.ts';
import { liveRoots } from '../../node-agent/observe/host.ts';
import { type ContainerSignals, readSignals } from '../../node-agent/observe/signals.ts';
import type { Cgroup } from '../kernel/cgroup.ts';

export function signalsOf(cgroup: Cgroup): ContainerSignals {
  const container = {
    cgroup: cgroup.path,
    cgroupInode: cgroup.inode,
    unifiedCgroup: cgroup.unifiedFolder && cgroup.path,
    nested: [],
    id: null,
    runtime: null,
    driver: null,
    podUID: null,
    qosClass: null,
    pids: cgroup.pids(),
  };
  return readSignals(readPlainFiles, readHierarchies(liveRoots), [container]).get(cgroup.path)!;
}
