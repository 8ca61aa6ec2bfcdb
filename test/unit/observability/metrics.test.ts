/** Names and help texts of all metrics follow the conventions of Prometheus, and their labels are a known few. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { metricSections } from '../../../scripts/metric-tables.ts';

const all = metricSections().flatMap(({ metrics }) => metrics);
const labels = ['policy', 'advice', 'reason', 'result', 'state', 'kind', 'version', 'resource', 'code', 'outcome'];
const ofOperator = ['what', 'condition', 'status'];
const ofPods = ['pod_namespace', 'pod_name'];

test('a name has its prefix, its base unit, and _total where it is a counter', () => {
  for (const { name, type } of all) {
    assert.match(name, /^(ebb|process)_[a-z]+(_[a-z]+)*$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.doesNotMatch(
      name,
      /_(ms|millis|micros|milliseconds|minutes|kb|kib|mib|megabytes|percent|count|sum|bucket)(_|$)/,
    );
    if (type === 'histogram') assert.match(name, /_seconds$/);
  }
});

test('a help text is a sentence', () => {
  for (const { name, help } of all) {
    assert.match(help, /^[A-Z0-9][^\n|\\]{10,}\.$/, name);
    assert.doesNotMatch(help, /\.\s/, `${name}: one sentence`);
  }
});

test('no label but these few, and of pods only where they were asked for', () => {
  const known = [...labels, ...ofOperator];
  for (const { title, metrics } of metricSections())
    for (const metric of metrics)
      for (const label of metric.labels)
        assert.ok((title === 'Single pods' ? ofPods : known).includes(label), `${metric.name}: ${label}`);
});

test('a program has no two metrics of one name', () => {
  const [agent, cluster, pods, operator] = metricSections().map(({ metrics }) => metrics.map(({ name }) => name));
  for (const names of [[...agent!, ...cluster!, ...pods!], operator!]) assert.equal(new Set(names).size, names.length);
});
