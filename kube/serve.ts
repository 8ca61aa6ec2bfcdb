/**
 * A small server for programs that watch Ebb: GET of a fixed set of paths over TCP or a unix socket, nothing else. It
 * takes no command, reads no body and closes after each answer. On node:net, since node:http alone costs 8 MiB of the
 * agent's memory (docs/decisions/0003-agent-memory.md).
 */
import { once } from 'node:events';
import { chmodSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export type Routes = Readonly<Record<string, () => Answer | Promise<Answer>>>;

export type Address =
  | { readonly host: string; readonly port: number }
  | { readonly socket: string; readonly mode: number };

export interface Serving {
  /** The port that was given where 0 was asked for; null on a unix socket. */
  readonly port: number | null;
  close(): void;
}

export interface Limits {
  /** Of a connection from its first moment to its last, whatever it sends or reads meanwhile. */
  readonly deadlineMillis: number;
  readonly maxConnections: number;
}

const maxRequestBytes = 8192;
const limits: Limits = { deadlineMillis: 10_000, maxConnections: 64 };

export async function serve(
  address: Address,
  routes: Routes,
  failed: (error: unknown) => void,
  { deadlineMillis, maxConnections } = limits,
): Promise<Serving> {
  /** Oldest first. */
  const open = new Set<Socket>();
  // Half open: who has said all it wants to say may close its end and still gets its answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    // Refusing the newcomer would let silent connections keep everyone out.
    if (open.size >= maxConnections) drop(open, open.values().next().value!);
    open.add(socket);
    const deadline = setTimeout(() => drop(open, socket), deadlineMillis).unref();
    socket.once('close', () => {
      clearTimeout(deadline);
      open.delete(socket);
    });
    attend(socket, routes, failed);
  });
  await listen(server, address).catch((error: unknown) => {
    server.close();
    throw error;
  });
  server.on('error', failed);
  return {
    port: 'port' in address ? (server.address() as AddressInfo).port : null,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Forgotten at once: 'close' comes a turn later, when others may have come. */
function drop(open: Set<Socket>, socket: Socket): void {
  open.delete(socket);
  socket.destroy();
}

async function listen(server: Server, address: Address): Promise<void> {
  if ('socket' in address) {
    removeStale(address.socket);
    server.listen(address.socket);
  } else server.listen(address.port, address.host);
  await once(server, 'listening');
  if ('socket' in address) chmodSync(address.socket, address.mode);
}

/** A socket file outlives its server. Anything else of that name is not ours to remove: listen then says so. */
function removeStale(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path);
}

/** Reads one request's head, answers, closes; who says too much is cut off. */
function attend(socket: Socket, routes: Routes, failed: (error: unknown) => void): void {
  let head = '';
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  const read = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    if (head.length > maxRequestBytes) reply(socket, plain(431, 'too long\n'), false);
    else if (!/\r?\n\r?\n/.test(head)) return;
    else void respond(socket, head, routes, failed);
    socket.off('data', read);
    socket.resume();
  };
  socket.on('data', read);
}

async function respond(socket: Socket, head: string, routes: Routes, failed: (error: unknown) => void): Promise<void> {
  const line = /^(\S+) (\S+) HTTP\/1\.[01]\r?\n/.exec(head);
  try {
    reply(
      socket,
      line === null ? plain(400, 'bad request\n') : await answer(line[1]!, line[2]!, routes),
      line?.[1] === 'HEAD',
    );
  } catch (error) {
    failed(error);
    reply(socket, plain(500, 'internal error\n'), false);
  }
}

async function answer(method: string, target: string, routes: Routes): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'only GET\n');
  const path = target.split('?', 1)[0]!;
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  return route === undefined ? plain(404, 'not found\n') : await route();
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function reply(socket: Socket, { status, type, body }: Answer, headOnly: boolean): void {
  const head = [
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Unknown'}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${headOnly ? '' : body}`);
}

export const plain = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body });

export const json = (body: unknown): Answer => ({
  status: 200,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(body)}\n`,
});
