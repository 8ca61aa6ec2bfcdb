/** The help of the plugin teaches: every command has what docs/kubectl-ebb.md is made of. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { manual, overview, shortUsage } from '../../../../cli/help.ts';
import { commands, plugin } from '../../../../cli/kubectl-ebb/commands.ts';

test('the overview names every command, and no line is longer than 100 characters', () => {
  const text = overview(plugin, '1.2.3');
  for (const { name } of commands) assert.match(text, new RegExp(`^ {2}kubectl ebb ${name} `, 'm'));
  assert.ok(text.split('\n').every((line) => line.length <= 100));
});

for (const command of commands)
  test(`kubectl ebb ${command.name} --help has every flag, an example and the three exit codes`, () => {
    const text = manual(plugin, command);
    for (const [name, flag] of Object.entries(command.flags)) {
      assert.ok(text.includes(`--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`), name);
      assert.ok(flag.help.length > 5, name);
    }
    assert.match(text, /Examples?:\n {2}kubectl ebb /);
    for (const code of ['0', '1', '2']) assert.match(text, new RegExp(`^ {2}${code} {2}\\S`, 'm'));
    assert.doesNotMatch(text, /^ {2}3 /m);
    assert.ok(text.split('\n').every((line) => line.length <= 100));
    assert.match(shortUsage(plugin, command), /^usage: kubectl ebb /);
  });
