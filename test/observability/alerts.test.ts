/** The alert rules, run by promtool: each fires when it should, says on which node or policy, and is quiet when it should be. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { parse, stringify } from 'yaml';
import { alertCases } from './alert-cases.ts';

const rules = join(import.meta.dirname, '../../charts/ebb/observability/alerts.yaml');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly labels: object }[] }[];
}

const alerts = (parse(readFileSync(rules, 'utf8')) as Rules).groups.flatMap((group) => group.rules);

function promtool(...words: string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', words, { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

const firing = (alert: string, labels: object) =>
  [['alertname', alert], ['alertstate', 'firing'], ...Object.entries(labels)]
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');

/** One look, at the rules as they ship: how many alerts of that name and those labels fire. */
function look(
  alert: string,
  series: readonly (readonly [string, string])[],
  at: number,
  labels: object,
  count: number,
) {
  return {
    name: `${alert} ${count > 0 ? 'fires' : 'is quiet'}`,
    interval: '1m',
    input_series: series.map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{${firing(alert, labels)}})`,
        eval_time: `${at}m`,
        exp_samples: count > 0 ? [{ labels: '{}', value: count }] : [],
      },
    ],
  };
}

test('promtool finds nothing wrong with the rules', () => promtool('check', 'rules', '--lint-fatal', rules));

test('each alert has a case', () => {
  assert.deepEqual(alerts.map(({ alert }) => alert).sort(), Object.keys(alertCases).sort());
});

test('each alert fires when it should, and does not when that is only near', () => {
  const tests = alerts.flatMap(({ alert, labels }) => {
    const { fires, quiet, at, says } = alertCases[alert]!;
    assert.ok(quiet.length > 0, alert);
    return [
      look(alert, fires, at, { ...labels, ...says }, 1),
      ...quiet.map((series) => look(alert, series, at, {}, 0)),
    ];
  });
  const folder = mkdtempSync(join(tmpdir(), 'ebb-alerts-'));
  try {
    const file = join(folder, 'alerts.test.yaml');
    writeFileSync(file, stringify({ rule_files: [rules], evaluation_interval: '1m', tests }));
    promtool('test', 'rules', file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
