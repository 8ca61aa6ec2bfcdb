/** The page docs/metrics.md lists every metric of the operator with its help text; what happens is counted by its kind. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { type Facts, Metrics } from '../../../operator/metrics.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
const facts: Facts = {
  leads: true,
  synced: true,
  backlog: 3,
  omittedPods: 2,
  objects: new Map([['pods', 7]]),
  silentSeconds: 1.5,
};

test('docs/metrics.md lists every metric of the operator with its help text, and no other', () => {
  const listed = new Map(
    [...page.matchAll(/^\| `(ebb_operator_[a-z_]+)` \| [^|]* \| [^|]* \| ([^|]*) \|$/gm)].map((row) => [
      row[1],
      row[2],
    ]),
  );
  const real = new Map(new Metrics('1', () => facts).list().map(({ name, help }) => [name, help]));
  assert.deepEqual([...listed].sort(), [...real].sort());
});

test('what happened is counted under its outcome and code, and facts are read at each scrape', async () => {
  const metrics = new Metrics('1', () => facts);
  metrics.settled('Written', 700);
  metrics.settled('Same', 1);
  metrics.writeFailed('Conflict');
  metrics.watchFailed('pods', 'Gone');
  const text = await metrics.text();
  for (const line of [
    'ebb_operator_settled_total{outcome="Written"} 1',
    'ebb_operator_settled_total{outcome="Same"} 1',
    'ebb_operator_write_wait_seconds_count 1',
    'ebb_operator_write_wait_seconds_sum 0.7',
    'ebb_operator_write_failures_total{code="Conflict"} 1',
    'ebb_operator_write_failures_total{code="Timeout"} 0',
    'ebb_operator_watch_failures_total{resource="pods",code="Gone"} 1',
    'ebb_operator_leads 1',
    'ebb_operator_backlog_nodes 3',
    'ebb_operator_objects{resource="pods"} 7',
  ])
    assert.ok(text.includes(`${line}\n`), line);
});
