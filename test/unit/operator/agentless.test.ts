/** Nodes without an agent: the operator leaves out those that the chart's DaemonSet keeps away from. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { agentless, isAgentless, machines } from '../../../operator/agentless.ts';

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

test('the DaemonSet keeps away from the same: Linux only, and by label from the others', () => {
  const [, words] = /include "ebb\.machines" \(dict (.*?)\)/.exec(template('agent/daemonset.yaml'))!;
  const apart = [...words!.matchAll(/"([^"]+)" "([^"]+)"/g)].map(([, label, value]) => [label!, value!]);
  assert.match(template('_words.tpl'), /key: kubernetes\.io\/os\n +operator: In\n +values: \[linux\]\n/);
  const [, arch] = /key: kubernetes\.io\/arch\n +operator: In\n +values: \[(.*)\]\n/.exec(template('_words.tpl'))!;
  assert.deepEqual(arch!.split(', '), machines);
  assert.deepEqual(Object.fromEntries([['kubernetes.io/os', 'windows'], ...apart]), agentless);
});
