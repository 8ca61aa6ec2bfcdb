/**
 * A program with the commands that it is given, `ebb` or another: finds one, runs it, and turns whatever happens into an
 * exit code. What a command needs is loaded by it alone.
 */

import { escapeText } from '../api/escape.ts';
import packageJson from '../package.json' with { type: 'json' };
import type { Command } from './command.ts';
import { type ExitCode, exit, Failed, Refused, UsageError } from './exit.ts';
import { commandsUnder, findCommand } from './find-command.ts';
import { groupHelp, manual, overview, shortUsage } from './help.ts';
import { endQuietlyOnClosedPipe, note, print } from './output.ts';
import { parseArguments } from './parse.ts';
import { ebbProgram, type Program } from './program.ts';

/** Runs `ebb`: its words are those of this process. */
export const runEbb = (commands: readonly Command[]): Promise<void> => runProgram(ebbProgram(commands));

export async function runProgram(program: Program): Promise<void> {
  endQuietlyOnClosedPipe();
  process.exitCode = await dispatch(program, process.argv.slice(2));
}

async function dispatch(program: Program, words: readonly string[]): Promise<ExitCode> {
  const first = words[0];
  if (first === undefined) return usage(program, 'a command is missing', overview(program, packageJson.version));
  if (first === '--help' || first === '-h' || first === 'help') return help(program, words.slice(1));
  if (first === '--version' || first === 'version') {
    print(packageJson.version);
    return exit.done;
  }
  const found = findCommand(program.commands, words);
  const last = words.at(-1);
  if (found === null)
    return last === '--help' || last === '-h' ? help(program, words.slice(0, -1)) : unknown(program, words);
  return runCommand(program, found.command, found.rest);
}

async function runCommand(program: Program, command: Command, words: readonly string[]): Promise<ExitCode> {
  try {
    const input = parseArguments(command, words, program.name);
    if (input.values['help'] === true) {
      print(manual(program, command));
      return exit.done;
    }
    return await (await command.load())(input);
  } catch (error) {
    return ended(program, command, error);
  }
}

function ended(program: Program, command: Command, error: unknown): ExitCode {
  const { name } = program;
  if (error instanceof UsageError) return usage(program, error.message, shortUsage(program, command));
  if (error instanceof Refused) {
    note(`${name}: refused (${error.reason}): ${error.message}`);
    return exit.refused;
  }
  if (error instanceof Failed) {
    note(`${name}: ${error.message}`);
    return exit.failed;
  }
  note(`${name}: ${program.explain?.(error) ?? plainly(error)}`);
  if (process.env['EBB_TRACE'] && error instanceof Error) note(error.stack ?? '');
  return exit.failed;
}

function plainly(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return escapeText(message.replace(/^ebb: /, ''), 500);
}

function help(program: Program, words: readonly string[]): ExitCode {
  const { commands } = program;
  const found = findCommand(commands, words);
  const under = words.length === 1 ? commandsUnder(commands, words[0]!) : [];
  if (found !== null) print(manual(program, found.command));
  else if (under.length > 0) print(groupHelp(program, words[0]!, under));
  else if (words.length > 0 && !words[0]!.startsWith('-')) return unknown(program, words);
  else print(overview(program, packageJson.version));
  return exit.done;
}

function unknown(program: Program, words: readonly string[]): ExitCode {
  const { name, commands } = program;
  const group = commandsUnder(commands, words[0]!);
  const names = (group.length > 0 ? group : commands).map((command) => command.name);
  const word = escapeText(words[0]!);
  const message =
    group.length > 0
      ? `${name} ${word} needs one of its commands`
      : word.startsWith('-')
        ? `${word} stands before the command: flags go behind it`
        : `unknown command ${word}`;
  return usage(program, message, `usage: ${name} ${names.join(' | ')}\n       ${name} --help explains them\n`);
}

function usage({ name }: Program, message: string, text: string): ExitCode {
  note(`${name}: ${message}`);
  note(text.trimEnd());
  return exit.usage;
}
