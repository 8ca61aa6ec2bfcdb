import assert from 'node:assert/strict';
import test from 'node:test';
import type { Command } from '../../../cli/command.ts';
import { commands } from '../../../cli/commands.ts';
import { UsageError } from '../../../cli/exit.ts';
import { findCommand } from '../../../cli/find-command.ts';
import { bytes, choice, integer, parseArguments, text } from '../../../cli/parse.ts';

const command: Command = {
  name: 'do',
  summary: 'does',
  usage: ['[FILE]'],
  about: [],
  flags: {
    count: { value: 'N', short: 'c', help: 'how many' },
    size: { value: 'BYTES', help: 'how large' },
    kind: { value: 'KIND', help: 'which' },
    all: { help: 'every one' },
  },
  positionals: { min: 0, max: 1 },
  examples: [],
  exits: {},
  load: async () => async () => 0,
};
const values = (...words: string[]) => parseArguments(command, words).values;

test('Values, switches and operands are told apart', () => {
  const input = parseArguments(command, ['-c', '3', 'file', '--all', '--size=64Ki']);
  assert.equal(integer(input.values, 'count', 0, 9), 3);
  assert.equal(bytes(input.values, 'size'), 65536);
  assert.equal(input.values['all'], true);
  assert.deepEqual(input.positionals, ['file']);
});

test('a short flag may have its value behind an equals sign, as kubectl takes it, and a value may begin with one', () => {
  for (const words of [['-c=3'], ['-c3'], ['-c', '3']]) assert.equal(values(...words)['count'], '3', words.join(' '));
  assert.equal(values('-c==3')['count'], '=3');
  assert.equal(values('--kind==3')['kind'], '=3');
});

const wrong: [words: string[], says: RegExp][] = [
  [['--foo'], /--foo/],
  [['-x'], /-x/],
  [['--count'], /--count/],
  [['--count', '-1'], /^--count lacks its N: what begins with "-" is a flag$/],
  [['-c', '--all'], /^--count lacks its N: /],
  [['--all=3'], /--all/],
  [['--count', '1', '--count', '2'], /--count is given twice/],
  [['one', 'two'], /unexpected argument two/],
  [['one', 'two\x1b[31m'], /two\\u001b/],
  [['--\x1b[31m'], /^[\x20-\x7e]*$/],
];
for (const [words, says] of wrong) {
  test(`${JSON.stringify(words)} is bad usage, and the message names it`, () => {
    assert.throws(
      () => parseArguments(command, words),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  });
}

test('A number outside its bounds, with a sign, a fraction or a letter is bad usage', () => {
  for (const bad of ['-1', '10', '1.5', '0x1', '1e1', '', ' 1', '99999999999999999999']) {
    assert.throws(() => integer(values(`--count=${bad}`), 'count', 0, 9), UsageError, bad);
  }
});

test('Bytes that are no quantity or too few are bad usage', () => {
  for (const bad of ['64kb', '-1', '1.5', '', '9Ei'])
    assert.throws(() => bytes(values(`--size=${bad}`), 'size'), UsageError, bad);
  assert.throws(() => bytes(values('--size=1Ki'), 'size', 4096), /at least 4096/);
});

test('A choice that is none names those there are', () => {
  assert.throws(() => choice(values('--kind=blue'), 'kind', ['red', 'green']), /red, green/);
  assert.equal(choice(values('--kind=red'), 'kind', ['red', 'green']), 'red');
  assert.equal(choice(values(), 'kind', ['red']), undefined);
});

test('An empty value is bad usage', () => {
  assert.throws(() => text(values('--kind='), 'kind'), /--kind is empty/);
});

test('A required flag that is missing is named, unless help is asked for', () => {
  const strict: Command = { ...command, flags: { advice: { value: 'ADVICE', help: 'which', required: true } } };
  assert.throws(() => parseArguments(strict, []), /--advice ADVICE is required/);
  assert.equal(parseArguments(strict, ['--help']).values['help'], true);
});

test('A command of two words is found by both, and by nothing else', () => {
  assert.equal(findCommand(commands, ['policy', 'check', 'x'])?.command.name, 'policy check');
  assert.deepEqual(findCommand(commands, ['policy', 'check', 'x'])?.rest, ['x']);
  assert.equal(findCommand(commands, ['policy']), null);
  assert.equal(findCommand(commands, ['constructor']), null);
  assert.equal(new Set(commands.map(({ name }) => name)).size, commands.length);
});
