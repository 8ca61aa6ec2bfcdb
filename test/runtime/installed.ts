/** The command as it is installed: bin/ebb and the bundle, run as a user would; an agent of it, asked through `ebb why`. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ContainerState } from '../../node-agent/report/state.ts';

const program = join(import.meta.dirname, '../../bin/ebb');

/** JSON of one `ebb` command; rejects where it does not end with 0. */
export async function ebbJson<T>(...words: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(program, [...words, '--json']);
  return JSON.parse(stdout) as T;
}

export interface InstalledAgent {
  why(container: string): Promise<ContainerState>;
  /** The container's state once it fits. */
  until(container: string, fits: (state: ContainerState) => boolean): Promise<ContainerState>;
  readonly socket: string;
  /** SIGTERM; how it ended and after how long. */
  end(): Promise<{ readonly code: number | null; readonly millis: number }>;
}

export function startInstalledAgent(cgroupRoot: string, policy: object): InstalledAgent {
  // Readable for the unprivileged user that the agent becomes.
  const folder = mkdtempSync(join(tmpdir(), 'ebb-agent-'));
  chmodSync(folder, 0o755);
  const policies = join(folder, 'policies');
  mkdirSync(policies);
  writeFileSync(join(policies, 'policy.yaml'), JSON.stringify(policy));
  const socket = join(folder, 'agent.sock');
  const words = ['agent', '--standalone', '--policies', policies, '--cgroup-root', cgroupRoot, '--socket', socket];
  const rest = ['--lock', join(folder, 'lock'), '--metrics', 'none', '--period', '0.5', '--wake-period', '200'];
  const child = spawn(program, [...words, ...rest], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const why = (container: string) => ebbJson<ContainerState>('why', container, '--socket', socket);
  return {
    socket,
    why,
    async until(container, fits) {
      let last: unknown;
      for (let tries = 0; tries < 100; tries++) {
        const state = await why(container).catch((error: Error) => error);
        if (!(state instanceof Error) && fits(state)) return state;
        last = state;
        await sleep(200);
      }
      throw new Error(`${container}: ${JSON.stringify(last)}\n${log.slice(-3000)}`);
    },
    async end() {
      const begun = performance.now();
      const ended = child.exitCode === null ? once(child, 'exit') : null;
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
      return { code: child.exitCode, millis: performance.now() - begun };
    },
  };
}
