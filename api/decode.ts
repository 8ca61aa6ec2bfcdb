/**
 * Unknown data in, a typed policy or every finding out: which field, what it holds, what is allowed. Pure; the YAML
 * edge (api/documents.ts) adds file, line and column; other kinds are decoded by decode-kinds.ts and decode-node.ts.
 */
import type * as z from 'zod';
import { showPath, showValue } from './escape.ts';
import { memoryAdvicePolicy, policyKind } from './policy.ts';
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

/** What an agent without a cluster has no use for, and why. */
const clusterKinds: Readonly<Record<string, string>> = {
  ClusterMemoryAdvicePolicy: 'selects by namespace and node, which are not known without a cluster',
  MemoryAdviceLimit: 'bounds the policies of a cluster',
  NodeMemoryAdvice: 'is written by the operator of a cluster',
};

/** A file of the standalone agent: every MemoryAdvicePolicy of a cluster is one too. */
export function decodePolicy(value: unknown, meaning: WindowMeaning): Decoded<StandalonePolicy> {
  const kind = kindOf(value);
  const why = Object.hasOwn(clusterKinds, kind) ? clusterKinds[kind] : undefined;
  if (why !== undefined) return { findings: [finding(['kind'], kind, `${policyKind}; a ${kind} ${why}`)] };
  return decodeWithWindows(standalonePolicy, value, meaning);
}

/** What an API server would take: no standalone block. */
export function decodeClusterPolicy(
  value: unknown,
  meaning: WindowMeaning,
): Decoded<z.infer<typeof memoryAdvicePolicy>> {
  return decodeWithWindows(memoryAdvicePolicy, value, meaning);
}

/** "" where there is none. */
export function kindOf(value: unknown): string {
  const kind = valueAt(value, ['kind']);
  return typeof kind === 'string' ? kind : '';
}

export function decodeWithWindows<T extends { spec: { windows: readonly WindowFields[] } }>(
  schema: z.ZodType<T>,
  value: unknown,
  meaning: WindowMeaning,
): Decoded<T> {
  return decodeBy(schema, value, ({ spec }) => windowFindings(spec.windows, ['spec'], meaning));
}

/** `further` looks at what no schema can tell, once the schema is content. */
export function decodeBy<T>(
  schema: z.ZodType<T>,
  value: unknown,
  further: (data: T) => readonly FieldFinding[] = () => [],
): Decoded<T> {
  const result = schema.safeParse(value);
  const findings = result.success
    ? further(result.data)
    : oncePerField(result.error.issues.flatMap((issue) => issueFindings(issue, value)));
  return result.success && findings.length === 0 ? { policy: result.data } : { findings };
}

interface WindowFields {
  readonly schedule: string;
  readonly timeZone: string;
}

export function windowFindings(
  windows: readonly WindowFields[],
  path: readonly PropertyKey[],
  meaning: WindowMeaning,
): FieldFinding[] {
  return windows.flatMap((window, index) =>
    (['schedule', 'timeZone'] as const).flatMap((key) => {
      const allowed = meaning[key](window[key]);
      return allowed === null ? [] : [finding([...path, 'windows', index, key], window[key], allowed)];
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

export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    const own = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    return own ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }, root);
}
