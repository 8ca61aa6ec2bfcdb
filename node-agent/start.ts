/**
 * How the agent comes up, whoever gives it its orders: takes the lock, opens its sockets, gets its worker, gives up its
 * own rights, and runs. Order matters: what needs root comes before the drop, everything that reads what others wrote
 * after it.
 */
import { accessSync, chownSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reason } from '../api/reasons.ts';
import { type Log, openLog } from '../kube/log.ts';
import { type Library, loadLibrary } from '../native/binding.ts';
import { connectSocket, spawnWorker } from '../native/spawn.ts';
import type { ProcessSample, Worker } from '../native/worker.ts';
import { isNotEnclosed, missingToAdvise, missingToLearn, notEnclosedText, rightText } from './act/rights.ts';
import type { AgentConfig } from './config.ts';
import { dropPrivileges } from './drop.ts';
import { Journal } from './journal.ts';
import { lockNode } from './lock.ts';
import { type End, Front, runAgent } from './main.ts';
import { nativeFiles } from './observe/files.ts';
import { readHierarchies } from './observe/hierarchies.ts';
import { checkPidNamespace, HostError, liveRoots } from './observe/host.ts';
import { keepFiles } from './observe/kept-files.ts';
import { giveBackOwnProgram } from './own-program.ts';
import { Metrics } from './report/metrics.ts';
import type { Source } from './source.ts';
import { type Parts, Ticker } from './tick.ts';

/** Why the agent did not start. `code`: a Reason where there is one; `exit`: what the command should exit with. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: Reason | null;
  readonly exit: 1 | 3;
  constructor(exit: 1 | 3, code: Reason | null, message: string) {
    super(message);
    this.exit = exit;
    this.code = code;
  }
}

/** What a source of orders may use. */
export interface Started {
  readonly version: string;
  readonly metrics: Metrics;
  readonly log: Log;
}

type OpenSource = (started: Started) => Promise<Source>;

/** A worker or an API server that hangs must not keep the agent from ending. */
const endMillis = 1500;

/** Closes what was opened, last first, however the agent ends; what is open would keep the process alive. */
class Opened {
  readonly #closers: (() => void)[] = [];

  push(close: () => void): void {
    this.#closers.push(close);
  }

  close(): void {
    setTimeout(() => process.exit(), endMillis).unref();
    for (const close of this.#closers.splice(0).reverse()) close();
  }
}

/** Runs until a signal ends it: 0, or 1 where the worker went away. Throws StartError, with nothing left open. */
export async function runAgentProgram(config: AgentConfig, version: string, openSource: OpenSource): Promise<number> {
  const log = openLog(config.logLevel);
  const opened = new Opened();
  try {
    const ended = await run(config, { version, metrics: new Metrics(version), log }, opened, openSource);
    log.info('Stopped agent');
    return ended === 'WorkerGone' ? 1 : 0;
  } finally {
    opened.close();
  }
}

async function run(config: AgentConfig, started: Started, opened: Opened, openSource: OpenSource): Promise<End> {
  const { version, metrics, log } = started;
  const library = prepare(config, opened);
  const stop = stopSignals(log);
  let refresh = (): void => undefined;
  process.on('SIGHUP', () => refresh());
  const front = new Front(metrics);
  opened.push(() => front.close());
  await listen(front, config, log);
  makeStateFolder(config);
  const worker = await workerBesideDrop(config, opened);
  const source = await openSource(started);
  opened.push(() => void source.close());
  refresh = () => source.refresh();
  const parts = partsOf(config, library, worker, source, metrics, log);
  const ticker = new Ticker(parts);
  const { pid: workerPid, capabilities, features } = worker.hello;
  void worker.gone.then(() => front.workerGone());
  front.show({ version, workerPid, since: new Date() }, parts, ticker);
  tellMissing(config, worker, log);
  log.info({ pid: process.pid, workerPid, port: front.port, capabilities, features }, 'Started agent');
  source.begin(parts, ticker);
  opened.push(giveBackOwnProgram(library, log));
  const ended = await runAgent(parts, ticker, stop.asked);
  if (ended === 'WorkerGone') log.error({ reason: 'WorkerGone', pid: workerPid }, 'Lost worker');
  await source.close();
  return ended;
}

function prepare(config: AgentConfig, opened: Opened): Library {
  if (process.getuid!() !== 0 && config.workerSocket === null)
    throw new StartError(
      1,
      null,
      'the agent must be started as root: it hands its rights to ebb-worker and drops them (or name the socket of a worker that runs already with --worker-socket)',
    );
  checked(() => checkPidNamespace(liveRoots));
  const library = loadLibrary();
  const locked = lockNode(config.lock, (descriptor, operation) => library.flock(descriptor, operation));
  if (!locked.ok) throw new StartError(3, locked.reason, locked.message);
  opened.push(locked.release);
  return library;
}

function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof HostError)
      throw new StartError(error.code === 'WrongPidNamespace' ? 3 : 1, error.code, error.message);
    throw error;
  }
}

