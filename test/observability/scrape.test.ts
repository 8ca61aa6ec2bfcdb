/**
 * A Prometheus scrapes a real agent and a real operator while a container goes out. Every query of the dashboard
 * and every alert is put to it: none is wrong, and what must be there is there from the first event on.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { parse } from 'yaml';
import type { Connection } from '../../kube/connection.ts';
import { resources } from '../../operator/resources.ts';
import { Installed } from '../controlplane/access/installed.ts';
import { TestNode } from '../controlplane/agent/node.ts';
import { mib, TestPod } from '../controlplane/agent/spec.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { connectTo } from '../controlplane/kube/config-maps.ts';
import { containerID, Objects } from '../controlplane/operator/objects.ts';
import { OperatorProcess } from '../controlplane/operator/operator-process.ts';
import type { Agent } from '../kernel/agent/agent.ts';
import { acquireSwap, type Swap } from '../kernel/swap.ts';
import { asked, dashboard, shown } from './dashboard.ts';
import { Prometheus, rulesFile } from './prometheus.ts';

const spec = {
  idle: { windowSeconds: 2, maxCPUMillicores: 50, minPodAgeSeconds: 0 },
  steps: [{ advice: 'PageOut', afterIdleSeconds: 1 }],
  wake: { advice: 'WillNeed', maxBytes: '1Gi' },
  limits: { maxBytesPerSecond: '4Gi', cooldownSeconds: 0 },
  guards: { pressure: [], minGainBytes: '1Mi' },
};

let plane: ControlPlane;
let connection: Connection;
let objects: Objects;
let swap: Swap;
let operator: OperatorProcess;
let agent: Agent;
let prometheus: Prometheus;
let pod: TestPod;

before(async () => {
  plane = await startControlPlane();
  swap = await acquireSwap({ kind: 'zram', bytes: 256 * mib });
  const node = await TestNode.make(plane, 'n1');
  connection = await connectTo(plane);
  objects = new Objects(connection);
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }];
  await objects.patch(resources.nodes, { name: 'n1', subresource: 'status' }, { status: { conditions } });
  await objects.namespace('shop', { 'ebb.dev/allow': 'enforce' });
  operator = new OperatorProcess(await new Installed(plane).operator());
  agent = node.startAgent('--pod-metrics', '10');
  await operator.says('Started operator', 20_000);
  const port = (from: { readonly [field: string]: unknown } | undefined) => `127.0.0.1:${from?.['port']}`;
  prometheus = await Prometheus.start([
    { job: 'ebb-node-agent', address: port(await agent.line('Started agent')), labels: { node: 'n1' } },
    { job: 'ebb-operator', address: port(operator.lines.find(({ msg }) => msg === 'Started operator')) },
  ]);
  await objects.policy('idle', spec);
  await goesOut();
});
after(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  await agent?.[Symbol.asyncDispose]();
  await operator?.[Symbol.asyncDispose]();
  await pod?.[Symbol.asyncDispose]();
  await swap?.release();
  connection?.[Symbol.dispose]();
  await plane?.stop();
});

const scrapes = (job: string) => `count_over_time(up{job="${job}"}[5m])`;

/** Scraped twice before the policy is known, so that what begins with it is seen to begin. */
async function goesOut(): Promise<void> {
  for (const job of ['ebb-node-agent', 'ebb-operator'])
    await prometheus.until(`${job} is scraped`, async () => (await prometheus.query(scrapes(job)))[0]!.value >= 2);
  const { uid } = (await objects.pod('n1', 'web-0')).metadata;
  pod = await TestPod.start(64 * mib, 0, { uid: uid!, id: containerID(uid!, 0) });
  await agent.container(pod.cgroup.path, ({ state }) => state === 'PagedOut', 30_000);
  const out = 'ebb_out_bytes{policy="shop/idle"}';
  await prometheus.until('the pod is out', async () => (await prometheus.query(out))[0]!.value > 16 * mib);
  await prometheus.until('its pass is seen', async () => (await passes('PageOut')) > 0);
}

/** By their histogram, which tells more than a counter. */
const passes = async (advice: string): Promise<number> =>
  (await prometheus.query(`increase(ebb_pass_duration_seconds_count{advice="${advice}"}[5m])`))[0]!.value;

test('the first pass is seen by a rate, since its histogram began at 0', async () => {
  const [longest] = await prometheus.query('increase(ebb_longest_call_duration_seconds_count{advice="PageOut"}[5m])');
  assert.ok(longest!.value > 0);
  assert.equal(await passes('WillNeed'), 0, 'and what never was is 0, not missing');
});

/** What is there only when something is wrong, or when nothing is. */
const mayBeEmpty = ['Held back', 'Processes refused', 'Requests that failed'];

test('every query of the dashboard is answered, and those of what must be there with figures', async () => {
  const empty: string[] = [];
  for (const { title, targets = [] } of shown)
    for (const { expr } of targets) {
      const samples = await prometheus.query(asked(expr, 300));
      if (!samples.some(({ value }) => Number.isFinite(value))) empty.push(title);
    }
  assert.deepEqual(
    [...new Set(empty)].filter((title) => !mayBeEmpty.includes(title)),
    [],
  );
});

test('the dashboard’s figures are what happened', async () => {
  const figure = async (title: string): Promise<number> => {
    const [target] = shown.find((panel) => panel.title === title)!.targets!;
    return (await prometheus.query(asked(target!.expr, 300)))[0]!.value;
  };
  const saved = await figure('Saved now');
  assert.ok(saved > 16 * mib && saved <= 64 * mib, `${saved}`);
  assert.deepEqual([await figure('Leaders'), await figure('Workers away'), await figure('Policy errors')], [1, 0, 0]);
});

test('its variables offer the node and the policies', async () => {
  const offered = dashboard.templating.list.flatMap(({ name, query }) => {
    const [, selector, label] =
      /^label_values\((.+), (\w+)\)$/.exec(typeof query === 'string' ? query : query.query) ?? [];
    return selector === undefined ? [] : [{ name, selector: asked(selector, 300), label: label! }];
  });
  const values = await Promise.all(offered.map(({ label, selector }) => prometheus.valuesOf(label, selector)));
  assert.deepEqual(
    offered.map(({ name }) => name),
    ['node', 'policy'],
  );
  assert.deepEqual(values[0], ['n1']);
  assert.ok(values[1]!.includes('shop/idle'), values[1]!.join());
});

interface Written {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

test('every alert is evaluated without an error, and none waits to fire', async () => {
  const written = (parse(readFileSync(rulesFile, 'utf8')) as Written).groups.flatMap(({ rules }) => rules);
  await prometheus.until('all are evaluated', async () =>
    (await prometheus.rules()).every(({ health }) => health !== 'unknown'),
  );
  const rules = await prometheus.rules();
  assert.deepEqual(
    rules.map(({ name }) => name),
    written.map(({ alert }) => alert),
  );
  assert.deepEqual(
    rules.filter(({ health, state }) => health !== 'ok' || state !== 'inactive'),
    [],
  );
  for (const { expr } of written) await prometheus.query(expr);
});

test('no series has a label that grows with what runs, but for pods where they were asked for', async () => {
  const series = await prometheus.query('{__name__=~"ebb_.+"}');
  assert.ok(series.length > 200);
  for (const { metric } of series)
    if (!metric['__name__']!.startsWith('ebb_pod_')) assert.doesNotMatch(JSON.stringify(metric), /web-0/);
});
