/** Each alert says how grave it is, what is so and what to do, has its run book, and reads metrics that there are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parse } from 'yaml';
import { reasons } from '../../../api/reasons.ts';
import { labelsIn, metricsIn, undeclared } from '../../observability/queries.ts';

const root = join(import.meta.dirname, '../../..');

interface Rule {
  readonly alert?: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const text = readFileSync(join(root, 'charts/ebb/observability/alerts.yaml'), 'utf8');
const rules = (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const page = readFileSync(join(root, 'docs/alerts.md'), 'utf8');
const sections = [...page.matchAll(/^### (\w+)\n([\s\S]*?)(?=^##|$(?![\s\S]))/gm)].map(([, name, body]) => ({
  name,
  body,
}));

test('an alert has severity, summary, description and its run book', () => {
  assert.ok(rules.length > 20);
  for (const { alert, labels, annotations } of rules) {
    assert.match(alert!, /^Ebb[A-Z]\w+$/);
    assert.match(labels['severity']!, /^(critical|warning|info)$/, alert);
    assert.deepEqual(Object.keys(labels), ['severity'], alert);
    assert.deepEqual(Object.keys(annotations), ['summary', 'description', 'runbook'], alert);
    assert.match(annotations['summary']!, /\.$/, alert);
    assert.ok(annotations['description']!.length > 60, alert);
    assert.equal(annotations['runbook'], `docs/alerts.md#${alert!.toLowerCase()}`);
  }
});

test('docs/alerts.md has a section for each alert, in their order, and no other', () => {
  assert.deepEqual(
    sections.map(({ name }) => name),
    rules.map(({ alert }) => alert),
  );
  for (const { name, body } of sections) assert.ok(body!.trim().length > 100, name);
});

test('alerts read metrics and labels that are declared, and reasons that there are', () => {
  for (const { alert, expr } of rules) {
    assert.ok(metricsIn(expr).length > 0, alert);
    assert.deepEqual(undeclared(expr), [], alert);
    for (const [, words] of expr.matchAll(/reason=~?"([\w|]+)"/g))
      for (const word of words!.split('|')) assert.ok(word in reasons, `${alert}: ${word}`);
  }
});

test('a text names no label that its alert does not have', () => {
  for (const { alert, expr, annotations } of rules) {
    const kept = /^(?:sum|max) by \((\w+)\)/.exec(expr)?.[1];
    const has = kept ? [kept] : labelsIn(expr);
    for (const [, label] of Object.values(annotations)
      .join(' ')
      .matchAll(/\$labels\.(\w+)/g))
      assert.ok(has.includes(label!), `${alert}: ${label}`);
  }
});
