/** A cgroup of a test's own as the agent's discovery and readers see it. */

import type { Container } from '../../../node-agent/observe/container.ts';
import { findContainers } from '../../../node-agent/observe/containers.ts';
import { readPlainFiles } from '../../../node-agent/observe/files.ts';
import { readHierarchies } from '../../../node-agent/observe/hierarchies.ts';
import { liveRoots } from '../../../node-agent/observe/host.ts';
import { type ContainerSignals, readSignals } from '../../../node-agent/observe/signals.ts';
import type { Cgroup } from '../cgroup.ts';

export function discovered(cgroup: Cgroup): Container {
  const { containers } = findContainers(readHierarchies(liveRoots), { extraCgroups: [cgroup.path] });
  return containers.find((one) => one.cgroup === cgroup.path)!;
}

export function signalsOf(cgroup: Cgroup): ContainerSignals {
  return readSignals(readPlainFiles, readHierarchies(liveRoots), [discovered(cgroup)]).get(cgroup.path)!;
}
