/**
 * `ebb agent --standalone`: starts the worker with the rights, gives up its own, and runs the agent with policies from
 * files. Order matters: what needs root (lock, sockets, worker) comes before the drop, everything that reads what
 * others wrote after it.
 */
import { accessSync, chownSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatError } from '../../api/documents.ts';
import type { Reason } from '../../api/reasons.ts';
import { type Log, openLog } from '../../kube/log.ts';
import { type Library, loadLibrary } from '../../native/binding.ts';
import { type SpawnedWorker, spawnWorker } from '../../native/spawn.ts';
import type { ProcessSample } from '../../native/worker.ts';
import type { AgentConfig } from '../config.ts';
import { Journal } from '../journal.ts';
import { type End, Front, runAgent } from '../main.ts';
import { nativeFiles } from '../observe/files.ts';
import { readHierarchies } from '../observe/hierarchies.ts';
import { checkPidNamespace, HostError, liveRoots } from '../observe/host.ts';
import { keepFiles } from '../observe/kept-files.ts';
import { Metrics } from '../report/metrics.ts';
import { type Parts, Ticker } from '../tick.ts';
import { dropPrivileges } from './drop.ts';
import { lockNode } from './lock.ts';
import { type PolicyWatch, watchPolicies } from './policies.ts';

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

/** A worker that hangs must not keep the agent from ending. */
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
export async function startAgent(config: AgentConfig, version: string): Promise<number> {
  const log = openLog(config.logLevel);
  const opened = new Opened();
  try {
    const ended = await run(config, version, log, opened);
    log.info('Stopped agent');
    return ended === 'WorkerGone' ? 1 : 0;
  } finally {
    opened.close();
  }
}

async function run(config: AgentConfig, version: string, log: Log, opened: Opened): Promise<End> {
  const library = prepare(config, opened);
  const stop = stopSignals(log);
  let reload = (): void => undefined;
  process.on('SIGHUP', () => reload());
  const metrics = new Metrics(version);
  const front = new Front(metrics);
  opened.push(() => front.close());
  await listen(front, config, log);
  makeStateFolder(config);
  const spawned = await startWorker(config, opened);
  dropPrivileges(config.user);
  const watch = await openPolicies(config, metrics, log);
  opened.push(() => void watch.close());
  reload = () => void watch.refresh();
  const parts = partsOf(config, library, spawned, watch, metrics, log);
  const ticker = new Ticker(parts);
  void spawned.worker.gone.then(() => front.workerGone());
  front.show({ version, workerPid: spawned.pid, since: new Date() }, parts, ticker);
  log.info(
    { pid: process.pid, workerPid: spawned.pid, port: front.port, capabilities: spawned.worker.hello.capabilities },
    'Started agent',
  );
  const ended = await runAgent(parts, ticker, stop.asked);
  if (ended === 'WorkerGone') log.error({ reason: 'WorkerGone', pid: spawned.pid }, 'Lost worker');
  return ended;
}

function prepare(config: AgentConfig, opened: Opened): Library {
  if (process.getuid!() !== 0)
    throw new StartError(
      1,
      null,
      'the agent must be started as root: it hands its rights to ebb-worker and drops them',
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
function makeStateFolder({ stateFolder, user }: AgentConfig): void {
  if (stateFolder === null) return;
  mkdirSync(dirname(stateFolder), { recursive: true, mode: 0o755 });
  const found = statSync(stateFolder, { throwIfNoEntry: false });
  if (found === undefined) {
    mkdirSync(stateFolder, { mode: 0o700 });
    chownSync(stateFolder, user, user);
  } else if (!found.isDirectory() || found.uid !== user) {
    throw new StartError(1, null, `--state-dir ${stateFolder} must be a folder of user ${user}, or not exist yet`);
  }
}

function openJournal(config: AgentConfig, log: Log): Journal | null {
  if (config.stateFolder === null) return null;
  readableBy(config, '--state-dir', config.stateFolder);
  const journal = new Journal(config.stateFolder, readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const broken = journal.load();
  if (broken !== null) log.warn({ broken }, 'Left a broken journal aside');
  return journal;
}

async function startWorker(config: AgentConfig, opened: Opened): Promise<SpawnedWorker> {
  const spawned = await spawnWorker({ dacReadSearch: config.learnHotRanges, reclaim: config.allowReclaim });
  opened.push(() => spawned.worker.close());
  const has = new Set(spawned.worker.hello.capabilities);
  for (const [capability, reason] of [
    ['SYS_PTRACE', 'MissingSysPtrace'],
    ['SYS_NICE', 'MissingSysNice'],
  ] as const) {
    if (!has.has(capability))
      throw new StartError(1, reason, `the worker lacks CAP_${capability}: it can't advise other processes`);
  }
  return spawned;
}

/** After the drop: what counts is whether the agent itself gets there. */
function readableBy(config: AgentConfig, flag: string, folder: string): void {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(1, null, `${flag} ${folder} must be a folder that user ${config.user} may read (${code})`);
  }
}

async function openPolicies(config: AgentConfig, metrics: Metrics, log: Log): Promise<PolicyWatch> {
  readableBy(config, '--policies', config.policies);
  return watchPolicies(config.policies, (set) => {
    metrics.loaded(set.errors.length === 0 ? 'good' : 'bad');
    for (const error of set.errors)
      log.error({ policyError: formatError(error) }, 'Rejected policy file, the last good set stays in force');
    const names = set.profiles.map(({ profile }) => profile.name);
    log.info({ policies: names.length, generation: set.generation, errors: set.errors.length }, 'Loaded policies');
  });
}

function partsOf(
  config: AgentConfig,
  library: Library,
  spawned: SpawnedWorker,
  watch: PolicyWatch,
  metrics: Metrics,
  log: Log,
): Parts {
  const hierarchies = checked(() => readHierarchies(liveRoots));
  const { cgroupRoot } = config;
  const sampler = { sampleProcesses: (pids: readonly number[]) => library.sampleProcesses(pids).filter(isSample) };
  const ownPids = new Set([process.pid, spawned.pid]);
  const { readFiles } = keepFiles(nativeFiles(library), hierarchies);
  const eyes = { roots: liveRoots, hierarchies, readFiles, sampler, cgroupRoot, ownPids };
  return {
    config,
    worker: spawned.worker,
    eyes,
    hierarchies,
    policies: watch.current,
    journal: openJournal(config, log),
    metrics,
    log,
  };
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
