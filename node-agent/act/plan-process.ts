/** Plans one proven process within a pass: lists, counts, looks what came back, chooses. Reads only. */
import type { PageCounts, Proof, Range, Session } from '../../native/worker.ts';
import { WorkerError } from '../../native/worker.ts';
import { type ChooseRules, candidateRanges, chooseRanges, type Plan } from '../decide/ranges.ts';
import type { Known, PassRequest } from './request.ts';
import type { Visit } from './visit.ts';

/** What this process may take of the container's budgets. */
export interface Share {
  readonly maxBytes: number;
  readonly keepResidentBytes: number;
}

export interface Planned {
  readonly plan: Plan;
  readonly cameBack: readonly Range[];
}

const nothingKnown: Known = { hot: [], immovable: [], resumeAt: 0 };

export async function planProcess(
  session: Session,
  visit: Visit,
  share: Share,
  request: PassRequest,
): Promise<Planned> {
  const { rules, advice, memory } = request;
  const { handle } = visit;
  const proof = visit.proof!;
  const candidates = candidateRanges(await session.list(handle), rules);
  const counts = await readable(session.count(handle, candidates.ranges));
  const earlier = counts === null ? [] : (memory?.pagedOut(proof) ?? []);
  const cameBack = earlier.length === 0 ? [] : await session.runs(handle, 'present', earlier);
  const known = memory?.known(proof, cameBack) ?? nothingKnown;
  const choose: ChooseRules = { advice, mode: rules.mode, ...share, ...known };
  const plan =
    counts === null
      ? chooseRanges(candidates, candidates.ranges.map(whole), uncounted(choose, proof))
      : chooseRanges(candidates, counts, choose);
  return { plan, cameBack };
}

/** null: the worker may not read page maps of this process (another user's, without DAC_READ_SEARCH). */
export async function readable<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    const refused = error instanceof WorkerError && ['PermissionDenied', 'MissingDacReadSearch'].includes(error.code);
    if (refused) return null;
    throw error;
  }
}

/** Where pages can't be counted each range may be resident (or swapped) to its end. */
const whole = (range: Range): PageCounts => ({
  presentBytes: range.end - range.start,
  swappedBytes: range.end - range.start,
});

/** The floor is then kept by advising no more address space than the process has resident above it. */
function uncounted(rules: ChooseRules, proof: Proof): ChooseRules {
  if (rules.keepResidentBytes === 0) return rules;
  const above = Math.max(0, proof.sample.rssAnonBytes - rules.keepResidentBytes);
  return { ...rules, keepResidentBytes: 0, maxBytes: Math.min(rules.maxBytes, above) };
}
