/** Which process of ours a target means by a PID of its own namespace. */
import { readdirSync, readFileSync } from 'node:fs';

/** Searches the children of `parent` for the one whose innermost PID is `inner`. proc(5): NSpid. */
export function outerPid(parent: number, inner: number): number {
  for (const child of childrenOf(parent)) {
    const line = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1] ?? '';
    if (Number(line.split(/\s+/).at(-1)) === inner) return child;
  }
  throw new Error(`no child of ${parent} has PID ${inner} in its namespace`);
}

/** Children of every thread. */
function childrenOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'));
  return lists.join(' ').split(' ').filter(Boolean).map(Number);
}
