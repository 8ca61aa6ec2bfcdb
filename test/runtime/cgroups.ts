/** Removes a cgroup, and all below it, from every hierarchy of the machine: what a runtime leaves behind. */
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

function mounts(): string[] {
  const lines = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
  return lines.map((line) => line.split(' ')).flatMap(([, path, type]) => (type?.startsWith('cgroup') ? [path!] : []));
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
