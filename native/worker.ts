/**
 * The client of ebb-worker (native/worker/): the one path on which Ebb touches another process's memory. Speaks the
 * frames of native/ebb.h over a stream; decodes once, at this edge, into the plain values below.
 *
 * Addresses are numbers: page-aligned addresses of up to 57 bits are exact in a double.
 */
import type { Duplex } from 'node:stream';
import type { Reason } from '../api/reasons.ts';
import { Connection } from './connection.ts';
import { decodeHello, decodeProbe, decodeReclaimed, type Probed, type Reclaimed } from './decode.ts';
import { encodeBegin, encodeReclaim } from './encode.ts';
import { WorkerError } from './error.ts';
import { mismatch } from './layout.ts';
import { frameTypes } from './names.ts';
import { WorkerSession } from './session.ts';

export type Right = 'observe' | 'advise';
export type Advice = 'Cold' | 'PageOut' | 'WillNeed' | 'Collapse';
export type ProofKind = 'PidfdInfo' | 'CgroupLine' | 'PidfdOnly';

/** One container as discovered, in the memory controller's hierarchy. `null` where a bare process tree is meant. */
export interface ContainerRef {
  readonly mount: string;
  readonly cgroup: string;
  readonly cgroupInode: number;
}

export interface Target {
  readonly pid: number;
  /** As sampled, clock ticks since boot; 0: any. */
  readonly startTicks: number;
}

/** What /proc/PID/stat and status say; needs no right (ebb_sample). */
export interface ProcessSample {
  readonly pid: number;
  readonly parent: number;
  /** PID at every level, outermost (Ebb's own) first. */
  readonly nsPids: readonly number[];
  readonly uid: number;
  readonly threads: number;
  readonly startTicks: number;
  readonly cpuTicks: number;
  readonly rssAnonBytes: number;
  readonly rssFileBytes: number;
  readonly rssShmemBytes: number;
  readonly swapBytes: number;
  readonly lockedBytes: number;
  readonly pinnedBytes: number;
  readonly sizeBytes: number;
  readonly comm: string;
  readonly state: string;
  readonly kernelThread: boolean;
  readonly zombie: boolean;
  readonly leaderExited: boolean;
  readonly traced: boolean;
  readonly realTime: boolean;
}

export interface Refusal {
  readonly reason: Reason;
  readonly errno: number;
  /** SameAddressSpace, SharedAddressSpace, VforkChild: the process that counts instead. */
  readonly sharedWith?: number;
}

export interface Proof {
  readonly pid: number;
  readonly handle: number;
  readonly proof: ProofKind;
  readonly pidfdInode: number;
  readonly cgroupInode: number;
  /** Changes with execve. */
  readonly execKey: string;
  readonly sample: ProcessSample;
}

export type Opened =
  | { readonly ok: true; readonly proof: Proof }
  | { readonly ok: false; readonly pid: number; readonly refusal: Refusal };

