/** Runs the kubectl that belongs to the API server. What it caches stays in the control plane's folder. */
import { execFile } from 'node:child_process';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface KubectlOptions {
  /** Its standard input, for `-f -`. */
  readonly input?: string;
  /** The administrator's where absent. */
  readonly kubeconfig?: string;
}

const limits = { timeout: 60_000, killSignal: 'SIGKILL', maxBuffer: 256 * 2 ** 20 } as const;

/** A kubectl that could not be started, or took too long, has code -1. */
export function runKubectl(
  program: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string,
  timeout: number = limits.timeout,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(program, words, { ...limits, timeout, env }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err: code === -1 ? `${err}${error!.message}` : err });
    });
    child.stdin!.on('error', () => undefined); // it ended without reading
    child.stdin!.end(input);
  });
}
