/** Makes an address inside the sandbox answer at the same address outside: a socket of the machine, served from within. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { tied } from '../../controlplane/tied.ts';
import type { Namespaces } from './namespaces.ts';

/** Ends with the sandbox, and with us. */
export async function forward(sandbox: Namespaces, host: string, port: number): Promise<ChildProcess> {
  const listener = createServer().listen({ host, port });
  await once(listener, 'listening');
  const words = [join(import.meta.dirname, 'forwarder.ts'), host, String(port)];
  const command = tied('KILL', ...sandbox.command(process.execPath, words));
  // The listening socket itself is handed over: it stays in the network that it was made in.
  const { fd } = (listener as unknown as { readonly _handle: { readonly fd: number } })._handle;
  const child = spawn(...command, { detached: true, stdio: ['ignore', 'pipe', 'inherit', fd] });
  await Promise.race([
    once(child.stdout!, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the forwarder to ${host} ended with ${code}`))),
  ]);
  listener.close();
  child.unref();
  child.stdout!.destroy();
  return child;
}
