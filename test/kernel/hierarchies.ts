/** Where this machine mounts its cgroup hierarchies, as the tests that make cgroups need it. */
import { readFileSync } from 'node:fs';

export interface Mounts {
  /** Version of the hierarchy with the memory controller. */
  readonly version: 1 | 2;
  readonly memory: string;
  readonly freezer: string | null;
  readonly unified: string | null;
  /** Every hierarchy that a test's cgroup is made in. */
  readonly mounts: readonly string[];
}

const controllers = ['memory', 'cpu', 'cpuacct', 'blkio', 'freezer', 'pids'];

export function hierarchies(): Mounts {
  const lines = readFileSync('/proc/self/mounts', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const v1 = lines.filter((line) => line[2] === 'cgroup');
  const mountOf = (controller: string) => v1.find((line) => line[3]!.split(',').includes(controller))?.[1] ?? null;
  const unified = lines.find((line) => line[2] === 'cgroup2')?.[1] ?? null;
  const memory = mountOf('memory');
  if (memory === null) {
    if (unified === null) throw new Error('no memory cgroup hierarchy is mounted');
    return { version: 2, memory: unified, freezer: null, unified, mounts: [unified] };
  }
  const mounts = new Set([...controllers.map(mountOf), unified].filter((mount) => mount !== null));
  return { version: 1, memory, freezer: mountOf('freezer'), unified, mounts: [...mounts] };
}
