/**
 * `npm run bench [-- throughput stall planning agent agent-cluster plan cluster] [--rounds N] [--mib N] [--seconds N]
 * [--rate N] [--large] [--json FILE]`: measures Ebb against baselines run side by side; prints a table and JSON. All but plan and
 * cluster needs root. The agent's part takes 5 minutes by default, the cluster's (--rate: changes a second; --large: 150,000
 * pods too) 7.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { agent } from './agent.ts';
import { agentInCluster } from './agent-cluster.ts';
import { cluster } from './cluster.ts';
import { type Figure, met, table } from './figures.ts';
import { plan } from './plan.ts';
import { planning } from './planning.ts';
import { stall, throughput } from './throughput.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    mib: { type: 'string', default: '512' },
    seconds: { type: 'string', default: '300' },
    json: { type: 'string' },
    rate: { type: 'string', default: '200' },
    large: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const bytes = Number(values.mib) * 2 ** 20;
const benches: Record<string, () => Promise<Figure[]>> = {
  throughput: () => throughput(rounds, bytes),
  stall: () => stall(rounds, bytes),
  planning: () => planning(rounds),
  agent: () => agent(Number(values.seconds)),
  'agent-cluster': () => agentInCluster(Number(values.seconds)),
  plan: () => plan(rounds),
  cluster: () => cluster(Number(values.rate), values.large),
};

const rootless: readonly string[] = ['plan', 'cluster'];

const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0)
  throw new Error(`no such bench: ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
const wanted = positionals.length > 0 ? positionals : Object.keys(benches);
if (process.getuid?.() !== 0 && wanted.some((name) => !rootless.includes(name)))
  throw new Error('the benchmarks need root, all but plan and cluster');
const figures: Figure[] = [];
for (const name of wanted) {
  process.stderr.write(`bench ${name} …\n`);
  figures.push(...(await benches[name]!()));
}
console.log(table(figures));
console.log(`\n${JSON.stringify(figures)}`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
for (const figure of figures) if (!met(figure)) process.stderr.write(`over budget: ${figure.bench}: ${figure.what}\n`);
