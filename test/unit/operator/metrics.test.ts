/** What happens is counted by its kind, what is so is read at each scrape, and no object of the cluster makes a series. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { conditionCensus, nodeCensus } from '../../../operator/census.ts';
import { type Census, type Facts, Metrics } from '../../../operator/metrics.ts';
import { type NodeReport, readNodeReport } from '../../../operator/node-report.ts';

const facts: Facts = {
  leads: true,
  synced: true,
  backlog: 3,
  omittedPods: 2,
  objects: new Map([['pods', 7]]),
  silentSeconds: 1.5,
};

const census: Census = {
  nodes: () => nodeCensus([], 0),
  conditions: () => [{ condition: 'Effective', status: 'False', reason: 'NoSwap', count: 2 }],
};

test('what happened is counted under its outcome and code, and facts are read at each scrape', async () => {
  const metrics = new Metrics('1', () => facts, census);
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
    'ebb_operator_nodes{state="Silent"} 0',
    'ebb_operator_policy_conditions{condition="Effective",status="False",reason="NoSwap"} 2',
  ])
    assert.ok(text.includes(`${line}\n`), line);
});

test('1,000 policies, whatever stands in their status, are counted and make no series of their own', () => {
  const said = (index: number) => ({
    type: 'Effective',
    status: index % 2 ? 'False' : 'maybe',
    reason: `Word${index}`,
  });
  const strange = Array.from({ length: 1000 }, (_, index) => ({
    status: { conditions: [said(index), { type: `Mine${index}`, status: 'True', reason: 'Effective' }, 7] },
  }));
  const known = { status: { conditions: [{ type: 'Programmed', status: 'False', reason: 'RolloutHalted' }] } };
  assert.deepEqual(conditionCensus([...strange, known, { status: undefined }, { status: 'x' }]), [
    { condition: 'Effective', status: 'Unknown', reason: 'Other', count: 500 },
    { condition: 'Effective', status: 'False', reason: 'Other', count: 500 },
    { condition: 'Programmed', status: 'False', reason: 'RolloutHalted', count: 1 },
  ]);
});

test('nodes are counted by what their agent says', () => {
  const now = Date.parse('2026-07-01T12:00:00Z');
  const report = (reportTime: string | null, status: string): NodeReport =>
    readNodeReport({ status: { reportTime, conditions: [{ type: 'Ready', status }] } });
  const counts = nodeCensus(
    [
      report('2026-07-01T11:59:00Z', 'True'),
      report('2026-07-01T11:59:00Z', 'False'),
      report('2026-07-01T11:49:00Z', 'True'),
      report('soon', 'True'),
      report(null, 'True'),
    ],
    now,
  );
  assert.deepEqual(Object.fromEntries(counts), { Ready: 1, NotReady: 1, Silent: 2, NoReport: 1 });
});
