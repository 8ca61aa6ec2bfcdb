/**
 * Whether a served schema takes all that another one takes: then nothing of a plan need be looked at, which is so in every
 * cluster that is not in the middle of an upgrade. Says no where it can't tell. carry.ts asks; pure.
 */
import type { ServedSchema } from './served-schema.ts';

export function covers(served: ServedSchema, own: ServedSchema): boolean {
  return (
    sameShape(served, own) &&
    withinBounds(served, own) &&
    knowsWords(served, own) &&
    knowsFields(served, own) &&
    asksForNoMore(served, own) &&
    (served.items === undefined || (own.items !== undefined && covers(served.items, own.items)))
  );
}

function sameShape(served: ServedSchema, own: ServedSchema): boolean {
  const key = 'x-kubernetes-int-or-string';
  return served.type === own.type && Boolean(served[key]) === Boolean(own[key]);
}

function withinBounds(served: ServedSchema, own: ServedSchema): boolean {
  const least = (['minimum', 'minLength', 'minItems'] as const).every(
    (key) => served[key] === undefined || (own[key] ?? Number.NEGATIVE_INFINITY) >= served[key],
  );
  const most = (['maximum', 'maxLength', 'maxItems', 'maxProperties'] as const).every(
    (key) => served[key] === undefined || (own[key] ?? Number.POSITIVE_INFINITY) <= served[key],
  );
  return least && most && (served.pattern === undefined || served.pattern === own.pattern);
}

function knowsWords(served: ServedSchema, own: ServedSchema): boolean {
  if (served.enum === undefined) return true;
  const known = new Set(served.enum);
  return own.enum?.every((word) => known.has(word)) ?? false;
}

function knowsFields(served: ServedSchema, own: ServedSchema): boolean {
  const { properties = {}, additionalProperties } = served;
  const fields = Object.entries(own.properties ?? {});
  const others = own.additionalProperties;
  return (
    fields.every(([name, field]) => Object.hasOwn(properties, name) && covers(properties[name]!, field)) &&
    (!others ||
      additionalProperties === true ||
      (typeof others === 'object' && typeof additionalProperties === 'object' && covers(additionalProperties, others)))
  );
}

function asksForNoMore({ required = [], properties = {} }: ServedSchema, own: ServedSchema): boolean {
  return required.every((name) => own.required?.includes(name) || properties[name]?.default !== undefined);
}
