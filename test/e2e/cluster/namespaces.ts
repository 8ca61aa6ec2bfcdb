/**
 * Private namespaces in which a whole cluster, or one node of it, runs: when their first process ends, every process, mount
 * and interface in them is gone. They end with us, however we end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Command, tied } from '../../controlplane/tied.ts';

export interface NamespacesOptions {
  /** Of unshare(1) beyond --mount and --pid. */
  readonly kinds: readonly ('--net' | '--ipc' | '--uts')[];
  /** Run by sh as their first process; says "ready" and then becomes a program that waits and reaps. */
  readonly script: string;
  /** Made inside these. */
  readonly within?: Namespaces;
}

const always = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--propagation=private', '--mount-proc'];

export class Namespaces {
  /** Their first process, as this process sees it. */
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = firstProcess(child.pid!);
  }

  static async start({ kinds, script, within }: NamespacesOptions): Promise<Namespaces> {
    const unshare: Command = ['unshare', [...always, ...kinds, 'sh', '-ec', script]];
    const command = within ? within.command(...unshare) : unshare;
    const child = spawn(...tied('KILL', ...command), { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    await ready(child);
    child.unref();
    return new Namespaces(child);
  }

  /** Runs a program inside; it ends with the process that ran this. */
  command(program: string, words: readonly string[]): Command {
    const entered = ['-t', String(this.pid), '--mount', '--net', '--ipc', '--uts', '--pid', '--'];
    return ['nsenter', [...entered, 'setpriv', '--pdeathsig', 'KILL', program, ...words]];
  }

  /** How a path inside is called outside. */
  path(inside: string): string {
    return `/proc/${this.pid}/root${inside}`;
  }

  /** Ends everything inside, at once. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.ref();
    const gone = once(this.#child, 'exit');
    process.kill(this.pid, 'SIGKILL');
    await gone;
  }
}

function ready(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stderr! }).on('line', (line) => said.push(line));
    createInterface({ input: child.stdout! }).on('line', (line) => line === 'ready' && resolve());
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`namespaces could not be made (${code}):\n${said.join('\n')}`)));
  });
}

/** Below the one we started: the first that sees itself as 1 in namespaces deeper than ours. */
function firstProcess(pid: number): number {
  const own = levels('self').length;
  for (let at = pid; ; at = onlyChild(at)) {
    const seen = levels(at);
    if (seen.length > own && seen.at(-1) === 1) return at;
  }
}

function levels(pid: number | 'self'): number[] {
  const line = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return line![1]!.split(/\s+/).map(Number);
}

function onlyChild(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  if (!child) throw new Error(`process ${pid} has no child`);
  return Number(child);
}
