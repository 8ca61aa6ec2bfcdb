import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { commands } from '../../../../cli/kubectl-ebb/commands.ts';
import { flagValue, offer } from '../../../../cli/kubectl-ebb/completion/offer.ts';
import { scripts } from '../../../../cli/kubectl-ebb/completion/scripts.ts';

const offered = (...typed: readonly string[]): readonly string[] | string => {
  const found = offer(commands, typed);
  return 'names' in found ? found.names : found.words.map(({ word }) => word);
};

test('first come the commands, each with what it does', () => {
  assert.deepEqual(
    offered(''),
    commands.map(({ name }) => name),
  );
});

const cases: readonly (readonly [typed: readonly string[], wanted: readonly string[] | string])[] = [
  [['why', ''], 'pods'],
  [['policies', 'we'], 'pods'],
  [['pause', ''], 'nodes'],
  [['resume', ''], 'nodes'],
  [
    ['top', ''],
    ['pods', 'nodes', 'policies'],
  ],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish', 'kubectl'],
  ],
  [['why', '-n', ''], 'namespaces'],
  [['why', '--namespace', 'sh'], 'namespaces'],
  [['why', '-n', 'shop', ''], 'pods'],
  [['why', 'web', ''], []],
  [['why', '-w', ''], 'pods'],
  [
    ['why', '-o', ''],
    ['table', 'wide', 'json', 'yaml'],
  ],
  [
    ['why', '--output=j'],
    ['--output=table', '--output=wide', '--output=json', '--output=yaml'],
  ],
  [['status', '--context', ''], 'contexts'],
  [['status', '--kubeconfig', ''], 'files'],
  [['status', ''], []],
  [['stop', '--wait', ''], []],
  [['weather', ''], []],
  [
    ['stop', '-'],
    ['--yes', '--wait', '--output', '--kubeconfig', '--context', '--ebb-namespace', '--help'],
  ],
];
for (const [typed, wanted] of cases)
  test(`behind "${typed.join(' ')}" comes ${JSON.stringify(wanted)}`, () =>
    assert.deepEqual(offered(...typed), wanted));

test('every flag with a value that is one of a few names them', () => {
  const free = ['reason', 'wait'];
  const silent = commands.flatMap(({ name, flags }) =>
    Object.entries(flags)
      .filter(([flag, { value, completes }]) => value && !completes && !free.includes(flag))
      .map(([flag]) => `${name} --${flag}`),
  );
  assert.deepEqual(silent, []);
});

test('the value of a flag is found however it is written', () => {
  assert.equal(flagValue(['why', '-n', 'shop', ''], 'namespace', 'n'), 'shop');
  assert.equal(flagValue(['why', '--namespace', 'shop', ''], 'namespace', 'n'), 'shop');
  assert.equal(flagValue(['why', '--namespace=shop', ''], 'namespace', 'n'), 'shop');
  assert.equal(flagValue(['why', '-n', ''], 'namespace', 'n'), undefined);
});

test('the program that kubectl asks is the one that completion prints', () => {
  const file = readFileSync(join(import.meta.dirname, '../../../../bin/kubectl_complete-ebb'), 'utf8');
  assert.equal(file, scripts.kubectl);
});
