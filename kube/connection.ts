/**
 * Requests to the API server: credentials.ts says who asks, this sends JSON and reads JSON or a stream. Every failure is
 * a KubeError; redirects are not followed. Plain HTTP/1.1: each watch has a socket of its own, so that none waits for another.
 */
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Access, Credentials } from './access.ts';
import { Deadline } from './deadline.ts';
import { asKubeError, errorOf, KubeError } from './errors.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As pathOf() makes it. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  readonly timeoutMillis?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Asked first, and again when the socket is open and the next thing is to write; what it returns is the failure, and
   * nothing is sent. */
  readonly guard?: (() => KubeError | null) | undefined;
  /** Not on a socket that was kept: it may have gone silent meanwhile, and a stream would wait long to notice. */
  readonly ownSocket?: boolean;
}

export interface ConnectionOptions {
  readonly userAgent?: string;
  /** For a whole answer, and for the head of a stream. */
  readonly timeoutMillis?: number;
  readonly maxBodyBytes?: number;
}

/** A page of 500 large objects. */
const defaultMaxBodyBytes = 256 << 20;
const maxErrorBytes = 1 << 20;

export class Connection implements Disposable {
  readonly #credentials: Credentials;
  /** An idle socket is not kept for long: who lies between may have forgotten it without a word. */
  readonly #agent = new Agent({ keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 8, timeout: 30_000 });
  readonly #userAgent: string;
  readonly #timeoutMillis: number;
  readonly #maxBodyBytes: number;

  constructor(credentials: Credentials, options: ConnectionOptions = {}) {
    this.#credentials = credentials;
    this.#userAgent = options.userAgent ?? 'ebb';
    this.#timeoutMillis = options.timeoutMillis ?? 30_000;
    this.#maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes;
  }

  /** The answer's JSON. */
  async request(call: Call): Promise<unknown> {
    const millis = call.timeoutMillis ?? this.#timeoutMillis;
    using deadline = new Deadline(named(call), millis, call.signal);
    const { signal } = deadline;
    return await told(call, signal, async () => {
      const answer = await this.#answer(call, signal);
      return parse(await readText(answer, this.#maxBodyBytes), call);
    });
  }

  /** The answer's bytes as they come, until it ends or the signal is aborted; its head within the timeout. */
  async open(call: Call & { readonly signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>> {
    const answer = await told(call, call.signal, () => this.#answer({ ...call, ownSocket: true }, call.signal));
    return bodyOf(call, answer);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #answer(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const refusal = call.guard?.();
    if (refusal) throw refusal;
    const access = await unlessAborted(this.#credentials.access(), signal);
    const answer = await this.#exchange(call, access, signal);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    if (status === 401) this.#credentials.refused();
    const body = jsonOrText(await readText(answer, maxErrorBytes));
    throw errorOf({ what: named(call), status, body, retryAfter: answer.headers['retry-after'] });
  }

  /** A server may close a kept socket just as it is used again. Asking once more is safe where nothing is changed. */
  async #exchange(call: Call, access: Access, signal: AbortSignal): Promise<IncomingMessage> {
    const first = this.#send(call, access, signal);
    try {
      return await this.#head(first, call);
    } catch (error) {
      if (call.method !== 'GET' || !first.reusedSocket || signal.aborted || error instanceof KubeError) throw error;
      return await this.#head(this.#send(call, access, signal), call);
    }
  }

  #send(call: Call, access: Access, signal: AbortSignal): ClientRequest {
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const { server } = access;
    const options: RequestOptions = {
      method: call.method,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port,
      path: `${server.pathname.replace(/\/$/, '')}${call.path}${queryOf(call.query)}`,
      headers: { ...this.#headersOf(call, body), ...access.headers },
      signal,
    };
    const request =
      server.protocol === 'http:'
        ? plainHttp().request(options)
        : httpsRequest({ ...options, ...access.tls, agent: access.agent ?? (call.ownSocket ? false : this.#agent) });
    if (call.guard === undefined) return request.end(body);
    request.once('socket', (socket) => whenOpen(socket, () => sendIf(call.guard!, request, body)));
    return request;
  }

  #headersOf(call: Call, body: Buffer | undefined): Record<string, string | number> {
    const sent = body && { 'content-type': call.contentType ?? 'application/json', 'content-length': body.length };
    return { 'user-agent': this.#userAgent, accept: call.accept ?? 'application/json', ...sent };
  }

  async #head(request: ClientRequest, call: Call): Promise<IncomingMessage> {
    const millis = call.timeoutMillis ?? this.#timeoutMillis;
    const late = (): unknown => request.destroy(new KubeError('Timeout', `${named(call)}: no answer for ${millis} ms`));
    const timer = setTimeout(late, millis);
    try {
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      request.on('error', () => undefined); // the answer tells it too
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Importing node:http takes 6 MiB, for the WebSocket among its names; TLS does without, and so does this way to it. */
const plainHttp = () => process.getBuiltinModule('node:http');

function whenOpen(socket: Socket, then: () => void): void {
  if (!socket.connecting) then();
  else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', then);
}

function sendIf(guard: () => KubeError | null, request: ClientRequest, body: Buffer | undefined): void {
  const refusal = guard();
  if (refusal) request.destroy(refusal);
  else request.end(body);
}

const named = ({ method, path }: Call): string => `${method} ${path}`;

function queryOf(query: Call['query']): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  return pairs.length === 0
    ? ''
    : `?${new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, String(value)]))}`;
}

/** An abort tells its own reason; whatever else breaks is a KubeError. */
async function told<Value>(call: Call, signal: AbortSignal, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    throw signal.aborted ? signal.reason : asKubeError(error, named(call));
  }
}

/** An exec plugin may hang. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function* bodyOf(call: Call & { readonly signal: AbortSignal }, answer: IncomingMessage) {
  try {
    for await (const chunk of answer) yield chunk as Uint8Array;
  } catch (error) {
    throw call.signal.aborted ? call.signal.reason : asKubeError(error, named(call));
  } finally {
    answer.destroy();
  }
}

async function readText(answer: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new KubeError('Malformed', `an answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}

function parse(text: string, call: Call): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KubeError('Malformed', `${named(call)}: an answer of ${text.length} characters is no JSON`, { cause });
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