async function listen(front: Front, config: AgentConfig, log: Log): Promise<void> {
  mkdirSync(dirname(config.socket), { recursive: true, mode: 0o755 });
  try {
    await front.listen(config, log);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StartError(
      1,
      null,
      `can't listen: ${message}${code === 'EADDRINUSE' ? '; see --metrics and --socket' : ''}`,
    );
  }
}

/** The one writable folder of the agent: its own user's. */
function makeStateFolder(config: AgentConfig): void {
  const { stateFolder } = config;
  if (stateFolder === null) return;
  const user = ownUser(config);
  mkdirSync(dirname(stateFolder), { recursive: true, mode: 0o755 });
  const found = statSync(stateFolder, { throwIfNoEntry: false });
  if (found === undefined) {
    mkdirSync(stateFolder, { mode: 0o700 });
    chownSync(stateFolder, user, user);
  } else if (!found.isDirectory() || found.uid !== user) {
    throw new StartError(1, null, `--state-dir ${stateFolder} must be a folder of user ${user}, or not exist yet`);
  }
}

/** Whoever is not root stays who he is. */
const ownUser = ({ user }: AgentConfig): number => process.getuid!() || user;

function openJournal(config: AgentConfig, log: Log): Journal | null {
  if (config.stateFolder === null) return null;
  readableBy(config, '--state-dir', config.stateFolder);
  const journal = new Journal(config.stateFolder, readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const broken = journal.load();
  if (broken !== null) log.warn({ broken }, 'Left a broken journal aside');
  return journal;
}

/** A worker of our own inherits our rights; one that waits on a socket lets in only the user that we become. */
async function workerBesideDrop(config: AgentConfig, opened: Opened): Promise<Worker> {
  const { workerSocket } = config;
  const own = workerSocket === null ? await ownWorker(config) : null;
  if (own !== null) opened.push(() => own.close());
  if (process.getuid!() === 0) dropPrivileges(config.user);
  if (own !== null) return own;
  const worker = await connectSocket(workerSocket!).catch((error: Error) => {
    throw new StartError(1, 'WorkerGone', `--worker-socket ${workerSocket}: ${error.message}`);
  });
  opened.push(() => worker.close());
  return worker;
}

async function ownWorker(config: AgentConfig): Promise<Worker> {
  const { worker } = await spawnWorker({ dacReadSearch: config.learnHotRanges, reclaim: config.allowReclaim });
  return worker;
}

function tellMissing({ learnHotRanges }: AgentConfig, { hello }: Worker, log: Log): void {
  const missing = [missingToAdvise(hello), learnHotRanges ? missingToLearn(hello) : null];
  for (const reason of missing) if (reason !== null) log.warn({ reason, message: rightText[reason] }, 'Missed a right');
  if (isNotEnclosed(hello.features)) log.warn({ message: notEnclosedText }, 'Missed Landlock');
}

/** After the drop: what counts is whether the agent itself gets there. */
export function readableBy(config: AgentConfig, flag: string, path: string): void {
  const what = flag === '--kubeconfig' ? 'file' : 'folder';
  try {
    accessSync(path, what === 'folder' ? constants.R_OK | constants.X_OK : constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(1, null, `${flag} ${path} must be a ${what} that user ${ownUser(config)} may read (${code})`);
  }
}

function partsOf(
  config: AgentConfig,
  library: Library,
  worker: Worker,
  source: Source,
  metrics: Metrics,
  log: Log,
): Parts {
  const hierarchies = checked(() => readHierarchies(liveRoots));
  const { cgroupRoot } = config;
  const sampler = { sampleProcesses: (pids: readonly number[]) => library.sampleProcesses(pids).filter(isSample) };
  const ownPids = new Set([process.pid, worker.hello.pid]);
  const { readFiles } = keepFiles(nativeFiles(library), hierarchies);
  const eyes = { roots: liveRoots, hierarchies, readFiles, sampler, cgroupRoot, ownPids };
  const journal = openJournal(config, log);
  return { config, worker, eyes, hierarchies, source, journal, metrics, log };
}

const isSample = (found: ProcessSample | { readonly errno: number }): found is ProcessSample => !('errno' in found);

/** SIGTERM and SIGINT ask for the end; a second one, or a worker that hangs, does not wait for it. */
function stopSignals(log: Log): { readonly asked: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'Stopping agent');
      setTimeout(() => process.exit(0), endMillis).unref();
      resolve();
    });
  }
  return { asked: promise };
}
