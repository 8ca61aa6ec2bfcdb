/**
 * One pass: gives one advice to the processes of one container through the worker and says what happened. Proves each
 * process, plans its ranges (decide/ranges.ts), advises slice by slice, measures. A process that hangs the session it
 * is in costs that session only: the others go on in a new one.
 */
import type { Reason } from '../../api/reasons.ts';
import { type Session, type Worker, WorkerError } from '../../native/worker.ts';
import { adviseProcess, learn, type Pace } from './advise-process.ts';
import { Books } from './books.ts';
import { movesBytes, tooMany } from './largest.ts';
import type { PassOutcome } from './outcome.ts';
import { type Planned, planProcess, type Share } from './plan-process.ts';
import type { PassRequest } from './request.ts';
import { openVisits } from './sessions.ts';
import { Stop } from './stop.ts';
import { summary } from './summary.ts';
import { Visit } from './visit.ts';

export type { BeforeAfter, Learned, PassOutcome, ProcessOutcome } from './outcome.ts';
export type { Known, PassLimits, PassMemory, PassRequest, PassRules, PassTarget } from './request.ts';

/** docs/design.md, Bounds. */
const maxProcesses = 256;

export async function runPass(worker: Worker, request: PassRequest): Promise<PassOutcome> {
  const pass = new Pass(worker, request);
  const started = performance.now();
  const before = pass.books.read();
  await pass.run();
  const wallMillis = performance.now() - started;
  return {
    ...summary(pass.visits, pass.stop.reason, before, pass.books.read()),
    wallMillis: Math.round(wallMillis),
    stuckSessions: pass.stuckSessions,
  };
}

class Pass {
  readonly visits: readonly Visit[];
  readonly stop: Stop;
  readonly books: Books;
  stuckSessions: number | null = null;
  readonly #worker: Worker;
  readonly #request: PassRequest;
  readonly #pace: Pace = { chunkBytes: 0, advisedBytes: 0, dryBytes: 0 };
  #roundLeft: number;
  #keepLeft: number;

  constructor(worker: Worker, request: PassRequest) {
    this.#worker = worker;
    this.#request = request;
    this.stop = new Stop(request);
    this.books = new Books(request.container);
    this.visits = request.targets.map((target) => new Visit(target));
    this.#roundLeft = request.rules.maxBytesPerRound;
    this.#keepLeft = request.rules.keepResidentBytes;
  }

  async run(): Promise<void> {
    const left = tooMany(this.#request.targets, this.#request.advice, maxProcesses);
    for (const visit of this.visits) if (left.has(visit.target)) visit.close('TooManyProcesses');
    for (let sessions = 0; this.#unfinished().length > 0; sessions += 1) {
      const refused = await this.stop.check();
      const waiting = this.#unfinished().filter((visit) => visit.stage === 'Waiting');
      if (refused !== null) for (const visit of waiting) visit.close(refused);
      if (sessions > maxProcesses) this.#lost(new WorkerError('ProtocolError', 'sessions end without progress'));
      if (this.#unfinished().length > 0) await this.#oneSession(this.#unfinished());
    }
  }

  #unfinished(): Visit[] {
    return this.visits.filter((visit) => visit.stage !== 'Closed');
  }

  async #oneSession(visits: readonly Visit[]): Promise<void> {
    const session = await openVisits(this.#worker, this.#request, visits).catch((error) => this.#lost(error));
    if (session === null) return;
    const ended = session.ended.then(({ stuck }) => {
      this.stuckSessions = stuck;
    });
    try {
      await this.#goThrough(session);
      await this.#measure(session);
      await session.end();
      await ended;
    } catch (error) {
      session.end().catch(() => undefined);
      if (!(error instanceof WorkerError)) throw error;
      if (!(await isOver(session))) this.#lost(error);
    }
  }

  /** No session can be had: whoever waits will not be gone through. */
  #lost(error: unknown): null {
    if (!(error instanceof WorkerError)) throw error;
    this.stop.reason ??= error.code;
    for (const visit of this.#unfinished()) visit.close(error.code);
    return null;
  }

  /** Largest first: a pass that is cut short should have done most of its good. */
  async #goThrough(session: Session): Promise<void> {
    const bytes = (visit: Visit): number => movesBytes(this.#request.advice, visit.proof!.sample);
    const waiting = this.#unfinished().filter((visit) => visit.stage === 'Waiting');
    let total = waiting.reduce((sum, visit) => sum + bytes(visit), 0);
    for (const visit of waiting.sort((a, b) => bytes(b) - bytes(a))) {
      const refused = (await this.stop.check()) ?? this.#refusal(visit);
      if (refused === null) await this.#visit(session, visit, this.#share(bytes(visit), total));
      else visit.close(refused);
      total -= bytes(visit);
    }
  }

  #refusal(visit: Visit): Reason | null {
    const { sample } = visit.proof!;
    if (sample.traced) return 'Traced';
    if (sample.realTime) return 'RealTime';
    return this.#request.rules.excludeCommands.includes(sample.comm) ? 'ExcludedCommand' : null;
  }

  /** What stays resident is shared by size; what one process keeps for other reasons, the others need not keep. */
  #share(bytes: number, totalBytes: number): Share {
    const part = totalBytes === 0 ? 1 : bytes / totalBytes;
    return { maxBytes: this.#roundLeft, keepResidentBytes: Math.ceil(this.#keepLeft * part) };
  }

  async #visit(session: Session, visit: Visit, share: Share): Promise<void> {
    try {
      await this.#advise(session, visit, await planProcess(session, visit, share, this.#request));
      visit.stage = 'Advised';
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      const over = await isOver(session);
      visit.close(error.code);
      if (over) throw error;
    }
  }

  async #advise(session: Session, visit: Visit, { plan, cameBack }: Planned): Promise<void> {
    visit.planned(plan);
    this.#roundLeft = Math.max(0, this.#roundLeft - plan.plannedBytes);
    this.#keepLeft = Math.max(0, this.#keepLeft - plan.keptBytes);
    const before = this.books.read();
    await adviseProcess(session, visit, plan, this.#request, this.stop, this.#pace);
    if (this.#request.dryRun) return;
    visit.books = { before, after: this.books.read() };
    if (this.#request.memory && visit.error !== 'Execed') {
      visit.learned = await learn(session, visit, this.#request.advice, plan, cameBack);
    }
  }

  async #measure(session: Session): Promise<void> {
    const open = await session.measure();
    const byPid = new Map(open.map((opened) => [opened.ok ? opened.proof.pid : opened.pid, opened]));
    for (const visit of this.#unfinished()) {
      const opened = byPid.get(visit.target.pid);
      if (opened === undefined) visit.close('Exited');
      else visit.measured(opened);
    }
  }
}

/** A refused call leaves its session alive; an ended session tells so right after its calls were rejected. */
const isOver = (session: Session): Promise<boolean> =>
  Promise.race([session.ended.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, 5, false))]);
