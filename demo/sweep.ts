/** Takes away the cgroups of the demo's container, wherever its runtime made them. */
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A cgroup stays busy for a moment after its last process. */
async function removeOne(folder: string): Promise<void> {
  for (let tries = 0; existsSync(folder); tries++) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(20);
    }
  }
}

/** A runtime makes cgroups in hierarchies that nobody else here needs, too. */
function cgroupMounts(): string[] {
  const lines = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
  return lines.map((line) => line.split(' ')).flatMap(([, mount, type]) => (type!.startsWith('cgroup') ? mount! : []));
}

/** Also its parent, unless another demo has a container there. */
export async function removeCgroups(cgroup: string): Promise<void> {
  for (const mount of cgroupMounts()) {
    await removeOne(join(mount, cgroup));
    const parent = join(mount, dirname(cgroup));
    if (existsSync(parent) && !readdirSync(parent, { withFileTypes: true }).some((entry) => entry.isDirectory()))
      await removeOne(parent);
  }
}
