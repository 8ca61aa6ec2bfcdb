/** Processes with chosen numbers and memory at one known address (test/targets/numbers.c): what reuses a PID. */
import { readFileSync } from 'node:fs';
import type { Cgroup } from '../cgroup.ts';
import { Program } from './program.ts';

const address = 0x2000_0000_0000;

export interface Memory {
  readonly presentBytes: number;
  readonly swappedBytes: number;
  readonly brokenPages: number;
}

/** Makes processes in one cgroup, the one that it is itself in. `await using` ends it and them. */
export class Numbers implements AsyncDisposable {
  readonly range: { readonly start: number; readonly end: number };
  readonly #program: Program;

  private constructor(bytes: number) {
    this.range = { start: address, end: address + bytes };
    this.#program = new Program('numbers', address.toString(16), String(bytes));
  }

  static async start(cgroup: Cgroup | null, bytes: number): Promise<Numbers> {
    const numbers = new Numbers(bytes);
    await numbers.#program.next('start');
    cgroup?.add(numbers.#program.pid);
    return numbers;
  }

  async take(pid: number, seed: number): Promise<void> {
    await this.#ask(`take ${pid} ${seed}`);
  }
  async give(pid: number): Promise<void> {
    await this.#ask(`give ${pid}`);
  }
  async zombie(pid: number): Promise<void> {
    await this.#ask(`zombie ${pid}`);
  }
  async exec(pid: number, seed: number): Promise<void> {
    await this.#ask(`exec ${pid} ${seed}`);
  }

  async memory(pid: number, seed: number): Promise<Memory> {
    const [presentBytes, swappedBytes, brokenPages] = await this.#ask(`pages ${pid} ${seed}`);
    return { presentBytes: presentBytes!, swappedBytes: swappedBytes!, brokenPages: brokenPages! };
  }

  /** What memory() gives where nobody touched anything. */
  get untouched(): Memory {
    return { presentBytes: this.range.end - this.range.start, swappedBytes: 0, brokenPages: 0 };
  }

  async #ask(command: string): Promise<number[]> {
    this.#program.tell(command);
    const [kind, ...rest] = (await this.#program.next(command)).split(' ');
    if (kind !== 'ok') throw new Error(`numbers: ${command}: ${[kind, ...rest].join(' ')}`);
    return rest.map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

/** A number that nobody has, near the end of all numbers, where the kernel's own choice comes by late. */
export function freeNumber(): number {
  const last = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'));
  for (;;) {
    const number = last - 2 - Math.floor(Math.random() * Math.min(10_000, last / 4));
    if (!exists(number)) return number;
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
