/** What a shell may offer behind the words typed so far: words at once, or names of a kind that has to be asked for. Pure. */
import type { Command, Completes, Flag } from '../../command.ts';

export interface Word {
  readonly word: string;
  readonly says: string;
}

export type Offer = { readonly words: readonly Word[] } | { readonly names: Exclude<Completes, readonly string[]> };

/** `typed`: behind the program's name; the last is the one that is being typed, perhaps "". */
export function offer(commands: readonly Command[], typed: readonly string[]): Offer {
  const [name = '', ...rest] = typed;
  if (rest.length === 0) return { words: commands.map((command) => ({ word: command.name, says: command.summary })) };
  const command = commands.find((each) => each.name === name);
  if (!command) return nothing;
  const last = rest.at(-1)!;
  const joined = /^--([a-z-]+)=/.exec(last);
  if (joined) return withPrefix(offered(command.flags[joined[1]!]?.completes), joined[0]);
  const waiting = flagThatWaits(command, rest.at(-2));
  if (waiting) return offered(waiting.completes);
  if (last.startsWith('-')) return { words: flagWords(command) };
  return operandsIn(command, rest.slice(0, -1)) < command.positionals.max ? offered(command.completes) : nothing;
}

const nothing: Offer = { words: [] };

function offered(completes: Completes | undefined): Offer {
  if (completes === undefined) return nothing;
  if (typeof completes === 'string') return { names: completes };
  return { words: completes.map((word) => ({ word, says: '' })) };
}

function withPrefix(one: Offer, prefix: string): Offer {
  return 'words' in one ? { words: one.words.map(({ word, says }) => ({ word: prefix + word, says })) } : nothing;
}

/** The flag that this word is, if its value comes next. */
function flagThatWaits({ flags }: Command, word: string | undefined): Flag | undefined {
  const [, found] =
    Object.entries(flags).find(([name, { short }]) => word === `--${name}` || word === `-${short}`) ?? [];
  return found?.value === undefined ? undefined : found;
}

const flagWords = ({ flags }: Command): Word[] =>
  [...Object.entries(flags), ['help', { help: 'this text' }] as const].map(([name, flag]) => ({
    word: `--${name}`,
    says: flag.help,
  }));

function operandsIn(command: Command, words: readonly string[]): number {
  return words.filter((word, index) => !word.startsWith('-') && !flagThatWaits(command, words[index - 1])).length;
}

/** The value that a flag has among the words; the last of several. */
export function flagValue(words: readonly string[], name: string, short?: string): string | undefined {
  return words.reduce<string | undefined>((found, word, index) => {
    if (word === `--${name}` || (short !== undefined && word === `-${short}`)) return words[index + 1] || found;
    return word.startsWith(`--${name}=`) ? word.slice(name.length + 3) : found;
  }, undefined);
}
