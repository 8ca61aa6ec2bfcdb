/** The CRDs: never stale, and lawful in every corner of every schema. test/controlplane asks a real API server too. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { parse } from 'yaml';
import { rootSchema } from '../../../api/crd.ts';
import { kinds } from '../../../api/kinds.ts';
import type { Structural } from '../../../api/structural.ts';
import { crdFiles } from '../../../scripts/crds.ts';

const root = join(import.meta.dirname, '../../..');

for (const { path, text, wanted } of crdFiles())
  test(`${path.slice(root.length + 1)} is what npm run crds writes`, () => assert.equal(text, wanted));

interface Place {
  readonly path: string;
  readonly schema: Structural;
}

/** Every schema below and the one itself, with its path: "spec.steps[].advice", "spec.podSelector.matchLabels{}". */
function walk(schema: Structural, path: string): Place[] {
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => walk(field, `${path}.${name}`));
  const items = schema.items ? walk(schema.items, `${path}[]`) : [];
  const values = schema.additionalProperties ? walk(schema.additionalProperties, `${path}{}`) : [];
  return [{ path, schema }, ...fields, ...items, ...values];
}

const places = kinds.flatMap((kind) => walk(rootSchema(kind), kind.kind));

function lawful(law: (schema: Structural, path: string) => boolean): void {
  const broken = places.filter(({ schema, path }) => !law(schema, path)).map(({ path }) => path);
  assert.deepEqual(broken, []);
}

const isQuantity = (schema: Structural): boolean => schema['x-kubernetes-int-or-string'] === true;

test('The walk sees every corner', () => {
  const paths = new Set(places.map(({ path }) => path));
  assert.ok(places.length > 350, String(places.length));
  for (const path of [
    'MemoryAdvicePolicy.spec.podSelector.matchLabels{}',
    'ClusterMemoryAdvicePolicy.spec.nodeSelector.matchExpressions[].values[]',
    'MemoryAdviceLimit.spec.guards.pressure[].kind',
    'NodeMemoryAdvice.spec.profiles[].guards.refault.maxPercent',
    'NodeMemoryAdvice.status.containers[].blocker.signal',
  ])
    assert.ok(paths.has(path), path);
});

test('Every schema has one of the five types, or is a quantity without one', () => {
  const types = ['object', 'array', 'string', 'integer', 'boolean'];
  lawful((schema) => (isQuantity(schema) ? schema.type === undefined : types.includes(schema.type ?? '')));
});

test('Every number has both bounds', () =>
  lawful(
    ({ type, minimum, maximum }) =>
      type !== 'integer' || (Number.isSafeInteger(minimum) && Number.isSafeInteger(maximum)),
  ));

test('Every text has a longest length, or is one of a few words', () =>
  lawful(({ type, maxLength, enum: words }) => type !== 'string' || words !== undefined || maxLength !== undefined));

test('Every list says how it is merged and how long it may get', () =>
  lawful((schema) => {
    const { type, maxItems, 'x-kubernetes-list-type': listType = '' } = schema;
    return type !== 'array' || (maxItems !== undefined && ['atomic', 'set', 'map'].includes(listType));
  }));

test('A set holds words or texts; the keys of a map list are required words or texts', () =>
  lawful((schema) => {
    if (schema['x-kubernetes-list-type'] === 'set') return schema.items?.type === 'string';
    if (schema['x-kubernetes-list-type'] !== 'map') return true;
    const { required = [], properties = {} } = schema.items ?? {};
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    return keys.length > 0 && keys.every((key) => required.includes(key) && properties[key]?.type === 'string');
  }));

test('Every list of a node’s object is atomic: etcd refuses map lists of its size', () =>
  lawful((schema, path) => {
    return !path.startsWith('NodeMemoryAdvice') || (schema['x-kubernetes-list-type'] ?? 'atomic') === 'atomic';
  }));

test('Every map with free keys says how many it may have; every other names its fields, or is a copy kept as it is', () =>
  lawful(({ type, properties, additionalProperties, maxProperties, ...others }, path) => {
    if (type !== 'object') return true;
    if (others['x-kubernetes-preserve-unknown-fields']) return /\.status\..*\.settled$/.test(path) && !properties;
    return additionalProperties ? maxProperties !== undefined && !properties : properties !== undefined;
  }));

test('Every field has a description for kubectl explain', () =>
  lawful(({ description = '' }, path) => /(\[\]|\{\})$/.test(path) || description.length > 10));

test('No default stands beside required, and no policy leaves a default out that zod fills in', () =>
  lawful(({ required = [], properties = {} }) => required.every((name) => properties[name]?.default === undefined)));

test('A limit and a node’s object have no default at all', () =>
  lawful((schema, path) => !/^(MemoryAdviceLimit|NodeMemoryAdvice)/.test(path) || schema.default === undefined));

test('Words are CamelCase', () =>
  lawful(({ enum: words = [] }) => words.every((word) => /^[A-Z][A-Za-z]*$/.test(String(word)))));

test('What users write in a pattern is refused in words; what programs write costs no rule', () =>
  lawful((schema, path) => {
    const forUsers = /^(MemoryAdvicePolicy|ClusterMemoryAdvicePolicy|MemoryAdviceLimit)\.spec/.test(path);
    return forUsers ? schema.pattern === undefined : schema['x-kubernetes-validations'] === undefined;
  }));

test('Every quantity that users write has its bounds in a rule', () =>
  lawful((schema) => {
    const rules = schema['x-kubernetes-validations'] ?? [];
    return !isQuantity(schema) || (schema.maxLength === 32 && rules.some(({ rule }) => rule.includes('compareTo')));
  }));

test('Every rule says what is allowed, in a line that fits', () =>
  lawful((schema) =>
    (schema['x-kubernetes-validations'] ?? []).every(({ message }) => /^[^\n]{8,2048}$/.test(message)),
  ));

const known =
  /^(description|type|format|default|enum|minimum|maximum|(min|max)Length|pattern|(min|max)Items|maxProperties|required|properties|additionalProperties|items|anyOf|x-kubernetes-(int-or-string|list-type|list-map-keys|preserve-unknown-fields|map-type|validations))$/;

test('Nothing is left of what JSON Schema says and a structural schema may not', () =>
  lawful(
    (schema) => Object.keys(schema).every((key) => known.test(key)) && typeof schema.additionalProperties !== 'boolean',
  ));

test('Names are those of the design', () => {
  const own = crdFiles().filter(({ path }) => path.startsWith(join(root, 'crds')));
  const names = own.map(({ wanted }) => {
    const { metadata, spec } = parse(wanted ?? '') as {
      metadata: { name: string; annotations: Record<string, string> };
      spec: {
        scope: string;
        names: { shortNames: string[]; categories: string[] };
        versions: { subresources: object }[];
      };
    };
    assert.match(metadata.annotations['ebb.dev/schema-revision'] ?? '', /^[1-9]\d*$/);
    assert.deepEqual(spec.versions[0]?.subresources, { status: {} });
    return [metadata.name, spec.scope, ...spec.names.shortNames, ...spec.names.categories];
  });
  assert.deepEqual(names, [
    ['memoryadvicepolicies.ebb.dev', 'Namespaced', 'madv', 'ebb'],
    ['clustermemoryadvicepolicies.ebb.dev', 'Cluster', 'cmadv', 'ebb'],
    ['memoryadvicelimits.ebb.dev', 'Cluster', 'madl', 'ebb'],
    ['nodememoryadvices.ebb.dev', 'Cluster', 'nma', 'ebb'],
  ]);
});
