/**
 * Reads a seccomp filter, as the kernel runs it for a process, back into what it lets through. seccomp(2), and the classic
 * BPF of linux/filter.h as far as such filters use it.
 */
import { execFileSync } from 'node:child_process';
import { endianness } from 'node:os';
import { inFolder, program } from './tools.ts';

interface Step {
  readonly code: number;
  readonly whenTrue: number;
  readonly whenFalse: number;
  readonly value: number;
}

/** One way through the filter that ends in "allow": the call, and what has to hold for its arguments. */
export interface Allowed {
  readonly number: number;
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly argument: number;
  readonly kind: 'Is' | 'WithoutBits';
  readonly value: number;
}

export type Filter = readonly Step[];

/** `which`: 0 is the one that was installed first. */
export async function filterOf(pid: number, which = 0): Promise<Filter> {
  const words = [String(pid), String(which)];
  const bytes = await inFolder(async (folder) => execFileSync(program(folder, 'filter-of'), words));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = endianness() === 'LE';
  return Array.from({ length: bytes.byteLength / 8 }, (_, index) => ({
    code: view.getUint16(index * 8, little),
    whenTrue: view.getUint8(index * 8 + 2),
    whenFalse: view.getUint8(index * 8 + 3),
    value: view.getUint32(index * 8 + 4, little),
  }));
}

const load = 0x20; // LD | W | ABS
const jump = 0x05; // JMP | JA
const isEqual = 0x15; // JMP | JEQ | K
const hasBits = 0x45; // JMP | JSET | K
const answer = 0x06; // RET | K
const allow = 0x7fff0000;
/** Offsets in struct seccomp_data; each argument's low half comes first on the machines that Ebb runs on. */
const [numberAt, architectureAt, argumentsAt] = [0, 4, 16];
const architectures: Readonly<Partial<Record<string, number>>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

interface State {
  readonly at: number;
  readonly loaded: number;
  readonly conditions: readonly Condition[];
}

/** Every way by which a call with this number is let through. */
export function allowedWays(filter: Filter, number: number): readonly Allowed[] {
  const waiting: State[] = [{ at: 0, loaded: -1, conditions: [] }];
  const ways: Allowed[] = [];
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const step = filter[state.at]!;
    if (step.code === answer) {
      if (step.value === allow) ways.push({ number, conditions: state.conditions });
    } else waiting.push(...follow(step, state, number));
  }
  return ways;
}

function follow(step: Step, state: State, number: number): readonly State[] {
  const next = { ...state, at: state.at + 1 };
  if (step.code === load) return [{ ...next, loaded: step.value }];
  if (step.code === jump) return [{ ...next, at: next.at + step.value }];
  if (step.code !== isEqual && step.code !== hasBits) throw new Error(`step ${state.at} has the code ${step.code}`);
  const yes = { ...next, at: next.at + step.whenTrue };
  const no = { ...next, at: next.at + step.whenFalse };
  const known = knownValue(state.loaded, number);
  if (known !== null) return [(step.code === isEqual ? known === step.value : (known & step.value) !== 0) ? yes : no];
  return branches(step, state, yes, no);
}

function knownValue(loaded: number, number: number): number | null {
  if (loaded === numberAt) return number;
  if (loaded === architectureAt) return architectures[process.arch]!;
  return null;
}

/** Both ways; what holds on the one that an argument has to fit is remembered. */
function branches(step: Step, { loaded, conditions }: State, yes: State, no: State): readonly State[] {
  const argument = (loaded - argumentsAt) / 8;
  if (!Number.isInteger(argument) || argument < 0 || argument > 5) throw new Error(`it looks at byte ${loaded}`);
  const fit = step.code === isEqual ? yes : no;
  const kind = step.code === isEqual ? 'Is' : 'WithoutBits';
  return [{ ...fit, conditions: [...conditions, { argument, kind, value: step.value }] }, fit === yes ? no : yes];
}

const atLeast = 0x35; // JMP | JGE | K
const above = 0x25; // JMP | JGT | K
const and = 0x54; // ALU | AND | K

/** Whether the filter lets through a call that goes this way of another filter. For filters of any kind. */
export function letsThrough(filter: Filter, { number, conditions }: Allowed): boolean {
  const words = new Map([
    [numberAt, number],
    [architectureAt, architectures[process.arch]!],
    ...conditions.flatMap(({ argument, kind, value }) =>
      kind === 'Is' ? [[argumentsAt + argument * 8, value] as const] : [],
    ),
  ]);
  let loaded = 0;
  for (let at = 0; ; at++) {
    const { code, value, whenTrue, whenFalse } = filter[at]!;
    if (code === answer) return value === allow;
    if (code === load) loaded = words.get(value) ?? 0;
    else if (code === and) loaded = (loaded & value) >>> 0;
    else if (code === jump) at += value;
    else at += holds(code, loaded, value) ? whenTrue : whenFalse;
  }
}

function holds(code: number, loaded: number, value: number): boolean {
  if (code === isEqual) return loaded === value;
  if (code === hasBits) return (loaded & value) !== 0;
  if (code === atLeast) return loaded >= value;
  if (code === above) return loaded > value;
  throw new Error(`a step has the code ${code}`);
}

/** Every way by which any call is let through. */
export const allWays = (filter: Filter): readonly Allowed[] =>
  Array.from({ length: 1024 }, (_, number) => allowedWays(filter, number)).flat();

/** Whether a call with these arguments goes this way. */
export function fits(
  { number, conditions }: Allowed,
  called: { number: number; arguments: readonly bigint[] },
): boolean {
  if (number !== called.number) return false;
  return conditions.every(({ argument, kind, value }) => {
    const low = Number((called.arguments[argument] ?? 0n) & 0xffffffffn);
    return kind === 'Is' ? low === value : (low & value) >>> 0 === 0;
  });
}
