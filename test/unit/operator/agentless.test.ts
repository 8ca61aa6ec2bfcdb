/** Nodes without an agent: the operator leaves out those that the chart's DaemonSet keeps away from. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { agentless, isAgentless, machines } from '../../../operator/agentless.ts';
import { checkConfig } from '../../../operator/config.ts';

const folder = join(import.meta.dirname, '../../../charts/ebb/templates');
const template = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('Windows, Fargate, virtual kubelets and other machines run no agent; every other node does, labelled or not', () => {
  assert.ok(isAgentless({ 'kubernetes.io/arch': 's390x' }));
  for (const [label, value] of Object.entries(agentless)) assert.ok(isAgentless({ other: 'x', [label]: value }), label);
  for (const labels of [
    {},
    { 'kubernetes.io/os': 'linux' },
    { 'eks.amazonaws.com/compute-type': 'auto' },
    { type: 'kwok' },
    { 'kubernetes.io/arch': 'arm64' },
  ])
    assert.ok(!isAgentless(labels), JSON.stringify(labels));
});

test('where agents are kept to labelled nodes, those without the label run none', () => {
  const wanted = { pool: 'apps', disk: '' };
  assert.ok(!isAgentless({ pool: 'apps', disk: '', other: 'x' }, wanted));
  for (const labels of [{}, { pool: 'apps' }, { pool: 'db', disk: '' }, { ...wanted, type: 'virtual-kubelet' }])
    assert.ok(isAgentless(labels, wanted), JSON.stringify(labels));
});

test('labels that are none are refused with the flag’s name', () => {
  const checked = (text: string) => checkConfig({ agentNodeSelector: text });
  for (const text of ['pool', 'pool=a,', ',pool=a', 'pool=a=b', 'pool= a', '=a']) {
    const found = checked(text);
    assert.ok(!found.ok && found.error.startsWith('--agent-node-selector: must be labels'), text);
  }
  const none = checked('');
  assert.deepEqual(none.ok && none.config.agentNodeSelector, {});
});

test('the DaemonSet keeps away from the same: Linux only, and by label from the others', () => {
  const [, words] = /include "ebb\.machines" \(dict (.*?)\)/.exec(template('agent/daemonset.yaml'))!;
  const apart = [...words!.matchAll(/"([^"]+)" "([^"]+)"/g)].map(([, label, value]) => [label!, value!]);
  assert.match(template('_words.tpl'), /key: kubernetes\.io\/os\n +operator: In\n +values: \[linux\]\n/);
  const [, arch] = /key: kubernetes\.io\/arch\n +operator: In\n +values: \[(.*)\]\n/.exec(template('_words.tpl'))!;
  assert.deepEqual(arch!.split(', '), machines);
  assert.deepEqual(Object.fromEntries([['kubernetes.io/os', 'windows'], ...apart]), agentless);
});
