/**
 * Private mount and PID namespaces for a container runtime: when their init ends, every daemon, shim and container in them
 * is gone, with every mount.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Sandbox {
  /** The init of the namespaces, as this process sees it. */
  readonly pid: number;
  /** Ends everything inside and waits until it is gone. */
  end(): Promise<void>;
}

/** `script` is run by sh as PID 1 with /proc of its own; it says "ready" when it is. */
export async function startSandbox(script: string, log: (line: string) => void): Promise<Sandbox> {
  const words = [
    '--mount',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--propagation=private',
    '--mount-proc',
    'sh',
    '-c',
    script,
  ];
  const child = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  createInterface({ input: child.stderr }).on('line', log);
  await ready(child, log);
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return { pid: child.pid!, end };
}

function ready(child: ChildProcess, log: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line === 'ready') resolve();
      else log(line);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the sandbox ended with ${code} before it was ready`)));
  });
}
