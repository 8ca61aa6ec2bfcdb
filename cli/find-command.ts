/** Finds a command by the words that were typed. */
import type { Command } from './command.ts';

/** Those whose name has a second word: "policy" stands for "policy check". */
export const commandsUnder = (commands: readonly Command[], word: string): readonly Command[] =>
  commands.filter((command) => command.name.startsWith(`${word} `));

/** The command that the words begin with, and the words after its name. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | null {
  for (const command of commands) {
    const name = command.name.split(' ');
    if (name.every((part, i) => words[i] === part)) return { command, rest: words.slice(name.length) };
  }
  return null;
}