/** Mappings in address order, column by column: 50,000 of them are planned in a few ms. kindBits as in ebb.h. */
export interface MappingTable {
  readonly count: number;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly kindBits: Uint32Array;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface PageCounts {
  readonly presentBytes: number;
  readonly swappedBytes: number;
}

export interface AdviseLimits {
  readonly advice: Advice;
  readonly maxStallMicros: number;
  readonly bytesPerSecond: number;
  readonly deadlineMicros: number;
  readonly firstChunkBytes: number;
}

export interface RangeResult {
  readonly advisedBytes: number;
  /** null: all of it was advised. */
  readonly reason: Reason | null;
  readonly errno: number;
}

export interface AdviseResult {
  readonly advisedBytes: number;
  readonly calls: number;
  readonly callMicros: number;
  readonly longestMicros: number;
  readonly wallMicros: number;
  readonly chunkBytes: number;
  readonly rangesDone: number;
  /** null: the whole list was gone through. */
  readonly reason: Reason | null;
  readonly errno: number;
  readonly ranges: readonly RangeResult[];
}

export interface Hello {
  readonly abi: number;
  readonly pid: number;
  readonly capabilities: readonly ('SYS_PTRACE' | 'SYS_NICE' | 'DAC_READ_SEARCH')[];
  readonly features: readonly ('PagemapScan' | 'ProcmapQuery' | 'PidfdInfo' | 'PidfsInode' | 'Reclaim' | 'Landlock')[];
}

export interface Ended {
  /** null: ended as asked. */
  readonly reason: Reason | null;
  readonly abandoned: boolean;
  readonly stuck: number;
}

/** One child process of the worker; its handles have the session's rights and no more. Rejects with WorkerError. */
export interface Session {
  open(targets: readonly Target[]): Promise<readonly Opened[]>;
  list(handle: number): Promise<MappingTable>;
  count(
    handle: number,
    ranges: readonly Range[],
    options?: { readonly pagemap?: boolean },
  ): Promise<readonly PageCounts[]>;
  runs(
    handle: number,
    category: 'present' | 'swapped',
    ranges: readonly Range[],
    options?: { readonly pagemap?: boolean },
  ): Promise<readonly Range[]>;
  advise(
    handle: number,
    limits: AdviseLimits,
    ranges: readonly Range[],
    onProgress?: (advisedBytes: number) => void,
  ): Promise<AdviseResult>;
  measure(): Promise<readonly Opened[]>;
  /** Ends an advise under way between two chunks: it resolves with reason Cancelled. */
  cancel(): void;
  end(): Promise<Ended>;
  /** Settles when the session is over for whatever reason; calls still waiting reject with its reason. */
  readonly ended: Promise<Ended>;
}

export interface Worker {
  readonly hello: Hello;
  begin(
    container: ContainerRef | null,
    rights: readonly Right[],
    options?: { readonly watchMillis?: number },
  ): Promise<Session>;
  probe(): Promise<readonly { readonly name: string; readonly advice: number; readonly errno: number }[]>;
  reclaim(
    container: ContainerRef,
    bytes: number,
  ): Promise<{
    readonly reason: Reason | null;
    readonly errno: number;
    readonly usageBeforeBytes: number;
    readonly usageAfterBytes: number;
  }>;
  /** Settles when the worker is gone. */
  readonly gone: Promise<void>;
  close(): void;
}

export { WorkerError } from './error.ts';

class ConnectedWorker implements Worker {
  readonly hello: Hello;
  readonly #connection: Connection;

  constructor(connection: Connection, hello: Hello) {
    this.#connection = connection;
    this.hello = hello;
  }

  get gone(): Promise<void> {
    return this.#connection.gone;
  }

  async begin(
    container: ContainerRef | null,
    rights: readonly Right[],
    options: { readonly watchMillis?: number } = {},
  ): Promise<Session> {
    const body = encodeBegin(container, rights, options.watchMillis ?? 0);
    const session = new WorkerSession(this.#connection);
    await session.begin(body);
    return session;
  }

  async probe(): Promise<readonly Probed[]> {
    const body = await this.#connection.request({ what: 'probe', type: frameTypes.probe, session: 0 });
    return this.#connection.decode(() => decodeProbe(body));
  }

  async reclaim(container: ContainerRef, bytes: number): Promise<Reclaimed> {
    const wish = encodeReclaim(container, bytes);
    const request = { what: `reclaim in ${container.cgroup}`, type: frameTypes.reclaim, session: 0, body: wish };
    const body = await this.#connection.request(request);
    return this.#connection.decode(() => decodeReclaimed(body));
  }

  close(): void {
    this.#connection.close();
  }
}

/** Greets the worker at the other end; rejects where it was built from another native/ebb.h. */
export async function connectWorker(stream: Duplex): Promise<Worker> {
  const connection = new Connection(stream);
  const body = await connection.request({ what: 'hello', type: frameTypes.hello, session: 0 });
  const { layout, ...hello } = connection.decode(() => decodeHello(body));
  const wrong = mismatch({ abi: hello.abi, layout });
  if (wrong === undefined) return new ConnectedWorker(connection, hello);
  connection.close();
  throw new WorkerError('ProtocolError', wrong);
}
