/** The dashboard is what Grafana 10 and newer read: whole, each panel explained, and with queries of metrics that there are. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { metricSections } from '../../../scripts/metric-tables.ts';
import { asked, dashboard, type Panel, shown } from '../../observability/dashboard.ts';
import { labelsIn, metricsIn, undeclared } from '../../observability/queries.ts';

const source = { type: 'prometheus', uid: '$' + '{datasource}' };
// As Grafana names them; a unit that it does not know is shown as text behind the number.
const units = ['bytes', 'Bps', 'percentunit', 's', 'short', 'none', 'reqps'];
const queries = shown.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));

test('it has an identity, a schema of Grafana 10, and its data source is asked for', () => {
  assert.equal(dashboard.uid, 'ebb');
  assert.ok(dashboard.schemaVersion >= 38);
  const [first, ...others] = dashboard.templating.list;
  assert.deepEqual([first!.name, first!.type, first!.query], ['datasource', 'datasource', 'prometheus']);
  for (const { name, datasource } of others) assert.deepEqual(datasource, source, name);
});

test('panels have ids of their own, and each is explained, in a unit, and reads the chosen data source', () => {
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  assert.equal(new Set(shown.map(({ title }) => title)).size, shown.length);
  for (const { title, description = '', datasource, fieldConfig, targets = [], type } of shown) {
    assert.ok(['stat', 'timeseries', 'table'].includes(type), title);
    assert.match(description, /^[A-Z].{15,}\.$/, title);
    assert.ok(units.includes(fieldConfig?.defaults.unit ?? ''), `${title}: unit ${fieldConfig?.defaults.unit}`);
    assert.deepEqual(datasource, source, title);
    assert.ok(targets.length > 0, title);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    for (const target of targets) assert.deepEqual(target.datasource, source, title);
  }
});

const overlap = (a: Panel, b: Panel): boolean =>
  a.gridPos.x < b.gridPos.x + b.gridPos.w &&
  b.gridPos.x < a.gridPos.x + a.gridPos.w &&
  a.gridPos.y < b.gridPos.y + b.gridPos.h &&
  b.gridPos.y < a.gridPos.y + a.gridPos.h;

test('rows say what is where, and no panel lies on another or beyond the 24 columns', () => {
  const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
  assert.deepEqual(rows, [
    'What is saved',
    'By namespace and policy',
    'By node',
    'What it costs',
    'Guards and reasons',
    'Health',
  ]);
  for (const [at, panel] of dashboard.panels.entries()) {
    assert.ok(panel.gridPos.x + panel.gridPos.w <= 24, panel.title);
    for (const other of dashboard.panels.slice(at + 1))
      assert.equal(overlap(panel, other), false, `${panel.title} and ${other.title}`);
  }
});

test('queries read metrics and labels that are declared, and leave no variable unknown', () => {
  assert.ok(queries.length > 50);
  for (const { title, expr, legendFormat } of queries) {
    assert.ok(metricsIn(expr).length > 0, title);
    assert.deepEqual(undeclared(expr), [], title);
    assert.doesNotMatch(asked(expr, 60), /\$(?!1")/, title);
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      assert.ok([...labelsIn(expr), 'group'].includes(label!), `${title}: ${label}`);
  }
});

test('every metric of the agent in a policy’s name is somewhere on it', () => {
  const read = new Set(queries.flatMap(({ expr }) => metricsIn(expr)));
  const [agent] = metricSections();
  const ofPolicies = agent!.metrics.filter(({ labels }) => labels.includes('policy')).map(({ name }) => name);
  // Advised address space is no measure of anything that a dashboard should show.
  assert.deepEqual(
    ofPolicies.filter((name) => !read.has(name)),
    ['ebb_advised_bytes_total'],
  );
});
