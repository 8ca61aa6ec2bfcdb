import assert from 'node:assert/strict';
import test from 'node:test';
import { commands } from '../../../cli/commands.ts';
import { manual, overview, shortUsage } from '../../../cli/help.ts';
import { ebbProgram } from '../../../cli/program.ts';

const program = ebbProgram(commands);

test('The overview names every command, and no line is longer than 100 characters', () => {
  const text = overview(program, '1.2.3');
  for (const command of commands) assert.ok(text.includes(`ebb ${command.name}`), command.name);
  assert.ok(text.split('\n').every((line) => line.length <= 100));
});

for (const command of commands) {
  test(`ebb ${command.name} --help teaches: every flag, an example, all four exit codes`, () => {
    const text = manual(program, command);
    for (const [name, flag] of Object.entries(command.flags)) {
      assert.ok(text.includes(`--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`), name);
      assert.ok(flag.help.length > 5, name);
    }
    assert.match(text, /Examples?:\n {2}(sudo )?ebb /);
    for (const code of ['0', '1', '2', '3']) assert.match(text, new RegExp(`^ {2}${code} {2}\\S`, 'm'));
    assert.ok(text.split('\n').every((line) => line.length <= 100));
  });

  test(`The short usage of ebb ${command.name} fits on a screen and points to --help`, () => {
    const text = shortUsage(program, command);
    assert.match(text, /^usage: ebb /);
    assert.ok(text.includes(`ebb ${command.name} --help`));
  });
}
