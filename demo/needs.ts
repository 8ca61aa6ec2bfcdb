/** What the demo needs of the machine, and exactly what is missing. */
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** One line for each thing that is missing; empty: all is there. */
export function missing(): readonly string[] {
  const lines: string[] = [];
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (process.platform !== 'linux') return [`Linux 5.15 or newer: this is ${process.platform}`];
  if (major < 5 || (major === 5 && minor < 15))
    lines.push(`Linux 5.15 or newer (process_madvise with WILLNEED): this is ${release()}`);
  if (process.getuid?.() !== 0) lines.push('root (swap, a container and advice to its processes): run it with sudo');
  if (!existsSync('/sys/fs/cgroup')) lines.push('cgroups mounted at /sys/fs/cgroup');
  for (const built of ['dist/ebb.js', 'native/build/ebb-worker'])
    if (!existsSync(join(root, built))) lines.push(`${built}: run npm run build`);
  return lines;
}
