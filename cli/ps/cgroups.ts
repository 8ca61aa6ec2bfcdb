/** `ps --all`: cgroups with processes of their own that belong to no container, beside the containers. */
import { join } from 'node:path';
import type { Container, Hierarchies } from '../../node-agent/observe/container.ts';
import { foldersIn, pidsIn } from '../host.ts';

const maxDepth = 32;

export function otherCgroups(host: Hierarchies, containers: readonly Container[]): Container[] {
  const taken = new Set(containers.map((one) => one.cgroup));
  const found: Container[] = [];
  visit('', 0);
  return found;

  function visit(cgroup: string, depth: number): void {
    if (taken.has(cgroup) || depth > maxDepth) return;
    const folder = join(host.memory, cgroup);
    const pids = pidsIn(folder);
    if (pids.length > 0) found.push(plain(cgroup === '' ? '/' : cgroup, pids));
    for (const name of foldersIn(folder)) visit(`${cgroup}/${name}`, depth + 1);
  }
}

const plain = (cgroup: string, pids: readonly number[]): Container => ({
  cgroup,
  cgroupInode: 0, // Listed only, never advised: that looks the cgroup up again.
  unifiedCgroup: null,
  nested: [],
  id: null,
  runtime: null,
  driver: null,
  podUID: null,
  qosClass: null,
  pids,
});
