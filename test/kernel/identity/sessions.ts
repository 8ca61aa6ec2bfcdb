/** Sessions of the real worker, and what they answer in short, for tests of identity end to end. */
import { type SpawnedWorker, type SpawnOptions, spawnWorker } from '../../../native/spawn.ts';
import type { AdviseLimits, Opened, Proof, Right, Session, Target } from '../../../native/worker.ts';
import type { Cgroup } from '../cgroup.ts';
import { refOf } from './ground.ts';

export const pageOut: AdviseLimits = {
  advice: 'PageOut',
  maxStallMicros: 2000,
  bytesPerSecond: 0,
  deadlineMicros: 0,
  firstChunkBytes: 65536,
};

const both: readonly Right[] = ['observe', 'advise'];

/** `await using` ends the worker. */
export class Sessions implements AsyncDisposable {
  readonly #spawned: SpawnedWorker;

  private constructor(spawned: SpawnedWorker) {
    this.#spawned = spawned;
  }

  static async start(options: SpawnOptions = {}): Promise<Sessions> {
    return new Sessions(await spawnWorker(options));
  }

  get hello() {
    return this.#spawned.worker.hello;
  }

  /** Runs `use` in a session of its own. `cgroup` null: no container is named. */
  async within<T>(
    cgroup: Cgroup | null,
    use: (session: Session) => Promise<T>,
    rights: readonly Right[] = both,
  ): Promise<T> {
    const session = await this.#spawned.worker.begin(cgroup && refOf(cgroup), rights);
    try {
      return await use(session);
    } finally {
      await session.end();
    }
  }

  /** Opens in a session of its own; the reasons in order, "ok" for a handle. */
  open(cgroup: Cgroup | null, ...targets: readonly (Target | number)[]): Promise<string[]> {
    const wanted = targets.map((target) => (typeof target === 'number' ? { pid: target, startTicks: 0 } : target));
    return this.within(cgroup, async (session) => (await session.open(wanted)).map(verdict));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#spawned.worker.close();
    await this.#spawned.exited;
  }
}

/** "ok", or the reason and the process that counts instead: "SameAddressSpace of 12". */
export function verdict(opened: Opened): string {
  if (opened.ok) return 'ok';
  const { reason, sharedWith } = opened.refusal;
  return sharedWith ? `${reason} of ${sharedWith}` : reason;
}

/** The proof of the only process opened. */
export function proofOf([opened]: readonly Opened[]): Proof {
  if (!opened?.ok) throw new Error(`refused: ${opened ? verdict(opened) : 'nothing opened'}`);
  return opened.proof;
}

export async function openOne(session: Session, pid: number): Promise<Proof> {
  return proofOf(await session.open([{ pid, startTicks: 0 }]));
}

export const verdicts = async (session: Session): Promise<string[]> => (await session.measure()).map(verdict);
