/** The chart's own files agree with each other and with package.json. test/controlplane/chart asks helm and a real API server. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parse } from 'yaml';
import { kinds } from '../../../api/kinds.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { chartValues, unmatchedValues } from '../../../scripts/chart-values.ts';

const root = join(import.meta.dirname, '../../..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const chart = parse(text('charts/ebb/Chart.yaml')) as {
  version: string;
  appVersion: string;
  annotations: Record<string, string>;
};

test('every value has a meaning, and the schema knows all of them and no other', () => {
  const values = chartValues();
  assert.ok(values.length > 40);
  for (const { path, meaning } of values) assert.ok(meaning.length > 10, `${path} has no meaning`);
  // helm gives `global` to every chart.
  assert.deepEqual(unmatchedValues(), ['global']);
});

test('chart, images and package have one version', () => {
  assert.equal(chart.version, packageJson.version);
  assert.equal(chart.appVersion, packageJson.version);
  const images = parse(chart.annotations['artifacthub.io/images']!) as { image: string }[];
  assert.deepEqual(
    images.map(({ image }) => image),
    ['operator', 'node-agent', 'worker'].map((name) => `localhost/ebb/${name}:${packageJson.version}`),
  );
});

test('Artifact Hub is told of every kind', () => {
  const told = parse(chart.annotations['artifacthub.io/crds']!) as { kind: string; name: string }[];
  assert.deepEqual(
    told.map(({ kind, name }) => [kind, name]),
    kinds.map(({ kind, plural }) => [kind, `${plural}.ebb.dev`]),
  );
});

interface Schema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

test('the schema asks for every value that has a default which is not empty, so that none is taken away by null', () => {
  const schema = JSON.parse(text('charts/ebb/values.schema.json')) as Schema;
  const scalars = chartValues().filter(({ preset }) => !/^(""|[[{].*)$/.test(preset));
  assert.ok(scalars.length > 30);
  for (const { path } of scalars) {
    let at = schema;
    for (const name of path.split('.')) {
      assert.ok(at.required?.includes(name), path);
      at = at.properties?.[name] ?? {};
    }
  }
});

test('what the worker lets lie in the agent’s folder is what the chart has the agent make there', () => {
  const [, own] = /own\[\] = \{(.*?)\}/.exec(text('native/worker/share.c'))!;
  const folder = /=\/var\/lib\/ebb\/(\S+)/g;
  const made = [...text('charts/ebb/templates/agent/daemonset.yaml').matchAll(folder)].map(([, name]) => name!);
  // The last two lie there where an earlier chart was, lost+found where it is a file system of its own.
  assert.deepEqual(own!.match(/[^", ]+/g), ['.', '..', 'lost+found', ...made, 'agent.lock', 'agent']);
});
