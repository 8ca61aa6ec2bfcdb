/** What containerd keeps of images, made on this machine: in the guest, to import one would take half a minute. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ClusterNode } from '../cluster/node.ts';
import { nodePrograms } from '../cluster/programs.ts';
import { startSandbox } from '../cluster/sandbox.ts';

/** `folder`: of its own. The path of what is /var/lib/containerd on a node that has these archives. */
export async function containerdWith(archives: readonly string[], folder: string, ca: string): Promise<string> {
  const log = join(folder, 'log');
  mkdirSync(log, { recursive: true });
  const sandbox = await startSandbox([]);
  try {
    const own = { name: 'importer', address: '127.0.0.1', podCIDR: '10.244.0.0/24', cgroup: '/' };
    const node = await ClusterNode.start(sandbox, { ...own, folder, programs: nodePrograms(), ca }, log);
    for (const archive of archives) await node.importImage(archive);
  } finally {
    await sandbox.end();
  }
  return join(folder, 'lib/containerd');
}
