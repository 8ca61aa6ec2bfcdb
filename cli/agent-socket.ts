/**
 * Asks the running agent over its unix socket: for its state, for `ebb why`, `ebb ps` and to know the agent's own processes;
 * for what its worker may do, for `ebb probe`.
 */
import type { AgentState, ProbeState } from '../node-agent/report/state.ts';
import { Failed } from './exit.ts';

export const defaultSocket = '/run/ebb/agent.sock';
const maxBytes = 64 << 20;
const timeoutMillis = 5000;

export type Asked = { readonly state: AgentState } | { readonly absent: string };

/** `absent`: nobody listens. Everything else that goes wrong is Failed. */
export async function askAgent(socket: string): Promise<Asked> {
  try {
    return { state: decode(await get(socket, '/state'), socket) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ECONNREFUSED')
      return { absent: `no agent runs here: nothing listens on ${socket}` };
    if (code === 'EACCES')
      throw new Failed(`the agent's socket ${socket} may not be opened by this user: run it as root`);
    if (error instanceof Failed) throw error;
    throw new Failed(`the agent on ${socket} did not answer: ${(error as Error).message}`);
  }
}

/** null: no agent is there that this user may ask. */
export async function askProbe(socket: string): Promise<ProbeState | null> {
  try {
    return JSON.parse(await get(socket, '/probe')) as ProbeState;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ECONNREFUSED', 'EACCES'].includes(code ?? '')) return null;
    throw new Failed(`the agent on ${socket} can't ask its worker: ${message}`);
  }
}

/** node:http is loaded here and not with the program: in one bundle, the agent would pay for it. */
async function get(socketPath: string, path: string): Promise<string> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, timeout: timeoutMillis, headers: { host: 'localhost' } }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) call.destroy(new Error(`more than ${maxBytes} bytes`));
        chunks.push(chunk);
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`HTTP ${response.statusCode}`));
      });
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMillis / 1000} s`)));
    call.on('error', reject);
    call.end();
  });
}

/** The agent is of the same version as a rule, and trusted; another version's answer is refused as a whole. */
function decode(text: string, socket: string): AgentState {
  const value: unknown = JSON.parse(text);
  const state = value as Partial<AgentState> | null;
  if (typeof state === 'object' && state !== null && Array.isArray(state.containers) && state.agent && state.node) {
    return state as AgentState;
  }
  throw new Failed(`what answers on ${socket} is no agent of this version`);
}
