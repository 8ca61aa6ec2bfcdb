/**
 * Reads fields of objects that no schema has been asked about, such as what another version wrote: what is not of the
 * kind that was expected counts as absent. Never throws.
 */
export type Fields = Readonly<Record<string, unknown>>;

const nothing: Fields = Object.freeze({});

export function fieldsAt(value: unknown, name: string): Fields {
  return fieldsOf(fieldsOf(value)[name]);
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : nothing;
}

export function listAt(value: unknown, name: string): readonly unknown[] {
  const list = fieldsOf(value)[name];
  return Array.isArray(list) ? list : [];
}

export function textAt(value: unknown, name: string, pattern = /^/): string | null {
  const text = fieldsOf(value)[name];
  return typeof text === 'string' && pattern.test(text) ? text : null;
}

/** Whole, not below zero, below 2^53. */
export function countAt(value: unknown, name: string): number | null {
  const count = fieldsOf(value)[name];
  return Number.isSafeInteger(count) && (count as number) >= 0 ? (count as number) : null;
}

/** A sum beyond 2^53, as text; units as in quantities. */
export function sumAt(value: unknown, name: string): bigint | null {
  const parts = /^(-?\d{1,31})(Ki|Mi|Gi|Ti|Pi|Ei)?$/.exec(textAt(value, name) ?? '');
  if (parts === null) return null;
  return BigInt(parts[1]!) << BigInt(10 * units.indexOf(parts[2] ?? ''));
}

const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
