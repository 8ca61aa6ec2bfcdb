/** The values of the chart as tables: meaning and default from the comments of values.yaml, what is allowed from its schema. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, type Pair, parseDocument, type Scalar, stringify, type YAMLMap } from 'yaml';

const chart = join(import.meta.dirname, '../charts/ebb');

export interface ChartValue {
  /** `agent.worker.resources` */
  readonly path: string;
  readonly preset: string;
  /** '' where there is no comment. */
  readonly meaning: string;
  /** '' where the schema does not know it. */
  readonly allowed: string;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** A key with a comment is a value; one without is a section of values. */
export function chartValues(): ChartValue[] {
  const { values, schema } = read();
  return valuesBelow(values, schema, '');
}

/** Paths that only values.yaml has, or only its schema. */
export function unmatchedValues(): string[] {
  const { values, schema } = read();
  return unmatchedBelow(values, schema, '');
}

function read(): { readonly values: YAMLMap; readonly schema: Schema } {
  const text = (name: string): string => readFileSync(join(chart, name), 'utf8');
  const root = JSON.parse(text('values.schema.json'));
  const resolved = (_key: string, value: { readonly $ref?: string } | null): unknown =>
    value?.$ref === undefined ? value : root.$defs[value.$ref.replace('#/$defs/', '')];
  // Twice: a definition may refer to another.
  const schema = JSON.parse(JSON.stringify(JSON.parse(JSON.stringify(root, resolved)), resolved)) as Schema;
  return { values: parseDocument(text('values.yaml')).contents as YAMLMap, schema };
}

interface Entry {
  readonly name: string;
  readonly value: unknown;
  readonly meaning: string;
  readonly schema: Schema | undefined;
}

function entries(map: YAMLMap, schema: Schema): Entry[] {
  return (map.items as Pair<Scalar<string>, unknown>[]).map(({ key, value }, index) => {
    // The comment before the first key of a map is said to be the map's.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : null) ?? '';
    const meaning = comment.replaceAll(/\s+/g, ' ').trim();
    return { name: key.value, value, meaning, schema: schema.properties?.[key.value] };
  });
}

function valuesBelow(map: YAMLMap, schema: Schema, prefix: string): ChartValue[] {
  return entries(map, schema).flatMap(({ name, value, meaning, schema: own }) => {
    const path = `${prefix}${name}`;
    if (meaning === '' && isMap(value)) return valuesBelow(value, own ?? {}, `${path}.`);
    const preset = stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim();
    return [{ path, preset, meaning, allowed: own === undefined ? '' : words(own) }];
  });
}

function unmatchedBelow(map: YAMLMap, schema: Schema, prefix: string): string[] {
  const all = entries(map, schema);
  const names = new Set(all.map(({ name }) => name));
  const onlyInSchema = Object.keys(schema.properties ?? {}).filter((name) => !names.has(name));
  const onlyInValues = all.filter((entry) => entry.schema === undefined).map(({ name }) => name);
  const deeper = all.flatMap(({ name, value, meaning, schema: own }) =>
    meaning === '' && isMap(value) ? unmatchedBelow(value, own ?? {}, `${prefix}${name}.`) : [],
  );
  return [...[...onlyInSchema, ...onlyInValues].map((name) => `${prefix}${name}`), ...deeper];
}

function words({ type, minimum, maximum, properties, items, enum: allowed, oneOf }: Schema): string {
  if (allowed) return allowed.map((word) => `\`${word}\``).join(', ');
  if (oneOf) return oneOf.map(words).join(', or ');
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'integer') return `whole number, ${minimum} to ${maximum}`;
  if (type === 'number') return `number, ${minimum} to ${maximum}`;
  if (type === 'array') return `list: ${words(items ?? {})}`;
  if (type === 'string') return 'text';
  return properties ? `map: ${Object.keys(properties).join(', ')}` : 'map of texts';
}

export function chartTables(): string {
  const all = chartValues();
  const sections = [...new Set(all.map(({ path }) => path.split('.')[0]!))];
  return sections.map((section) => sectionTable(section, all)).join('\n\n');
}

function sectionTable(section: string, all: readonly ChartValue[]): string {
  const own = all.filter(({ path }) => path.startsWith(`${section}.`));
  const rows = own.map(({ path, allowed, preset, meaning }) => row([`\`${path}\``, allowed, `\`${preset}\``, meaning]));
  const head = [row(['Value', 'Allowed', 'Default', 'Meaning']), row(['---', '---', '---', '---'])];
  return [`### ${section}`, '', ...head, ...rows].join('\n');
}

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
