/** The page docs/metrics.md lists every metric with its help text; series begin at 0 and end with their policy. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { reasons } from '../../../../api/reasons.ts';
import { ClusterMetrics } from '../../../../node-agent/cluster/metrics.ts';
import { Metrics, type PassFigures } from '../../../../node-agent/report/metrics.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/metrics.md'), 'utf8');

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

test('docs/metrics.md lists every metric with its help text, and no other', () => {
  const listed = new Map(
    [...page.matchAll(/^\| `(ebb_(?!operator_)[a-z_]+)` \| [^|]* \| [^|]* \| ([^|]*) \|$/gm)].map((row) => [
      row[1],
      row[2],
    ]),
  );
  const metrics = new Metrics('1');
  new ClusterMetrics(metrics, () => null);
  const real = new Map(metrics.list().map(({ name, help }) => [name, help]));
  assert.deepEqual([...listed].sort(), [...real].sort());
});

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

test('gauges of a policy that is gone are gone', async () => {
  const metrics = new Metrics('1');
  const sums = { anonBytes: 1, swapBytes: 2, outBytes: 3, cameBackBytes: 4, netByteSeconds: 5 };
  metrics.sums({ policy: 'a', byState: new Map([['PagedOut', 2]]), ...sums });
  assert.match(await metrics.text(), /^ebb_containers\{policy="a",state="PagedOut"\} 2$/m);
  metrics.end('a');
  assert.doesNotMatch(await metrics.text(), /^ebb_(containers|anonymous_bytes|swapped_bytes|out_bytes)\{/m);
});
