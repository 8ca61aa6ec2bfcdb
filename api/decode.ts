/**
 * Unknown data in, a typed policy or every finding out: which field, what it holds, what is allowed. Pure; the YAML
 * edge (api/documents.ts) adds file, line and column.
 */
import type * as z from 'zod';
import { showPath, showValue } from './escape.ts';
import { memoryAdvicePolicy } from './policy.ts';
import type { WindowMeaning } from './schedule.ts';
import { type StandalonePolicy, standalonePolicy } from './standalone.ts';

export interface FieldFinding {
  readonly path: readonly PropertyKey[];
  /** "spec.steps[1].afterIdleSeconds", escaped. */
  readonly field: string;
  /** As JSON, escaped and cut; "missing" where the field is not there. */
  readonly value: string;
  readonly allowed: string;
}

export type Decoded<T> = { readonly policy: T } | { readonly findings: readonly FieldFinding[] };

/** A file of the standalone agent: every cluster policy is one too. */
export function decodePolicy(value: unknown, meaning: WindowMeaning): Decoded<StandalonePolicy> {
  return decodeBy(standalonePolicy, value, meaning);
}

/** What an API server would take: no standalone block. */
export function decodeClusterPolicy(
  value: unknown,
  meaning: WindowMeaning,
): Decoded<z.infer<typeof memoryAdvicePolicy>> {
  return decodeBy(memoryAdvicePolicy, value, meaning);
}

function decodeBy<T extends { spec: { windows: readonly WindowFields[] } }>(
  schema: z.ZodType<T>,
  value: unknown,
  meaning: WindowMeaning,
): Decoded<T> {
  const result = schema.safeParse(value);
  const findings = result.success
    ? windowFindings(result.data.spec.windows, meaning)
    : oncePerField(result.error.issues.flatMap((issue) => issueFindings(issue, value)));
  return result.success && findings.length === 0 ? { policy: result.data } : { findings };
}

interface WindowFields {
  readonly schedule: string;
  readonly timeZone: string;
}

function windowFindings(windows: readonly WindowFields[], meaning: WindowMeaning): FieldFinding[] {
  return windows.flatMap((window, index) =>
    (['schedule', 'timeZone'] as const).flatMap((key) => {
      const allowed = meaning[key](window[key]);
      return allowed === null ? [] : [finding(['spec', 'windows', index, key], window[key], allowed)];
    }),
  );
}

function issueFindings(issue: z.core.$ZodIssue, root: unknown): FieldFinding[] {
  const keys = issue.code === 'unrecognized_keys' ? issue.keys : [null];
  return keys.map((key) => {
    const path = key === null ? issue.path : [...issue.path, key];
    return finding(path, valueAt(root, path), issue.message);
  });
}

export function finding(path: readonly PropertyKey[], value: unknown, allowed: string): FieldFinding {
  return { path, field: showPath(path), value: showValue(value), allowed };
}

/** One value can miss in several ways (not whole and too small); one line with what is allowed says it all. */
function oncePerField(findings: readonly FieldFinding[]): FieldFinding[] {
  const seen = new Map(findings.toReversed().map((each) => [JSON.stringify(each.path), each]));
  return [...new Set(findings.map((each) => seen.get(JSON.stringify(each.path)) ?? each))];
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    const own = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    return own ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }, root);
}
