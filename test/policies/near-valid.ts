/**
 * Policies and limits that are valid or close to it: a valid one with up to two of its values, anywhere
 * below spec, put in place by others that sit on some edge. A schedule keeps its meaning; null is left out, since the
 * API server takes it for an absent field and a file should not be written so.
 */
import fc from 'fast-check';
import { validPolicy } from '../unit/api/valid-policies.ts';
import { type APIObject, clusterPolicy, limit, policy } from './objects.ts';

type Json = unknown;
type Path = readonly (string | number)[];

const optional = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] });
const integer = (min: number, max: number) => fc.integer({ min, max });

/** As a cluster takes it: the block for agents without one is left to its own tests. */
const validPolicyOfCluster: fc.Arbitrary<APIObject> = validPolicy
  .filter(({ spec }) => 'podSelector' in spec)
  .map(({ spec }) => policy(spec));

const selector = optional({
  matchLabels: fc.dictionary(fc.constantFrom('tier', 'example.com/tier'), fc.constantFrom('web', 'db', '')),
  matchExpressions: fc.array(
    fc.constantFrom(
      { key: 'tier', operator: 'In', values: ['web', 'db'] },
      { key: 'example.com/a_b', operator: 'NotIn', values: ['1'] },
      { key: 'tier', operator: 'Exists' },
      { key: 'tier', operator: 'DoesNotExist', values: [] },
    ),
    { maxLength: 4 },
  ),
});

const where = { namespaceSelector: selector, nodeSelector: selector };
const rollout = optional({
  nodesPercent: integer(1, 100),
  stepSeconds: integer(60, 604_800),
  haltRefaultPercent: integer(0, 100),
});

const validClusterPolicy = fc
  .tuple(validPolicyOfCluster, optional({ ...where, rollout }))
  .map(([{ spec }, more]) => clusterPolicy({ ...spec, ...more }));

/** The blocks of a policy that a limit has too, its own beside them. */
const validLimit = fc
  .tuple(
    validPolicyOfCluster,
    optional({
      ...where,
      mode: fc.constantFrom('DryRun', 'Enforce', 'Paused'),
      memory: optional({ keepResidentBytes: fc.constantFrom(0, '1Gi') }),
      node: optional({ maxBytesPerSecond: fc.constantFrom('64Ki', '1Ti'), minSwapFreePercent: integer(0, 100) }),
      namespace: optional({ maxSwappedBytesPerNode: fc.constantFrom(0, '64Ti') }),
    }),
  )
  .map(([{ spec }, own]) => limit({ ...picked(spec, ['limits', 'guards']), ...own }));

const picked = (spec: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(spec).filter(([name]) => names.includes(name)));

export const valid: fc.Arbitrary<APIObject> = fc.oneof(validPolicyOfCluster, validClusterPolicy, validLimit);

const edges = fc.constantFrom<Json>(
  ...[0, 1, -1, 8, 59, 60, 99, 100, 101, 1000, 1001, 3600, 3601, 4095, 4096, 60_000, 60_001, 65_535, 65_536],
  ...[604_800, 604_801, 2_592_000, 2_592_001, 2 ** 40, 2 ** 40 + 1, 2 ** 53, 0.5, 4096.5],
  ...['0', '1', '4Ki', '4.0Ki', '4.3Ki', '1.5Gi', '0.1Gi', '1Ti', '1.1Ti', '1e6', '1E6', '1e6.5', '128M', '5000000m'],
  ...['4096.5', '-1', '+64Ki', '.5Mi', '1KB', '7.0k', '65536.0', '', ' ', 'x', 'X', 'a-b', '-a', 'a_b', 'a.b', 'é'],
  ...['DryRun', 'Cold', 'PageOut', 'WillNeed', 'None', 'Shared', 'Some', 'IO', 'UTC', 'Europe/Paris', 'No/Where'],
  ...['* * * * *', '* * * *', '@daily', 'a'.repeat(64), 'b'.repeat(16), true, false],
);
/** Whatever looks a little like a quantity, and whatever does not. */
const texts = fc.oneof(
  fc.stringMatching(/^[+]?[0-9]{1,13}([.][0-9]{0,9})?(Ki|Mi|Gi|Ti|k|M|G|T|m|u|n|e[0-9]|E-?[0-9]|e[+][0-9]{1,2}|)$/),
  fc.stringMatching(/^[0-9.+-]{0,5}[0-9eEKMGiTmun]{0,4}$/),
  fc.stringMatching(/^[A-Za-z0-9_.-]{0,4}(\/[A-Za-z0-9_.-]{0,4})?$/),
  fc.string({ unit: 'binary', maxLength: 18 }),
);
const nested = fc.oneof(
  { arbitrary: edges, weight: 3 },
  texts,
  fc.constantFrom<Json>([], {}, [0], ['a'], { a: 'b' }, { include: ['a'], exclude: ['b'] }),
  fc.array(edges, { maxLength: 3 }),
);

const place = fc.nat(999_983);
/** Another value, or that of a neighbour in the same list: two steps at once, one class twice. */
const change = fc.record({ at: place, value: nested, neighbour: fc.boolean() });

export const nearValid: fc.Arbitrary<APIObject> = fc
  .tuple(valid, fc.array(change, { maxLength: 2 }))
  .map(([object, changes]) => ({
    ...object,
    spec: changes.reduce<Readonly<Record<string, unknown>>>((spec, { at, value, neighbour }) => {
      const paths = pathsBelow(spec, []).filter((path) => path.at(-1) !== 'schedule' || !isCron(value));
      const path = paths[at % paths.length] ?? [];
      const next = paths.find((other) => other.join() !== path.join() && alike(other, path));
      return replaced(spec, path, neighbour && next ? valueAt(spec, next) : value) as Record<string, unknown>;
    }, object.spec),
  }));

const alike = (a: Path, b: Path) =>
  a.length === b.length && a.every((key, index) => key === b[index] || typeof key === 'number');

const valueAt = (value: Json, path: Path) =>
  path.reduce<Json>((inner, key) => (inner as Record<string | number, Json>)[key], value);

/** What has the shape of a schedule may mean nothing, which only zod can tell. */
const isCron = (value: Json) => typeof value === 'string' && value.split(' ').length === 5 && value !== '* * * * *';

function pathsBelow(value: Json, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  const below = entries.flatMap(([key, child]) => pathsBelow(child, [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}

function replaced(value: Json, [key, ...rest]: Path, put: Json): Json {
  if (key === undefined) return put;
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? replaced(item, rest, put) : item));
  const map = value as Record<string, Json>;
  return { ...map, [key]: replaced(map[key], rest, put) };
}
