/** A real agent for a test: ports and sockets of its own, ended with the test. startAgent() runs one without a cluster. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentOptions } from '../../../node-agent/config.ts';
import type { AgentState, ContainerState } from '../../../node-agent/report/state.ts';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How long a wait for the agent may take: it says that something hangs, not how fast it is on a busy machine. */
const patienceMillis = Number(process.env['EBB_PATIENCE_SECONDS'] ?? 60) * 1000;

export class Agent implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly lines: LogLine[] = [];
  /** What it wrote that is no log line. */
  readonly output: string[] = [];
  readonly ended: Promise<{ readonly code: number | null; readonly millis: number }>;

  /** `folder`: of its own, with its socket `agent.sock`; removed with it. */
  constructor(folder: string, command: readonly [program: string, words: readonly string[]], env = process.env) {
    this.folder = folder;
    const started = performance.now();
    this.child = spawn(...command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#read(this.child.stdout!);
    this.#read(this.child.stderr!);
    this.ended = once(this.child, 'close').then(([code]) => ({ code, millis: performance.now() - started }));
  }

  #read(stream: NodeJS.ReadableStream): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.#take(line);
    });
  }

  #take(line: string): void {
    try {
      this.lines.push(JSON.parse(line) as LogLine);
    } catch {
      this.output.push(line);
    }
  }

  /** The first line with this message that fits, now or later. */
  async line(
    msg: string,
    fits: (line: LogLine) => boolean = () => true,
    withinMillis = patienceMillis,
  ): Promise<LogLine> {
    const end = performance.now() + withinMillis;
    for (;;) {
      const found = this.lines.find((line) => line.msg === msg && fits(line));
      if (found) return found;
      if (performance.now() > end || this.child.exitCode !== null) throw new Error(this.#story(`no line "${msg}"`));
      await sleep(50);
    }
  }

  /** The container's state once it fits. */
  async container(
    cgroup: string,
    fits: (state: ContainerState) => boolean,
    withinMillis = patienceMillis,
  ): Promise<ContainerState> {
    const end = performance.now() + withinMillis;
    let last: ContainerState | undefined;
    for (;;) {
      last = (await this.state()).containers.find((one) => one.cgroup === cgroup);
      if (last && fits(last)) return last;
      if (performance.now() > end) throw new Error(this.#story(`${cgroup} is ${JSON.stringify(last, null, 1)}`));
      await sleep(100);
    }
  }

  async until(fits: (state: AgentState) => boolean, withinMillis = patienceMillis): Promise<AgentState> {
    const end = performance.now() + withinMillis;
    for (;;) {
      const state = await this.state();
      if (fits(state)) return state;
      if (performance.now() > end) throw new Error(this.#story(JSON.stringify(state, null, 1)));
      await sleep(100);
    }
  }

  async state(): Promise<AgentState> {
    await this.line('Started agent');
    return JSON.parse((await this.get('/state', { socketPath: join(this.folder, 'agent.sock') })).body) as AgentState;
  }

  async outside(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const { port } = await this.line('Started agent');
    return this.get(path, { host: '127.0.0.1', port: port as number });
  }

  get(path: string, where: object): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const call = request({ path, ...where }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode!, body }));
      });
      call.on('error', reject).end();
    });
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, 'policies', file), text);
  }

  #story(what: string): string {
    const shown = this.lines.filter((line) => line.level !== 'debug').slice(-20);
    return [what, ...shown.map((line) => JSON.stringify(line)), ...this.output].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      const ended = await Promise.race([this.ended, sleep(4000)]);
      if (ended === undefined) this.child.kill('SIGKILL');
      await this.ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `policies`: file name → text. `through`: words in front, as ["setpriv", …]. */
export function startAgent(
  policies: Readonly<Record<string, string>>,
  options: Partial<AgentOptions> = {},
  through: readonly string[] = [],
): Agent {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-agent-'));
  chmodSync(folder, 0o755);
  const files = join(folder, 'policies');
  mkdirSync(files, { mode: 0o755 });
  for (const [name, text] of Object.entries(policies)) writeFileSync(join(files, name), text);
  const all: AgentOptions = {
    policies: files,
    periodSeconds: 0.5,
    wakePeriodMillis: 200,
    metrics: '127.0.0.1:0',
    socket: join(folder, 'agent.sock'),
    lock: join(folder, 'agent.lock'),
    logLevel: 'debug',
    ...options,
  };
  const [program, ...words] = [
    ...through,
    ...[process.execPath, join(import.meta.dirname, 'start.ts'), JSON.stringify(all)],
  ];
  return new Agent(folder, [program!, words]);
}
