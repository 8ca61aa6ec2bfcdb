/** What the worker lacks to advise other processes, to learn, or to be enclosed. Pure. */
import type { Reason } from '../../api/reasons.ts';
import type { Hello } from '../../native/worker.ts';

export type MissingRight = Extract<Reason, 'MissingSysPtrace' | 'MissingSysNice' | 'MissingDacReadSearch'>;
type Held = Pick<Hello, 'capabilities'>;

const has = ({ capabilities }: Held, name: Hello['capabilities'][number]): boolean => capabilities.includes(name);

/** null: it can. Without one of these two the agent observes, and advises nobody. */
export function missingToAdvise(worker: Held): MissingRight | null {
  if (!has(worker, 'SYS_PTRACE')) return 'MissingSysPtrace';
  return has(worker, 'SYS_NICE') ? null : 'MissingSysNice';
}

/** null: it can. Without it hot ranges of other users' processes are not learned, and all else goes on. */
export const missingToLearn = (worker: Held): MissingRight | null =>
  has(worker, 'DAC_READ_SEARCH') ? null : 'MissingDacReadSearch';

/** With the features of a worker: it may write memory.reclaim, by a process that Landlock does not enclose. */
export const isNotEnclosed = (features: readonly string[]): boolean =>
  features.includes('Reclaim') && !features.includes('Landlock');

export const notEnclosedText =
  'Landlock does not enclose the process that writes memory.reclaim: taken over, it reaches processes of root’s, too';

export const rightText: Readonly<Record<MissingRight, string>> = {
  MissingSysPtrace: 'the worker lacks CAP_SYS_PTRACE: it can’t advise other processes, and the agent only observes',
  MissingSysNice: 'the worker lacks CAP_SYS_NICE: it can’t advise other processes, and the agent only observes',
  MissingDacReadSearch: 'the worker lacks CAP_DAC_READ_SEARCH: hot ranges of other users’ processes are not learned',
};
