/**
 * A schema as the API server serves it, made into a check of values: what it would refuse and what it does not know, which
 * server-side apply is refused for as well. Says the first fault only. carry.ts asks; pure. CEL rules are not run: the CRD of
 * NodeMemoryAdvice has none.
 */
import type { Structural } from '../api/structural.ts';

/** As far as a structural schema of Ebb's uses it; what else stands there is not looked at. */
export interface ServedSchema extends Omit<Structural, Nested | Flag> {
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, ServedSchema>>;
  readonly additionalProperties?: ServedSchema | boolean;
  readonly items?: ServedSchema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

type Nested = 'properties' | 'additionalProperties' | 'items';
type Flag = 'x-kubernetes-int-or-string' | 'x-kubernetes-preserve-unknown-fields';

export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
  /** null: the field itself is not known. */
  readonly allowed: string | null;
}

export type Check = (value: unknown) => Fault | null;

type Fields = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads the schema once; a value that passes costs no allocation. */
export function checkOf(schema: ServedSchema): Check {
  const checks = [...boundChecks(schema), ...(schema.items ? [itemsCheck(schema.items)] : []), ...mapChecks(schema)];
  const ofType = typeCheck(schema);
  return (value) => {
    if (value === null && schema.nullable) return null;
    const wrong = ofType(value);
    if (wrong) return wrong;
    for (const check of checks) {
      const fault = check(value);
      if (fault) return fault;
    }
    return null;
  };
}

const refuse = (value: unknown, allowed: string): Fault => ({ path: [], value, allowed });
const below = (key: PropertyKey, fault: Fault): Fault => ({ ...fault, path: [key, ...fault.path] });

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isMap,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
};

/** A value without a type is one that the server keeps as it comes. */
function typeCheck(schema: ServedSchema): Check {
  if (schema['x-kubernetes-int-or-string'])
    return (value) =>
      typeof value === 'string' || Number.isInteger(value) ? null : refuse(value, 'an integer or a string');
  const { type = '' } = schema;
  const test = Object.hasOwn(types, type) ? types[type]! : () => true;
  return (value) => (test(value) ? null : refuse(value, `of type ${type}`));
}

function* boundChecks(schema: ServedSchema): Iterable<Check> {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, maxProperties } = schema;
  if (schema.enum) yield enumCheck(schema.enum);
  if (minimum !== undefined) yield least(minimum, asNumber, `at least ${minimum}`);
  if (maximum !== undefined) yield most(maximum, asNumber, `at most ${maximum}`);
  if (minLength !== undefined) yield shortText(minLength);
  if (maxLength !== undefined) yield longText(maxLength);
  if (minItems !== undefined) yield least(minItems, items, `at least ${minItems} items`);
  if (maxItems !== undefined) yield most(maxItems, items, `at most ${maxItems} items`);
  if (maxProperties !== undefined) yield most(maxProperties, properties, `at most ${maxProperties} entries`);
  if (schema.pattern !== undefined) yield* patternCheck(schema.pattern);
}

type Measure = (value: unknown) => number | null;

const asNumber: Measure = (value) => (typeof value === 'number' ? value : null);
const items: Measure = (value) => (Array.isArray(value) ? value.length : null);
const properties: Measure = (value) => (isMap(value) ? Object.keys(value).length : null);

function least(bound: number, measure: Measure, allowed: string): Check {
  return (value) => ((measure(value) ?? bound) < bound ? refuse(value, allowed) : null);
}

function most(bound: number, measure: Measure, allowed: string): Check {
  return (value) => ((measure(value) ?? bound) > bound ? refuse(value, allowed) : null);
}

/** Characters are code points, as the server counts them; a text never has more of them than UTF-16 units. */
function longText(most: number): Check {
  return (value) =>
    typeof value === 'string' && value.length > most && [...value].length > most
      ? refuse(value, `at most ${most} characters`)
      : null;
}

function shortText(least: number): Check {
  return (value) =>
    typeof value === 'string' && value.length < 2 * least && [...value].length < least
      ? refuse(value, `at least ${least} characters`)
      : null;
}

/** Of scalars only: no schema of Ebb's has another. */
function enumCheck(words: readonly unknown[]): Check {
  const known = new Set(words);
  return (value) => (known.has(value) ? null : refuse(value, `one of ${words.join(', ')}`));
}

/** The server's patterns are RE2. One that is none here is left to the server. */
function* patternCheck(pattern: string): Iterable<Check> {
  const expression = regExpOf(pattern);
  if (expression === null) return;
  yield (value) => (typeof value !== 'string' || expression.test(value) ? null : refuse(value, `matching ${pattern}`));
}

function regExpOf(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return null;
  }
}

function itemsCheck(schema: ServedSchema): Check {
  const check = checkOf(schema);
  return (value) => {
    if (!Array.isArray(value)) return null;
    for (let at = 0; at < value.length; at++) {
      const fault = check(value[at]);
      if (fault) return below(at, fault);
    }
    return null;
  };
}

function* mapChecks(schema: ServedSchema): Iterable<Check> {
  if (schema.type !== 'object') return;
  const { properties: fields = {}, required = [] } = schema;
  const missing = required.filter((name) => fields[name]?.default === undefined);
  if (missing.length > 0) yield requiredCheck(missing);
  yield fieldsCheck(schema, new Map(Object.entries(fields).map(([name, field]) => [name, checkOf(field)])));
}

function requiredCheck(names: readonly string[]): Check {
  return (value) => {
    const missing = names.find((name) => (value as Fields)[name] === undefined);
    return missing === undefined ? null : { path: [missing], value: undefined, allowed: 'something: it is required' };
  };
}

/** undefined is what JSON leaves out. */
function fieldsCheck(schema: ServedSchema, known: ReadonlyMap<string, Check>): Check {
  const others = otherFields(schema);
  return (value) => {
    for (const name in value as Fields) {
      const field = (value as Fields)[name];
      const fault = field === undefined ? null : (known.get(name) ?? others)(field);
      if (fault) return below(name, fault);
    }
    return null;
  };
}

function otherFields(schema: ServedSchema): Check {
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object') return checkOf(additionalProperties);
  if (additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields']) return () => null;
  return (value) => ({ path: [], value, allowed: null });
}
