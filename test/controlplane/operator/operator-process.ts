/** The operator as it ships, as a process: its log is kept, it can be stopped and killed, and it ends with us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../kube/config-maps.ts';
import { tied } from '../tied.ts';

const program = join(import.meta.dirname, '../../../dist/ebb.js');

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export class OperatorProcess implements AsyncDisposable {
  readonly lines: LogLine[] = [];
  readonly #child: ChildProcess;

  /** Status every second, /metrics on a port of its own. `env`: beside ours. */
  constructor(kubeconfig: string, flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
    const words = [
      'operator',
      '--kubeconfig',
      kubeconfig,
      '--metrics',
      '127.0.0.1:0',
      '--status-period',
      '1',
      ...flags,
    ];
    const [command, all] = tied('KILL', process.execPath, [program, ...words]);
    this.#child = spawn(command, all, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    createInterface(this.#child.stdout!).on('line', (line) => this.lines.push(JSON.parse(line) as LogLine));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  count(message: string, from = 0): number {
    return this.lines.slice(from).filter(({ msg }) => msg === message).length;
  }

  async says(message: string, withinMillis: number, from = 0): Promise<number> {
    return await until(`the operator to say "${message}"`, () => this.count(message, from) > 0, withinMillis);
  }

  /** Of the operator's own /metrics; a series as it stands there. */
  async metric(series: string): Promise<number> {
    const text = await this.get('/metrics');
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    if (line === undefined) throw new Error(`no series ${series}`);
    return Number(line.slice(series.length + 1));
  }

  async get(path: string): Promise<string> {
    const port = this.lines.find(({ msg }) => msg === 'Started operator')?.['port'];
    return await (await fetch(`http://127.0.0.1:${String(port)}${path}`)).text();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.ended) {
      const gone = once(this.#child, 'exit');
      this.#child.kill(signal);
      await gone;
    }
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
