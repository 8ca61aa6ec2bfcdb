/**
 * The kinds of field that the API is made of. Each carries both bounds, and one text that says what is allowed: the
 * same text for every way to miss it, so that an error always tells the user what to write instead.
 */
import * as z from 'zod';
import { formatQuantity, parseQuantity } from './quantity.ts';

/** Metadata that structural.ts makes the CRDs from; the text in `allowed` becomes the API server's message. */
const listType = 'x-kubernetes-list-type';
const mapKeys = 'x-kubernetes-list-map-keys';
const preserve = 'x-kubernetes-preserve-unknown-fields';
const mapType = 'x-kubernetes-map-type';

export function integer(min: number, max: number) {
  const allowed = `an integer from ${min} to ${max}`;
  return z.int({ error: allowed }).min(min, allowed).max(max, allowed);
}

/** Bytes as a Kubernetes quantity; bounds in bytes. Kept as written: resolve.ts turns it into a number. */
export function quantity(min: number, max: number) {
  const bounds = `from ${formatQuantity(min)} to ${formatQuantity(max)}`;
  const allowed = `a whole number of bytes ${bounds}, such as 1048576, "64Ki", "1.5Gi" or "128M"`;
  const within = (value: string | number): boolean => {
    const parsed = parseQuantity(value);
    return 'bytes' in parsed && parsed.bytes >= min && parsed.bytes <= max;
  };
  return z
    .union([z.string().max(32), z.number()], { error: allowed })
    .refine(within, { error: allowed })
    .meta({ 'x-kubernetes-int-or-string': true, minBytes: min, maxBytes: max, allowed });
}

export function text(maxLength: number, pattern: RegExp, allowed: string) {
  const full = `${allowed} (at most ${maxLength} characters)`;
  return z.string({ error: full }).min(1, full).max(maxLength, full).regex(pattern, full).meta({ allowed: full });
}

/** RFC 3339, as Kubernetes writes times. */
export function time() {
  const allowed = 'a time such as 2026-01-01T00:00:00Z';
  const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
  return z.string({ error: allowed }).max(40, allowed).regex(pattern, allowed).meta({ format: 'date-time' });
}

export function choice<const T extends readonly [string, ...string[]]>(values: T, hint = '') {
  return z.enum(values, { error: oneOf(values) + hint });
}

function bounded<T extends z.ZodType>(item: T, min: number, max: number, what: string) {
  const allowed = `a list of ${min} to ${max} ${what}`;
  return z.array(item, { error: allowed }).min(min, allowed).max(max, allowed);
}

/** In the order given, written by one hand (listType: atomic). */
export function list<T extends z.ZodType>(item: T, min: number, max: number, what: string) {
  return bounded(item, min, max, what).meta({ [listType]: 'atomic' });
}

/** A list in which nothing may stand twice (listType: set). */
export function set<T extends z.ZodType>(item: T, min: number, max: number, what: string) {
  return bounded(item, min, max, what)
    .check((context) => refuseRepeats(context, (value) => String(value), [], what))
    .meta({ [listType]: 'set' });
}

/** A list of maps told apart by the given fields (listType: map). */
export function keyedList<T extends z.ZodType>(item: T, keys: readonly string[], max: number, what: string) {
  const key = (value: unknown): string => keys.map((name) => (value as Record<string, unknown>)[name]).join(' ');
  return bounded(item, 0, max, what)
    .check((context) => refuseRepeats(context, key, keys.slice(0, 1), what))
    .meta({ [listType]: 'map', [mapKeys]: keys });
}

/** A map whose fields are all known by name. */
export function record<T extends z.core.$ZodLooseShape>(shape: T) {
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `one of ${names}` : `a map with the fields ${names}`),
  });
}

/** Any map, kept as it is and replaced whole: a copy of what another schema has accepted. */
export function anyMap() {
  return z.looseObject({}).meta({ [preserve]: true, [mapType]: 'atomic' });
}

export function oneOf(values: readonly string[]): string {
  return values.length === 1 ? String(values[0]) : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

interface ListContext {
  readonly value: readonly unknown[];
  readonly issues: unknown[];
}

function refuseRepeats(
  context: ListContext,
  keyOf: (value: unknown) => string,
  tail: readonly string[],
  what: string,
): void {
  const seen = new Map<string, number>();
  context.value.forEach((value, index) => {
    const first = seen.get(keyOf(value));
    if (first === undefined) seen.set(keyOf(value), index);
    else refuse(context, [index, ...tail], `${what} that differ from each other; [${first}] is the same`);
  });
}

/** Adds one finding of a rule over several fields; the message says what is allowed at that path. */
export function refuse(
  context: { readonly issues: unknown[]; readonly value: unknown },
  path: PropertyKey[],
  allowed: string,
): void {
  context.issues.push({ code: 'custom', path, message: allowed, input: context.value, continue: true });
}
