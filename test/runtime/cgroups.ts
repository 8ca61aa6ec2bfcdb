/** Makes a cgroup in every hierarchy of the machine, and removes it with all below it: what a runtime leaves behind. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

function mounts(): string[] {
  const lines = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
  return lines.map((line) => line.split(' ')).flatMap(([, path, type]) => (type?.startsWith('cgroup') ? [path!] : []));
}

/** A cpuset of version 1 takes no process before it has CPUs and memory nodes: its parent's. */
export function makeCgroupEverywhere(path: string): void {
  for (const mount of mounts()) {
    let folder = mount;
    for (const name of path.split('/').filter(Boolean)) {
      const above = folder;
      folder = join(folder, name);
      mkdirSync(folder, { recursive: true });
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        const own = join(folder, file);
        if (existsSync(own) && mount.endsWith('cpuset')) writeFileSync(own, readFileSync(join(above, file)));
      }
    }
  }
}

export async function removeCgroupEverywhere(path: string): Promise<void> {
  for (const mount of mounts()) await removeBelow(join(mount, path));
}

/** A cgroup stays busy until the last of its processes is reaped. */
async function removeBelow(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const entry of below) await removeBelow(join(folder, entry.name));
  for (let tries = 0; ; tries++) {
    try {
      return rmdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      if (tries === 500) throw error;
      await sleep(10);
    }
  }
}
