/**
 * Requests and replies on one stream to a worker. Everything it says is checked against what was asked; the first
 * frame that does not fit ends the connection, and every call still waiting rejects.
 */
import type { Duplex } from 'node:stream';
import { decodeEnded, decodeProgress, decodeRefused, protocolError } from './decode.ts';
import { WorkerError } from './error.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import { frameTypes } from './names.ts';
import type { Ended } from './worker.ts';

const empty = new Uint8Array(0);

interface Waiting {
  readonly what: string;
  readonly type: number;
  readonly session: number;
  readonly onProgress: ((advisedBytes: number) => void) | undefined;
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: WorkerError) => void;
}

export interface Request {
  /** For messages: "list of session 3". */
  readonly what: string;
  readonly type: number;
  readonly session: number;
  readonly body?: Uint8Array;
  readonly onProgress?: ((advisedBytes: number) => void) | undefined;
}

export class Connection {
  readonly #stream: Duplex;
  readonly #waiting = new Map<number, Waiting>();
  readonly #sessions = new Map<number, (ended: Ended) => void>();
  readonly #gone = Promise.withResolvers<void>();
  #sequence = 0;
  #session = 0;
  #failure: WorkerError | null = null;

  constructor(stream: Duplex) {
    this.#stream = stream;
    const reader = new FrameReader((frame) => this.#take(frame));
    stream.on('data', (chunk: Uint8Array) => this.#read(reader, chunk));
    stream.on('error', (error) => this.#fail(new WorkerError('WorkerGone', `the worker is away: ${error.message}`)));
    stream.on('close', () => this.#fail(new WorkerError('WorkerGone', 'the worker is away')));
    stream.on('end', () => stream.destroy());
  }

  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Resolves with the body of the reply, which is the caller's to decode. */
  request(request: Request): Promise<Uint8Array> {
    const { what, type, session, body = empty, onProgress } = request;
    if (this.#failure) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
    this.#waiting.set(this.#sequence, { what, type, session, onProgress, resolve, reject });
    this.#stream.write(encodeFrame(type, session, this.#sequence, body));
    return promise;
  }

  /** For frames that nobody answers. */
  send(type: number, session: number): void {
    if (!this.#failure) this.#stream.write(encodeFrame(type, session, 0, empty));
  }

  /** A number for a new session; over is called once, when it ended for whatever reason. */
  addSession(over: (ended: Ended) => void): number {
    this.#session += 1;
    this.#sessions.set(this.#session, over);
    return this.#session;
  }

  forgetSession(session: number): void {
    this.#sessions.delete(session);
  }

  close(): void {
    this.#fail(new WorkerError('WorkerGone', 'the connection to the worker was closed'));
  }

  /** A body that does not decode breaks the protocol like any other bad frame. */
  decode<Value>(decode: () => Value): Value {
    try {
      return decode();
    } catch (error) {
      const failure = error instanceof WorkerError ? error : protocolError(String(error));
      this.#fail(failure);
      throw failure;
    }
  }

  #read(reader: FrameReader, chunk: Uint8Array): void {
    try {
      if (!this.#failure) reader.push(chunk);
    } catch (error) {
      this.#fail(error instanceof WorkerError ? error : protocolError(String(error)));
    }
  }

  #take(frame: Frame): void {
    if (this.#failure) return;
    const waiting = this.#waiting.get(frame.sequence);
    if (frame.type === frameTypes.ended) this.#endSession(frame);
    else if (waiting) this.#takeAnswer(waiting, frame);
    else this.#takeUnasked(frame);
  }

  #takeAnswer(waiting: Waiting, frame: Frame): void {
    const isFor = waiting.session === frame.session;
    if (isFor && frame.type === frameTypes.progress && waiting.type === frameTypes.advise) {
      waiting.onProgress?.(decodeProgress(frame.body));
      return;
    }
    if (!isFor || (frame.type !== waiting.type && frame.type !== frameTypes.refused))
      throw protocolError(`frame ${frame.type} of session ${frame.session} answers ${waiting.what}`);
    this.#settle(waiting, frame); // a body that breaks the protocol throws: it still waits, and is rejected with the rest
    this.#waiting.delete(frame.sequence);
  }

  #settle(waiting: Waiting, frame: Frame): void {
    if (frame.type !== frameTypes.refused) {
      waiting.resolve(frame.body);
      return;
    }
    const { reason, errno } = decodeRefused(frame.body);
    waiting.reject(new WorkerError(reason, `${waiting.what}: ${reason}${errno ? ` (errno ${errno})` : ''}`, errno));
  }

  /** A request that crossed the end of its session is refused after nobody waits for it any more. */
  #takeUnasked(frame: Frame): void {
    const isLate = frame.session > 0 && frame.session <= this.#session && !this.#sessions.has(frame.session);
    if (frame.type === frameTypes.refused && isLate) return;
    const said = frame.type === frameTypes.refused ? `refused: ${decodeRefused(frame.body).reason}` : 'unasked';
    throw protocolError(`frame ${frame.type} of session ${frame.session} (${said})`);
  }

  #endSession(frame: Frame): void {
    const over = this.#sessions.get(frame.session);
    if (!over) throw protocolError(`session ${frame.session} ended, which nobody began`);
    const ended = decodeEnded(frame.body);
    this.#sessions.delete(frame.session);
    over(ended);
    const reason = ended.reason ?? 'Cancelled';
    this.#rejectAll(
      (waiting) => waiting.session === frame.session,
      (what) => new WorkerError(reason, `${what}: the session ended (${reason})`),
    );
  }

  #rejectAll(which: (waiting: Waiting) => boolean, error: (what: string) => WorkerError): void {
    for (const [sequence, waiting] of this.#waiting) {
      if (!which(waiting)) continue;
      this.#waiting.delete(sequence);
      waiting.reject(error(waiting.what));
    }
  }

  #fail(failure: WorkerError): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#stream.destroy();
    this.#rejectAll(
      () => true,
      (what) => new WorkerError(failure.code, `${what}: ${failure.message}`, failure.errno),
    );
    const over = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const end of over) end({ reason: failure.code, abandoned: false, stuck: 0 });
    this.#gone.resolve();
  }
}
