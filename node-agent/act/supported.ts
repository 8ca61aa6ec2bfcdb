/** Which advice this kernel takes for another process, as the worker has found out on a child of its own. */
import { adviceNumbers } from '../../native/names.ts';
import type { Advice, Worker } from '../../native/worker.ts';

const all: readonly Advice[] = ['Cold', 'PageOut', 'WillNeed', 'Collapse'];

export async function supportedAdvice(worker: Pick<Worker, 'probe'>): Promise<readonly Advice[]> {
  const taken = (await worker.probe()).filter(({ errno }) => errno === 0).map(({ advice }) => advice);
  return all.filter((advice) => taken.includes(adviceNumbers[advice]));
}
