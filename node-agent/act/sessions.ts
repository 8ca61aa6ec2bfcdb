/** Opens the processes of a pass in one session of the worker; finds which of them hangs it. */
import type { Advice, Opened, Right, Session, Worker } from '../../native/worker.ts';
import { WorkerError } from '../../native/worker.ts';
import type { PassRequest } from './request.ts';
import type { Visit } from './visit.ts';

/** WillNeed and Collapse too are advice; only a dry run needs no right to advise. */
export const rightsOf = (request: { readonly dryRun: boolean; readonly advice: Advice }): readonly Right[] =>
  request.dryRun ? ['observe'] : ['observe', 'advise'];

/** How often in a row a session may hang with no process found that hangs it. */
const maxTries = 3;

/** A session in which every visit that is not closed by now has its handle; null: none of them is left. */
export async function openVisits(
  worker: Worker,
  request: PassRequest,
  visits: readonly Visit[],
): Promise<Session | null> {
  let tries = 0;
  for (let left = visits; left.length > 0; left = left.filter((visit) => visit.stage !== 'Closed')) {
    const session = await worker.begin(request.container, rightsOf(request));
    if (await openAll(session, left)) return session;
    if (left.every((visit) => visit.stage === 'Closed')) return null;
    const stuck = await stuckAmong(worker, request, left);
    tries = stuck.length > 0 ? 0 : tries + 1;
    for (const visit of tries === maxTries ? left : stuck) visit.close('TargetStuck');
  }
  return null;
}

/** Whether the session holds a handle now. False: it hung, or every visit was refused; it is over either way. */
async function openAll(session: Session, visits: readonly Visit[]): Promise<boolean> {
  let keep = false;
  try {
    take(visits, await session.open(visits.map((visit) => visit.wanted())));
    keep = visits.some((visit) => visit.stage !== 'Closed');
    return keep;
  } catch (error) {
    if (error instanceof WorkerError && error.code === 'TargetStuck') return false;
    throw error;
  } finally {
    if (!keep) session.end().catch(() => undefined);
  }
}

function take(visits: readonly Visit[], opened: readonly Opened[]): void {
  for (const [index, visit] of visits.entries()) {
    const answer = opened[index];
    if (answer === undefined) visit.close('ProtocolError');
    else visit.opened(answer);
  }
}

/** By halves: each try costs one deadline at most. Empty where it does not hang again. */
async function stuckAmong(worker: Worker, request: PassRequest, visits: readonly Visit[]): Promise<readonly Visit[]> {
  if (visits.length === 1) return visits;
  const middle = Math.ceil(visits.length / 2);
  const found: Visit[] = [];
  for (const half of [visits.slice(0, middle), visits.slice(middle)]) {
    if (await hangs(worker, request, half)) found.push(...(await stuckAmong(worker, request, half)));
  }
  return found;
}

async function hangs(worker: Worker, request: PassRequest, visits: readonly Visit[]): Promise<boolean> {
  const session = await worker.begin(request.container, ['observe']);
  try {
    await session.open(visits.map((visit) => visit.wanted()));
    return false;
  } catch (error) {
    if (error instanceof WorkerError && error.code === 'TargetStuck') return true;
    throw error;
  } finally {
    await session.end().catch(() => undefined);
  }
}
