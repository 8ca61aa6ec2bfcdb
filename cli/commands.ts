/** Every command, in the order of the help text. Loading this loads none of what they run. */
import { advise } from './advise/command.ts';
import { agent } from './agent/command.ts';
import type { Command } from './command.ts';
import { operator } from './operator/command.ts';
import { policyCheck } from './policy/command.ts';
import { probe } from './probe/command.ts';
import { ps } from './ps/command.ts';
import { why } from './why/command.ts';

export const commands: readonly Command[] = [probe, ps, advise, why, policyCheck, agent, operator];

/** Those whose name has a second word: "policy" stands for "policy check". */
export const commandsUnder = (word: string): readonly Command[] =>
  commands.filter((command) => command.name.startsWith(`${word} `));

/** The command that the words begin with, and the words after its name. */
export function findCommand(
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | null {
  for (const command of commands) {
    const name = command.name.split(' ');
    if (name.every((part, i) => words[i] === part)) return { command, rest: words.slice(name.length) };
  }
  return null;
}
