/** Series begin at 0 and end with their policy, and their number is bounded whatever policies come and go. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { reasons } from '../../../../api/reasons.ts';
import { Metrics, type PassFigures, type PolicyGauges } from '../../../../node-agent/report/metrics.ts';
import { maxPolicies, others } from '../../../../node-agent/report/policy-labels.ts';

const pass: PassFigures = {
  policy: 'a',
  advice: 'PageOut',
  dryRun: false,
  reason: null,
  advisedBytes: 100,
  unmappedBytes: 90,
  freedBytes: 50,
  awaitingReclaimBytes: 5,
  compressedBytes: 40,
  calls: 30,
  stallMicros: 2_000_000,
  longestCallMicros: 1500,
  wallMillis: 700,
  skipped: [{ reason: 'FileMapping', bytes: 7 }],
  errors: ['Traced'],
};

test('every counter of a policy begins at 0, for every reason that counts', async () => {
  const metrics = new Metrics('1');
  metrics.begin('a');
  const text = await metrics.text();
  const series = [...text.matchAll(/^ebb_\w+_total\{policy="a".*\} (\d+)$/gm)];
  assert.ok(series.length > 50);
  for (const [line, value] of series) assert.equal(value, '0', line);
  for (const [, reason] of text.matchAll(/reason="(\w+)"/g)) assert.ok(reason === 'Done' || reason! in reasons, reason);
});

test('a pass is counted once, under its policy and advice', async () => {
  const metrics = new Metrics('1');
  metrics.begin('a');
  metrics.passed(pass);
  const text = await metrics.text();
  for (const line of [
    'ebb_advised_bytes_total{policy="a",advice="PageOut"} 100',
    'ebb_unmapped_bytes_total{policy="a"} 90',
    'ebb_freed_bytes_total{policy="a"} 50',
    'ebb_compressed_bytes_total{policy="a"} 40',
    'ebb_awaiting_reclaim_bytes_total{policy="a"} 5',
    'ebb_advise_seconds_total{policy="a",advice="PageOut"} 2',
    'ebb_passes_total{policy="a",advice="PageOut",reason="Done"} 1',
    'ebb_skipped_bytes_total{policy="a",reason="FileMapping"} 7',
    'ebb_process_refusals_total{policy="a",reason="Traced"} 1',
    'ebb_dry_run_bytes_total{policy="a",advice="PageOut"} 0',
  ]) {
    assert.ok(text.includes(`${line}\n`), line);
  }
});

test('a dry run counts as what it is: nothing was advised, unmapped or freed', async () => {
  const metrics = new Metrics('1');
  metrics.begin('a');
  metrics.passed({ ...pass, dryRun: true });
  const text = await metrics.text();
  assert.match(text, /^ebb_dry_run_bytes_total\{policy="a",advice="PageOut"\} 100$/m);
  for (const name of ['advised', 'unmapped', 'freed'])
    assert.doesNotMatch(text, new RegExp(`^ebb_${name}_bytes_total.* [1-9]`, 'm'));
});

const gauges = (policy: string): PolicyGauges => ({
  policy,
  byState: new Map([['PagedOut', 2]]),
  ...{ anonBytes: 1, swapBytes: 2, outBytes: 3, cameBackBytes: 4, netByteSeconds: 5 },
});

test('a policy that is gone leaves no series behind, and what is counted of it later is not its own any more', async () => {
  const metrics = new Metrics('1');
  metrics.begin('a');
  metrics.decided('a', 'NoPolicy');
  metrics.passed({ ...pass, reason: 'WorkerGone', errors: ['Zombie', 'TooManyHandles'] });
  metrics.sums([gauges('a')]);
  assert.match(await metrics.text(), /^ebb_containers\{policy="a",state="PagedOut"\} 2$/m);
  metrics.end('a');
  assert.doesNotMatch(await metrics.text(), /policy="a"/);
  metrics.passed(pass);
  metrics.sums([]);
  assert.doesNotMatch(await metrics.text(), /policy="a"/);
  assert.match(await metrics.text(), /^ebb_unmapped_bytes_total\{policy="\(other\)"\} 90$/m);
});

const seriesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('1,000 policies at a time make as many series as 64 and one, and lose nothing', async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `shop-${index}/idle`);
  const metrics = new Metrics('1');
  for (const name of names) metrics.begin(name);
  for (const name of names) metrics.passed({ ...pass, policy: name });
  for (let ticks = 0; ticks < 2; ticks++) metrics.sums(names.map(gauges));
  const text = await metrics.text();
  assert.equal(new Set([...text.matchAll(/policy="([^"]*)"/g)].map(([, name]) => name)).size, maxPolicies + 1);
  assert.ok(seriesOf(text).length < 7500, `${seriesOf(text).length} series`);
  const left = names.length - maxPolicies;
  for (const line of [
    `ebb_freed_bytes_total{policy="${others}"} ${left * 50}`,
    `ebb_out_bytes{policy="${others}"} ${left * 3}`,
    `ebb_containers{policy="${others}",state="PagedOut"} ${left * 2}`,
    `ebb_came_back_bytes_total{policy="${others}"} ${left * 8}`,
    'ebb_out_bytes{policy="shop-0/idle"} 3',
  ])
    assert.ok(text.includes(`${line}\n`), line);
});

test('policies that come and go one after the other pile up nothing', async () => {
  const metrics = new Metrics('1');
  metrics.begin('stays');
  metrics.sums([gauges('stays')]);
  const before = seriesOf(await metrics.text()).length;
  for (let turn = 0; turn < 200; turn++) {
    metrics.begin(`p${turn}`);
    metrics.decided(`p${turn}`, 'Traced');
    metrics.sums([gauges('stays'), gauges(`p${turn}`)]);
    metrics.end(`p${turn}`);
  }
  metrics.sums([gauges('stays')]);
  assert.equal(seriesOf(await metrics.text()).length, before);
});

test('what holds the agent back has one series, and none when nothing does', async () => {
  const metrics = new Metrics('1');
  const node = { swapTotalBytes: 10, swapFreeBytes: 4, policyErrors: 0 };
  for (const held of ['SpecStale', 'SwitchStop'] as const) metrics.node({ ...node, held });
  const text = await metrics.text();
  assert.deepEqual(
    seriesOf(text).filter((line) => line.startsWith('ebb_held')),
    ['ebb_held{reason="SwitchStop"} 1'],
  );
  assert.ok(text.includes('ebb_node_swap_bytes 10\n') && text.includes('ebb_node_swap_free_bytes 4\n'));
  metrics.node({ ...node, held: null });
  assert.doesNotMatch(await metrics.text(), /^ebb_held/m);
});
