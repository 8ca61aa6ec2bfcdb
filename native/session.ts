/** The client's half of one session: typed calls, one request under way at a time, results decoded at this edge. */
import type { Connection, Request } from './connection.ts';
import { decodeAdviseResult, decodeCounts, decodeMappings, decodeProofs, decodeRuns } from './decode.ts';
import { encodeAdvise, encodeHandle, encodeScan, encodeTargets } from './encode.ts';
import { WorkerError } from './error.ts';
import { frameTypes, pageCategories } from './names.ts';
import type {
  AdviseLimits,
  AdviseResult,
  Ended,
  MappingTable,
  Opened,
  PageCounts,
  Range,
  Session,
  Target,
} from './worker.ts';

/** Even if every other page is a run of its own, the runs of so much fit one frame. */
const runsBytes = 2 ** 31;

type Call = Omit<Request, 'session'>;

/** Groups of ranges that together hold at most `bytes`; longer ones are cut. */
export function slicesOf(ranges: readonly Range[], bytes: number): Range[][] {
  const slices: Range[][] = [];
  let room = 0;
  for (const range of ranges)
    for (let start = range.start; start < range.end; ) {
      if (room === 0) {
        slices.push([]);
        room = bytes;
      }
      const end = Math.min(range.end, start + room);
      slices.at(-1)!.push({ start, end });
      room -= end - start;
      start = end;
    }
  return slices;
}

/** Runs that a cut parted are one again. */
export function joined(runs: readonly Range[]): Range[] {
  const out: { start: number; end: number }[] = [];
  for (const { start, end } of runs) {
    const last = out.at(-1);
    if (last && last.end === start) last.end = end;
    else out.push({ start, end });
  }
  return out;
}

export class WorkerSession implements Session {
  readonly #connection: Connection;
  readonly #id: number;
  readonly #ended = Promise.withResolvers<Ended>();
  #last: Promise<unknown> = Promise.resolve();
  #ending = false;
  #advising = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#id = connection.addSession((ended) => {
      this.#ending = true;
      this.#ended.resolve(ended);
    });
  }

  get ended(): Promise<Ended> {
    return this.#ended.promise;
  }

  async begin(body: Uint8Array): Promise<void> {
    try {
      await this.#call({ what: 'begin', type: frameTypes.begin, body });
    } catch (error) {
      this.#connection.forgetSession(this.#id);
      throw error;
    }
  }

  async open(targets: readonly Target[]): Promise<readonly Opened[]> {
    const body = encodeTargets(targets);
    return this.#decoded({ what: 'open', type: frameTypes.open, body }, (reply) => decodeProofs(reply, targets.length));
  }

  async list(handle: number): Promise<MappingTable> {
    return this.#decoded({ what: 'list', type: frameTypes.list, body: encodeHandle(handle) }, decodeMappings);
  }

  async count(
    handle: number,
    ranges: readonly Range[],
    options: { readonly pagemap?: boolean } = {},
  ): Promise<readonly PageCounts[]> {
    const body = encodeScan({ handle, pagemap: options.pagemap ?? false, category: 0 }, ranges);
    return this.#decoded({ what: 'count', type: frameTypes.count, body }, (reply) =>
      decodeCounts(reply, ranges.length),
    );
  }

  async runs(
    handle: number,
    category: 'present' | 'swapped',
    ranges: readonly Range[],
    options: { readonly pagemap?: boolean } = {},
  ): Promise<readonly Range[]> {
    const found: Range[] = [];
    const scan = { handle, pagemap: options.pagemap ?? false, category: pageCategories[category] };
    for (const slice of slicesOf(ranges, runsBytes)) {
      const body = encodeScan(scan, slice);
      for (const run of await this.#decoded({ what: 'runs', type: frameTypes.runs, body }, decodeRuns)) found.push(run);
    }
    return joined(found);
  }

  async advise(
    handle: number,
    limits: AdviseLimits,
    ranges: readonly Range[],
    onProgress?: (advisedBytes: number) => void,
  ): Promise<AdviseResult> {
    const body = encodeAdvise(handle, limits, ranges);
    const call = { what: `advise ${limits.advice}`, type: frameTypes.advise, body, onProgress };
    return this.#decoded(call, (reply) => decodeAdviseResult(reply, ranges.length));
  }

  async measure(): Promise<readonly Opened[]> {
    return this.#decoded({ what: 'measure', type: frameTypes.measure }, (reply) => decodeProofs(reply));
  }

  cancel(): void {
    if (this.#advising) this.#connection.send(frameTypes.cancel, this.#id);
  }

  end(): Promise<Ended> {
    if (this.#ending) return this.ended;
    this.#ending = true;
    const { promise } = this.#ended;
    /* The reply is ENDED, which settles `ended`; the request itself can only fail together with it. */
    this.#connection.request({ what: this.#name('end'), type: frameTypes.end, session: this.#id }).catch(() => promise);
    return promise;
  }

  #name(what: string): string {
    return `${what} of session ${this.#id}`;
  }

  async #decoded<Value>(call: Call, decode: (reply: Uint8Array) => Value): Promise<Value> {
    const reply = await this.#call(call);
    return this.#connection.decode(() => decode(reply));
  }

  /** The worker takes one request of a session at a time: the next waits for the reply of the last. */
  #call(call: Call): Promise<Uint8Array> {
    const sent = this.#last.then(() => this.#send(call));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  async #send(call: Call): Promise<Uint8Array> {
    const what = this.#name(call.what);
    if (this.#ending) throw await this.#over(what);
    this.#advising = call.type === frameTypes.advise;
    try {
      return await this.#connection.request({ ...call, what, session: this.#id });
    } finally {
      this.#advising = false;
    }
  }

  async #over(what: string): Promise<WorkerError> {
    const { reason } = await this.ended;
    return new WorkerError(reason ?? 'Cancelled', `${what}: the session is over`);
  }
}
