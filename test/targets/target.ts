/** Starts test/targets/target.c as a child: in PID namespaces, a cgroup, as another user. Driver has its commands. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Driver } from './driver.ts';
import { outerPid } from './pids.ts';

export { type Loop, type OwnMemory, type Part, type Region, TargetError } from './driver.ts';

export interface TargetOptions {
  /** How many PID namespaces deeper it runs. */
  readonly pidNamespaces?: number;
  readonly uid?: number;
  /** It is moved there before its first command. */
  readonly cgroup?: { add(pid: number): void };
}

const folder = import.meta.dirname;
let built = false;

/** Path of the static program, made by make(1) where it is not up to date. */
export function targetProgram(): string {
  if (!built && process.env['EBB_PREBUILT'] === undefined) {
    const made = spawnSync('make', ['-s', '-C', folder], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`test/targets did not build: ${made.stderr || made.error?.message}`);
  }
  built = true;
  return join(folder, 'build/target');
}

/** A running target. `await using` ends it. */
export class Target extends Driver implements AsyncDisposable {
  /** The process we started, which watches the target and ends as it does. */
  readonly child: ChildProcess;

  #pids = { innerPid: 0, outerPid: 0 };

  private constructor(child: ChildProcess) {
    super(child.stdout!, child.stdin!);
    this.child = child;
  }

  /** As this process sees it. */
  get pid(): number {
    return this.#pids.outerPid;
  }
  /** As the target sees itself. */
  get innerPid(): number {
    return this.#pids.innerPid;
  }

  static async start(options: TargetOptions = {}): Promise<Target> {
    const child = spawn(targetProgram(), argumentsOf(options), { stdio: ['pipe', 'pipe', 'inherit'] });
    const target = new Target(child);
    try {
      const { innerPid, outerPid } = await target.ready();
      target.#pids = { innerPid, outerPid };
      options.cgroup?.add(outerPid);
      return target;
    } catch (error) {
      await target.end();
      throw error;
    }
  }

  /** Our PID of a process that the target knows as `inner`. */
  outerPid(inner: number): number {
    return outerPid(this.pid, inner);
  }

  /** Kills it and waits until it is gone; fine when it is gone already. */
  async end(): Promise<void> {
    this.child.stdin!.destroy();
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

function argumentsOf(options: TargetOptions): string[] {
  const nested = options.pidNamespaces ? ['--pidns', String(options.pidNamespaces)] : [];
  const user = options.uid === undefined ? [] : ['--uid', String(options.uid)];
  return [...nested, ...user];
}
