/** What tests of identity stand on: swap, two containers' cgroups, a maker of numbered processes in each, a stepper. */
import { setTimeout as sleep } from 'node:timers/promises';
import { loadLibrary } from '../../../native/binding.ts';
import type { ContainerRef, Target } from '../../../native/worker.ts';
import { type Cgroup, makeCgroup } from '../cgroup.ts';
import { acquireSwap, type Swap } from '../swap.ts';
import { Numbers } from './numbers.ts';
import { Stepper } from './stepper.ts';

const library = loadLibrary();

/** Discovery: the number with the start time that it has now. */
export function discover(pid: number): Target {
  const [sample] = library.sampleProcesses([pid]);
  if (!sample || 'errno' in sample) throw new Error(`process ${pid} can't be sampled: ${JSON.stringify(sample)}`);
  return { pid, startTicks: sample.startTicks };
}

export const refOf = ({ mount, path, inode }: Cgroup): ContainerRef => ({ mount, cgroup: path, cgroupInode: inode });

/** Longer than the clock tick that start times are counted in. */
export const nextTick = (): Promise<void> => sleep(12);

/** `await using` takes everything away again. */
export class Ground implements AsyncDisposable {
  /** Memory of each numbered process. */
  readonly bytes: number;
  readonly #undo = new AsyncDisposableStack();
  meant!: Cgroup;
  other!: Cgroup;
  inMeant!: Numbers;
  inOther!: Numbers;
  stepper!: Stepper;

  private constructor(bytes: number) {
    this.bytes = bytes;
  }

  static async make(bytes = 256 << 10): Promise<Ground> {
    const ground = new Ground(bytes);
    try {
      const swap: Swap = await acquireSwap({ kind: 'zram', bytes: 256 << 20 });
      ground.#undo.defer(() => swap.release());
      ground.meant = ground.#cgroup('meant');
      ground.other = ground.#cgroup('other');
      ground.inMeant = ground.#undo.use(await Numbers.start(ground.meant, ground.bytes));
      ground.inOther = ground.#undo.use(await Numbers.start(ground.other, ground.bytes));
      ground.stepper = ground.#undo.use(new Stepper());
      return ground;
    } catch (error) {
      await ground.#undo.disposeAsync();
      throw error;
    }
  }

  #cgroup(name: string): Cgroup {
    const cgroup = makeCgroup(name);
    this.#undo.defer(() => cgroup.remove());
    return cgroup;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo.disposeAsync();
  }
}
