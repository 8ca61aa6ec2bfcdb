/** The commands of docs/quickstart.md, run in their order on a cluster whose nodes have the images, and what they printed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTheCluster } from '../../docs/commands.ts';
import { root } from '../../docs/pages.ts';
import type { EbbCluster } from '../ebb.ts';

export interface Printed {
  readonly command: string;
  readonly atMillis: number;
  /** On a terminal both would be there, in this order. */
  readonly output: string;
}

/** Rejects with what was printed where a command does not end with 0. */
export async function runCommand(ebb: EbbCluster, command: string): Promise<string> {
  const env = { ...process.env, ...ebb.env, NO_COLOR: '1' };
  const path = [join(root, 'bin'), ebb.env['PATH'], process.env['PATH']].join(delimiter);
  const child = spawn('bash', ['-c', `exec 2>&1\n${command}`], { cwd: root, env: { ...env, PATH: path } });
  child.stdin.end();
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`);
  return output.trimEnd();
}

/** `ran` is told of each at once. */
export async function runQuickstart(ebb: EbbCluster, ran: (printed: Printed) => void): Promise<void> {
  const begun = performance.now();
  for (const command of onTheCluster()) {
    const atMillis = performance.now() - begun;
    ran({ command, atMillis, output: await runCommand(ebb, command) });
  }
}
