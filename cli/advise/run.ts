/** `ebb advise`: finds whom the user means, lets a worker of its own do one pass over them, and says what happened. */
import type { Reason } from '../../api/reasons.ts';
import type { ContainerRef, Worker } from '../../native/worker.ts';
import { type PassOutcome, runPass } from '../../node-agent/act/pass.ts';
import { Visit } from '../../node-agent/act/visit.ts';
import { leastSliceBytes } from '../../node-agent/decide/slice-size.ts';
import type { Run } from '../command.ts';
import { type ExitCode, exit } from '../exit.ts';
import { openHost } from '../host.ts';
import { note, print, printJson, tableLook } from '../output.ts';
import { refuseWithoutRights, withWorker } from '../worker.ts';
import { interruptible } from './interrupt.ts';
import { adviseJson } from './json.ts';
import { lookAround } from './look.ts';
import { progressOn } from './progress.ts';
import { type Dropped, reclaimCache } from './reclaim.ts';
import { type AdviseRequest, requestOf } from './request.ts';
import { showPass } from './show.ts';
import { swapRefusal } from './swap-guard.ts';
import type { Meant, RefusedTarget } from './targets.ts';
import { asSkipped, exitCode, mainReason, nothing, sentence, withRefused } from './verdict.ts';

export const run: Run = async ({ values }) => {
  const request = requestOf(values);
  const hierarchies = openHost();
  const meant = await lookAround(hierarchies, request.subject);
  const refused = meant.refused.map(refusedOutcome);
  if (meant.targets.length === 0) return tell(request, meant, nothing(refused), null);
  const options = { dacReadSearch: true, reclaim: request.allowReclaim && !request.dryRun };
  return withWorker(options, async (spawned) => {
    refuseWithoutRights(spawned);
    const outcome = await pass(spawned.worker, request, meant, (next) =>
      swapRefusal(hierarchies, meant.swapCgroup, next),
    );
    const dropped = options.reclaim ? await reclaimCache(spawned.worker, meant.container, outcome) : null;
    return tell(request, meant, withRefused(outcome, refused), dropped);
  });
};

async function pass(
  worker: Worker,
  request: AdviseRequest,
  meant: Meant,
  pageOutRefusal: (nextBytes: number) => Reason | null,
): Promise<PassOutcome> {
  // What really moves is seen in the figures of the kernel; what a dry run would move is not.
  const guard = (nextBytes: number) =>
    request.advice === 'PageOut' ? pageOutRefusal(request.dryRun ? nextBytes : 0) : null;
  const before = guard(0);
  if (before !== null) return asSkipped(await onePass(worker, { ...request, dryRun: true }, meant, () => null), before);
  return onePass(worker, request, meant, guard);
}

async function onePass(
  worker: Worker,
  request: AdviseRequest,
  { container, targets }: Meant,
  guard: (nextBytes: number) => Reason | null,
): Promise<PassOutcome> {
  const progress = progressOn(process.stderr);
  const plannedBytes = plan(request, targets);
  try {
    return await interruptible((signal) =>
      runPass(worker, {
        container,
        targets,
        advice: request.advice,
        rules: {
          kinds: ['Anonymous'],
          minRangeBytes: request.minRangeBytes,
          keepResidentBytes: request.keepResidentBytes,
          maxBytesPerRound: Number.MAX_SAFE_INTEGER,
          excludeCommands: [],
          mode: 'All',
        },
        limits: {
          maxBytesPerSecond: request.maxBytesPerSecond,
          maxStallMicroseconds: request.maxStallMicroseconds,
          deadlineMillis: 0,
          ...(request.dryRun && { maxSliceBytes: leastSliceBytes }),
        },
        dryRun: request.dryRun,
        guard,
        signal,
        onProgress: (advisedBytes, planned) => progress.update(advisedBytes, Math.max(planned, plannedBytes)),
      }),
    );
  } finally {
    progress.clear();
  }
}

/** Before the first process is planned the best guess is what the samples say. */
function plan({ advice }: AdviseRequest, targets: Meant['targets']): number {
  const of = advice === 'WillNeed' ? 'swapBytes' : 'rssAnonBytes';
  return targets.reduce((sum, { sample }) => sum + (sample?.[of] ?? 0), 0);
}

function tell(request: AdviseRequest, meant: Meant, outcome: PassOutcome, dropped: Dropped | null): ExitCode {
  const code = exitCode(outcome);
  const cgroup: ContainerRef['cgroup'] | null = meant.container?.cgroup ?? null;
  const reclaimed = { reclaimedFromCacheBytes: dropped?.droppedBytes ?? null };
  if (request.json) printJson(adviseJson(outcome, request, cgroup, reclaimed));
  else if (meant.targets.length > 0) print(showPass(outcome, request, dropped, tableLook()));
  const reason = mainReason(outcome);
  if (code !== exit.done && reason !== null) {
    note(`ebb: ${code === exit.refused ? 'refused' : 'failed'}: ${sentence(meant.what, reason)}`);
  }
  return code;
}

function refusedOutcome({ target, reason }: RefusedTarget) {
  const visit = new Visit(target);
  visit.close(reason);
  return visit.outcome();
}
