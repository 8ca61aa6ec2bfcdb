/** Gives up every privilege for good, on all threads, and proves it by what the kernel says of each of them. */
import { readdirSync, readFileSync } from 'node:fs';

/** Call it once everything that needs root is open. Throws where anything is left. */
export function dropPrivileges(user: number): void {
  process.setgroups!([]);
  process.setgid!(user);
  process.setuid!(user);
  const left = privileged();
  if (left.length > 0) throw new Error(`threads still hold privileges: ${left.join(', ')}`);
}

/** Threads of this process with a capability in any set that counts, or of uid or gid 0. */
export function privileged(task = '/proc/self/task'): readonly string[] {
  return readdirSync(task).filter((thread) => {
    const status = statusOf(`${task}/${thread}/status`);
    return status !== null && !isPlain(status);
  });
}

const isPlain = (status: string): boolean =>
  ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].every((set) => /^0+$/.test(field(status, set))) &&
  [...field(status, 'Uid').split('\t'), ...field(status, 'Gid').split('\t')].every((id) => Number(id) !== 0);

const field = (status: string, name: string): string => new RegExp(`^${name}:\\s+(.+)$`, 'm').exec(status)?.[1] ?? '';

/** null: the thread ended while we looked. */
function statusOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
