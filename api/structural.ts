/**
 * A zod schema made into the structural schema that a CRD may hold: what JSON Schema says and Kubernetes does not know
 * is left out or said in its words. Gives to crd.ts; pure.
 */
import * as z from 'zod';
import { formatQuantity } from './quantity.ts';
import { matching, type Rule, rulesKey, wholeBytes } from './rules.ts';

export interface Structural {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Structural>>;
  readonly additionalProperties?: Structural;
  readonly items?: Structural;
  readonly anyOf?: readonly { readonly type: string }[];
  readonly 'x-kubernetes-int-or-string'?: true;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

/** As z.toJSONSchema gives it, with the metadata of fields.ts and rules.ts. */
interface JSONSchema extends Omit<Structural, 'properties' | 'additionalProperties' | 'items'> {
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JSONSchema>>;
  readonly additionalProperties?: JSONSchema | false;
  readonly propertyNames?: JSONSchema;
  readonly items?: JSONSchema;
  readonly allowed?: string;
  readonly allowedKeys?: string;
  readonly minBytes?: number;
  readonly maxBytes?: number;
}

export interface StructuralOptions {
  /**
   * Patterns and rules between fields become CEL, whose message says what is allowed: for what users write. Without it
   * patterns stay patterns, and cost nothing: for what one program writes for another, in long lists.
   */
  readonly messages: boolean;
}

export function structural(schema: z.ZodType, options: StructuralOptions): Structural {
  return convert(z.toJSONSchema(schema, { io: 'input' }) as JSONSchema, options);
}

const copied = [
  'description',
  'type',
  'format',
  'default',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'maxProperties',
  'required',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-map-type',
] as const;

function convert(schema: JSONSchema, options: StructuralOptions): Structural {
  if (schema['x-kubernetes-int-or-string']) return intOrString(schema, options);
  const { pattern, allowed, minItems, maxItems } = schema;
  return {
    ...pick(schema),
    ...(schema.const === undefined ? {} : { type: 'string', enum: [schema.const] }),
    ...(pattern === undefined || (options.messages && allowed) ? {} : { pattern }),
    ...(minItems ? { minItems } : {}),
    ...(maxItems === undefined ? {} : { maxItems }),
    ...inner(schema, options),
    ...rulesOf(options.messages ? [...patternRules(schema), ...(schema[rulesKey] ?? [])] : []),
  };
}

/** In the order above, so that the same schema always makes the same text. */
function pick(schema: JSONSchema): Structural {
  return Object.fromEntries(copied.filter((key) => schema[key] !== undefined).map((key) => [key, schema[key]]));
}

/** Unknown fields are pruned by the server, or refused by kubectl: `additionalProperties: false` has no place here. */
function inner(schema: JSONSchema, options: StructuralOptions): Structural {
  if (schema['x-kubernetes-preserve-unknown-fields']) return {};
  const { properties, additionalProperties, items } = schema;
  const known = Object.entries(properties ?? {}).map(([name, field]) => [name, convert(field, options)] as const);
  return {
    ...(properties ? { properties: Object.fromEntries(known) } : {}),
    ...(additionalProperties ? { additionalProperties: convert(additionalProperties, options) } : {}),
    ...(items ? { items: convert(items, options) } : {}),
  };
}

/** A quantity has no type of its own, and bounds only in CEL: a text can't be compared otherwise. */
function intOrString(schema: JSONSchema, { messages }: StructuralOptions): Structural {
  const { minBytes = 0, maxBytes = 0, allowed = '' } = schema;
  const rule = { rule: wholeBytes(formatQuantity(minBytes), formatQuantity(maxBytes)), message: allowed };
  return {
    ...(schema.description === undefined ? {} : { description: schema.description }),
    ...(schema.default === undefined ? {} : { default: schema.default }),
    maxLength: 32,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
    ...rulesOf(messages ? [rule] : []),
  };
}

function patternRules({ pattern, allowed, propertyNames, allowedKeys }: JSONSchema): Rule[] {
  const value = pattern && allowed ? [{ rule: matching('self', pattern), message: allowed }] : [];
  const keyPattern = propertyNames?.pattern;
  const keys =
    keyPattern && allowedKeys ? [{ rule: `self.all(key, ${matching('key', keyPattern)})`, message: allowedKeys }] : [];
  return [...value, ...keys];
}

function rulesOf(rules: readonly Rule[]): Structural {
  return rules.length === 0 ? {} : { [rulesKey]: rules };
}
