/** From the words typed to a command's flags and operands. Everything wrong is a UsageError that names the word. */
import { parseArgs } from 'node:util';
import { escapeText } from '../api/escape.ts';
import { parseQuantity } from '../api/quantity.ts';
import type { Arguments, Command, Values } from './command.ts';
import { UsageError } from './exit.ts';

/** As node:util tells them: one word, or a flag with its value. */
interface Token {
  readonly kind: string;
  readonly name?: string;
  readonly rawName?: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** `program`: its name, for messages. */
export function parseArguments(command: Command, words: readonly string[], program = 'ebb'): Arguments {
  const { values, positionals } = parsed(command, words);
  const { min, max } = command.positionals;
  if (values['help'] === true) return { values, positionals, raw: words };
  if (positionals.length > max) throw new UsageError(`unexpected argument ${escapeText(positionals[max]!)}`);
  if (positionals.length < min)
    throw new UsageError(`an argument is missing: ${program} ${command.name} ${command.usage[0]}`);
  for (const [name, flag] of Object.entries(command.flags)) {
    if (flag.required && values[name] === undefined) throw new UsageError(`--${name} ${flag.value} is required`);
  }
  return { values, positionals, raw: words };
}

function parsed(command: Command, words: readonly string[]): { values: Values; positionals: string[] } {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...words],
      options: options(command),
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
    refuseRepeats(tokens);
    return { values: { ...(values as Values), ...shortWithSign(tokens) }, positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const lacking = lackingValue(command, (error as Error).message);
    if (lacking !== null)
      throw new UsageError(`--${lacking} lacks its ${command.flags[lacking]?.value}: what begins with "-" is a flag`);
    // node:util words its errors well; the hint about "--" after the first sentence is noise here.
    throw new UsageError(escapeText(String((error as Error).message).split(/\. |\n/)[0] ?? '', 200));
  }
}

function options(command: Command) {
  const flags = Object.entries({ ...command.flags, help: { short: 'h', help: '' } as Command['flags'][string] });
  return Object.fromEntries(
    flags.map(([name, flag]) => {
      const type = flag.value === undefined ? ('boolean' as const) : ('string' as const);
      return [name, flag.short === undefined ? { type } : { type, short: flag.short }];
    }),
  );
}

/** The flag with another behind it where its value should be; node:util says how to write that, over three lines. */
function lackingValue({ flags }: Command, message: string): string | null {
  const [, dashes, word] = /^Option '(--?)([\w-]+)\b.*' argument is ambiguous/.exec(message) ?? [];
  if (word === undefined) return null;
  return dashes === '--' ? word : (Object.keys(flags).find((name) => flags[name]!.short === word) ?? null);
}

/** "-o=json" is "-o json", as kubectl takes it. */
function shortWithSign(tokens: readonly Token[]): Record<string, string> {
  const joined = tokens.filter(({ rawName = '', inlineValue }) => inlineValue === true && !rawName.startsWith('--'));
  return Object.fromEntries(joined.map(({ name = '', value = '' }) => [name, value.replace(/^=/, '')]));
}

/** The last of two would win silently. */
function refuseRepeats(tokens: readonly Token[]): void {
  const names = tokens.flatMap((token) => (token.kind === 'option' && token.name ? [token.name] : []));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
}

export function text(values: Values, name: string): string | undefined {
  const value = values[name];
  if (value === '') throw new UsageError(`--${name} is empty`);
  return typeof value === 'string' ? value : undefined;
}

/** One entry, or none where it was not given. */
export const given = (name: string, value: string | undefined): object =>
  value === undefined ? {} : { [name]: value };

export function integer(values: Values, name: string, min: number, max: number): number | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`--${name} takes an integer from ${min} to ${max}, not ${escapeText(value)}`);
}

/** Bytes as a quantity: "64Ki", "1.5Gi", "128M", "1048576". */
export function bytes(values: Values, name: string, min = 0): number | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  const quantity = parseQuantity(value);
  if ('problem' in quantity) throw new UsageError(`--${name} takes ${quantity.problem}, not ${escapeText(value)}`);
  if (quantity.bytes >= min) return quantity.bytes;
  throw new UsageError(`--${name} takes at least ${min} bytes, not ${escapeText(value)}`);
}

export function choice<const T extends string>(values: Values, name: string, allowed: readonly T[]): T | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new UsageError(`--${name} takes ${allowed.join(', ')}, not ${escapeText(value)}`);
}
