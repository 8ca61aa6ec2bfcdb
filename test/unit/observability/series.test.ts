/** How many series a program has, as docs/metrics.md tells it, and that its table of labels leaves none out. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ClusterMetrics } from '../../../node-agent/cluster/metrics.ts';
import { Metrics as AgentMetrics, type PolicyGauges } from '../../../node-agent/report/metrics.ts';
import { nodeCensus } from '../../../operator/census.ts';
import { Metrics as OperatorMetrics } from '../../../operator/metrics.ts';
import { resources, type Watched } from '../../../operator/resources.ts';
import { metricSections } from '../../../scripts/metric-tables.ts';
import { pageText } from '../../docs/pages.ts';

const [, section = ''] = /\n## How many series\n([\s\S]*?)\n## /.exec(pageText('docs/metrics.md')) ?? [];

async function seriesOf(metrics: { readonly text: () => Promise<string> }): Promise<number> {
  return (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

test('an agent has as many series as the page says, by itself, in a cluster and with each policy', async () => {
  const metrics = new AgentMetrics('1');
  const alone = await seriesOf(metrics);
  new ClusterMetrics(metrics, () => 0);
  const inCluster = await seriesOf(metrics);
  const sums = { byState: new Map(), anonBytes: 0, swapBytes: 0, outBytes: 0, cameBackBytes: 0, netByteSeconds: 0 };
  const policies: PolicyGauges[] = ['shop/idle', 'bank/idle'].map((policy) => ({ policy, ...sums }));
  for (const { policy } of policies) metrics.begin(policy);
  metrics.sums(policies);
  const ofPolicy = ((await seriesOf(metrics)) - inCluster) / policies.length;
  assert.match(section, new RegExp(`has ${ofPolicy} series`));
  assert.match(section, new RegExp(`agent\\s+has\\s+${alone} by itself and ${inCluster} in a cluster`));
});

test('an operator has as many series as the page says, beside the conditions of policies', async () => {
  const objects = new Map((Object.keys(resources) as Watched[]).map((resource) => [resource, 1]));
  const facts = { leads: true, synced: true, backlog: 0, omittedPods: 0, objects, silentSeconds: 0 };
  const census = { nodes: () => nodeCensus([], 0), conditions: () => [] };
  const count = await seriesOf(new OperatorMetrics('1', () => facts, census));
  assert.match(section, new RegExp(`operator\\s+has\\s+${count},`));
});

test('the table of labels has every label', () => {
  const labels = new Set(metricSections().flatMap(({ metrics }) => metrics.flatMap((metric) => metric.labels)));
  const rows = [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, names]) => names!.split(', '));
  assert.deepEqual(rows.map((name) => name.replaceAll('`', '')).sort(), [...labels].sort());
});
