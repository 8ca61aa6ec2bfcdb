/**
 * Decodes what a newer part of Ebb may have written: fields that the schema does not know are left out, all else must be
 * right. For who only shows an object; who acts on one refuses what it does not know (decode-node.ts).
 */
import type * as z from 'zod';
import { type Decoded, decodeBy, valueAt } from './decode.ts';

/** Unknown fields may lie within others; each turn finds those that were hidden so far. */
const maxTurns = 8;

export function decodeLeniently<T>(schema: z.ZodType<T>, value: unknown): Decoded<T> {
  let rest = value;
  for (let turn = 0; turn < maxTurns; turn++) {
    const unknown = schema.safeParse(rest).error?.issues.filter(({ code }) => code === 'unrecognized_keys') ?? [];
    if (unknown.length === 0) break;
    rest = structuredClone(rest);
    for (const issue of unknown as z.core.$ZodIssueUnrecognizedKeys[])
      for (const key of issue.keys) delete (valueAt(rest, issue.path) as Record<string, unknown>)[key];
  }
  return decodeBy(schema, rest);
}
