/** Every metric that Ebb has, as the code declares it, and the tables of docs/metrics.md made from that. */
import type { Declared } from '../kube/exposition.ts';
import { ClusterMetrics } from '../node-agent/cluster/metrics.ts';
import { PodMetrics } from '../node-agent/cluster/pod-metrics.ts';
import { Metrics as AgentMetrics } from '../node-agent/report/metrics.ts';
import { Metrics as OperatorMetrics } from '../operator/metrics.ts';

export interface MetricSection {
  readonly title: string;
  readonly about: string;
  readonly metrics: readonly Declared[];
}

export function metricSections(): readonly MetricSection[] {
  const agent = new AgentMetrics('0');
  const everywhere = agent.declared.length;
  new ClusterMetrics(agent, () => null);
  const inCluster = agent.declared.length;
  new PodMetrics(agent, 1);
  return [
    { title: 'The agent', about: 'On every node.', metrics: agent.declared.slice(0, everywhere) },
    { title: 'The agent in a cluster', about: 'Beside these.', metrics: agent.declared.slice(everywhere, inCluster) },
    { title: 'Single pods', about: 'Only with `--pod-metrics COUNT`.', metrics: agent.declared.slice(inCluster) },
    { title: 'The operator', about: 'Of each replica.', metrics: operatorMetrics() },
  ];
}

function operatorMetrics(): readonly Declared[] {
  const facts = { leads: false, synced: false, backlog: 0, objects: new Map(), silentSeconds: 0, omittedPods: 0 };
  const census = { nodes: () => new Map(), conditions: () => [] };
  return new OperatorMetrics('0', () => facts, census).declared;
}

export function metricTables(): string {
  return metricSections()
    .map(({ title, about, metrics }) => {
      const rows = metrics.map(({ name, type, labels, help }) => [`\`${name}\``, type, labels.join(', ') || '–', help]);
      const table = [['Metric', 'Type', 'Labels', 'Meaning'], ['---', '---', '---', '---'], ...rows];
      return `### ${title}\n\n${about}\n\n${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`;
    })
    .join('\n\n');
}
