/**
 * `ebb` with the commands that it is given: finds one, runs it, and turns whatever happens into an exit code. What a
 * command needs is loaded by it alone.
 */

import { escapeText } from '../api/escape.ts';
import packageJson from '../package.json' with { type: 'json' };
import type { Command } from './command.ts';
import { type ExitCode, exit, Failed, Refused, UsageError } from './exit.ts';
import { commandsUnder, findCommand } from './find-command.ts';
import { groupHelp, manual, overview, shortUsage } from './help.ts';
import { endQuietlyOnClosedPipe, note, print } from './output.ts';
import { parseArguments } from './parse.ts';

type Commands = readonly Command[];

/** Runs the program: its words are those of this process. */
export async function runEbb(commands: Commands): Promise<void> {
  endQuietlyOnClosedPipe();
  process.exitCode = await ebb(commands, process.argv.slice(2));
}

async function ebb(commands: Commands, words: readonly string[]): Promise<ExitCode> {
  const first = words[0];
  if (first === undefined) return usage('a command is missing', overview(commands, packageJson.version));
  if (first === '--help' || first === '-h' || first === 'help') return help(commands, words.slice(1));
  if (first === '--version' || first === 'version') {
    print(packageJson.version);
    return exit.done;
  }
  const found = findCommand(commands, words);
  const last = words.at(-1);
  if (found === null)
    return last === '--help' || last === '-h' ? help(commands, words.slice(0, -1)) : unknown(commands, words);
  return runCommand(found.command, found.rest);
}

async function runCommand(command: Command, words: readonly string[]): Promise<ExitCode> {
  try {
    const input = parseArguments(command, words);
    if (input.values['help'] === true) {
      print(manual(command));
      return exit.done;
    }
    return await (await command.load())(input);
  } catch (error) {
    return ended(command, error);
  }
}

function ended(command: Command, error: unknown): ExitCode {
  if (error instanceof UsageError) return usage(error.message, shortUsage(command));
  if (error instanceof Refused) {
    note(`ebb: refused (${error.reason}): ${error.message}`);
    return exit.refused;
  }
  if (error instanceof Failed) {
    note(`ebb: ${error.message}`);
    return exit.failed;
  }
  const message = error instanceof Error ? error.message : String(error);
  note(`ebb: ${escapeText(message.replace(/^ebb: /, ''), 500)}`);
  if (process.env['EBB_TRACE'] && error instanceof Error) note(error.stack ?? '');
  return exit.failed;
}

function help(commands: Commands, words: readonly string[]): ExitCode {
  const found = findCommand(commands, words);
  const under = words.length === 1 ? commandsUnder(commands, words[0]!) : [];
  if (found !== null) print(manual(found.command));
  else if (under.length > 0) print(groupHelp(words[0]!, under));
  else if (words.length > 0 && !words[0]!.startsWith('-')) return unknown(commands, words);
  else print(overview(commands, packageJson.version));
  return exit.done;
}

function unknown(commands: Commands, words: readonly string[]): ExitCode {
  const group = commandsUnder(commands, words[0]!);
  const names = (group.length > 0 ? group : commands).map((command) => command.name);
  const message =
    group.length > 0 ? `ebb ${words[0]} needs one of its commands` : `unknown command ${escapeText(words[0]!)}`;
  return usage(message, `usage: ebb ${names.join(' | ')}\n       ebb --help explains them\n`);
}

function usage(message: string, text: string): ExitCode {
  note(`ebb: ${message}`);
  note(text.trimEnd());
  return exit.usage;
}
