/** Every example that the help of a command shows, and so the pages made from it, is one that the command line takes. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { commands as ebbCommands } from '../../../cli/commands.ts';
import { findCommand } from '../../../cli/find-command.ts';
import { commands as pluginCommands } from '../../../cli/kubectl-ebb/commands.ts';
import { parseArguments } from '../../../cli/parse.ts';

/** Until a pipe, a redirection or a bracket. */
const wordsOf = (typed: string): string[] =>
  [...(/^[^|<>)]*/.exec(typed)?.[0] ?? '').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);

for (const [name, commands] of [
  ['ebb', ebbCommands],
  ['kubectl ebb', pluginCommands],
] as const)
  for (const command of commands)
    test(`the command line takes the examples of ${name} ${command.name}`, () => {
      assert.ok(command.examples.length > 0);
      for (const { command: example } of command.examples) {
        const [, typed] = new RegExp(`(?:^|[ (])${name} (.+)`).exec(example) ?? [];
        assert.ok(typed, example);
        const found = findCommand(commands, wordsOf(typed));
        assert.ok(found, example);
        parseArguments(found.command, found.rest, name);
      }
    });
