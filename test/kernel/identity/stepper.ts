/**
 * Goes through open, compare, list, advise and prove with the library itself, and holds between two of its steps
 * (test/targets/stepper.c), so that a test can change the world exactly there.
 */
import type { Cgroup } from '../cgroup.ts';
import { Program } from './program.ts';

export interface Pass {
  readonly cgroup: Cgroup | null;
  readonly pid: number;
  readonly startTicks: number;
  readonly range: { readonly start: number; readonly end: number };
}

export interface Hold {
  /** After this step, counted from 0. */
  readonly index: number;
  readonly change: () => Promise<void> | void;
}

export interface Passed {
  /** null: it went through to the end. */
  readonly reason: string | null;
  readonly advisedBytes: number;
  /** Names of the steps that were reached, in order. */
  readonly steps: readonly string[];
}

export class Stepper implements AsyncDisposable {
  readonly #program = new Program('stepper');

  async pass({ cgroup, pid, startTicks, range }: Pass, hold?: Hold): Promise<Passed> {
    const where = cgroup ? `${cgroup.mount} ${cgroup.path} ${cgroup.inode}` : '- - 0';
    const addresses = `${range.start.toString(16)} ${range.end.toString(16)}`;
    this.#program.tell(`pass ${where} ${pid} ${startTicks} ${addresses} ${hold?.index ?? -1}`);
    const steps: string[] = [];
    for (;;) {
      const [kind, ...words] = (await this.#program.next('pass')).split(' ');
      if (kind === 'done') return passed(words, steps);
      steps.push(words.slice(1).join(' '));
      if (Number(words[0]) !== hold?.index) continue;
      await this.#change(hold);
    }
  }

  /** Also when the change fails, it is not left waiting. */
  async #change(hold: Hold): Promise<void> {
    try {
      await hold.change();
    } finally {
      this.#program.tell('go on');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

function passed([reason, , advised]: readonly string[], steps: readonly string[]): Passed {
  return { reason: reason === '-' ? null : reason!, advisedBytes: Number(advised), steps };
}
