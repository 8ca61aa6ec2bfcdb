/**
 * YAML text to policies: several documents in one file, lists of objects, and for every finding the line and column at
 * which the field stands, or at which it is missing. Reads nothing itself; gives to policies.ts and policy-check.ts.
 */
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { type Decoded, decodePolicy, type FieldFinding, finding } from './decode.ts';
import { escapeText } from './escape.ts';
import type { WindowMeaning } from './schedule.ts';
import type { StandalonePolicy } from './standalone.ts';

export interface PolicyError {
  readonly file: string;
  /** From 1; null where the whole file is meant. */
  readonly line: number | null;
  readonly column: number | null;
  readonly field: string;
  readonly value: string;
  readonly allowed: string;
}

export interface FilePolicy<T = StandalonePolicy> {
  readonly file: string;
  readonly line: number;
  readonly policy: T;
}

export interface FileContent<T = StandalonePolicy> {
  readonly policies: readonly FilePolicy<T>[];
  readonly errors: readonly PolicyError[];
}

export type DecodePolicy<T = StandalonePolicy> = (value: unknown, meaning: WindowMeaning) => Decoded<T>;

export const maxFileBytes = 1_048_576;
const listKinds = ['List', 'MemoryAdvicePolicyList', 'ClusterMemoryAdvicePolicyList', 'MemoryAdviceLimitList'];

/** Of an agent without a cluster; `ebb policy check` passes a decode that knows every kind a user writes. */

export function readDocuments(text: string, file: string, meaning: WindowMeaning): FileContent;
export function readDocuments<T>(
  text: string,
  file: string,
  meaning: WindowMeaning,
  decode: DecodePolicy<T>,
): FileContent<T>;
export function readDocuments(
  text: string,
  file: string,
  meaning: WindowMeaning,
  decode: DecodePolicy<unknown> = decodePolicy,
): FileContent<unknown> {
  if (text === '')
    return { policies: [], errors: [fileError(file, 'empty', 'a policy, or a comment where none is meant')] };
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, version: '1.2', uniqueKeys: true });
  const read = [...documents].map((document) => readDocument({ document, file, lines, meaning, decode }));
  return { policies: read.flatMap((each) => each.policies), errors: read.flatMap((each) => each.errors) };
}

/** An error of the file as a whole, such as one that can't be read. */
export function fileError(file: string, value: string, allowed: string): PolicyError {
  return { file, line: null, column: null, field: '(file)', value, allowed };
}

/** "file:line:column: field: value … : allowed …", one line, safe to print. */
export function formatError(error: PolicyError): string {
  const place = error.line === null ? '' : `:${error.line}:${error.column}`;
  return `${escapeText(error.file, 4096)}${place}: ${error.field}: value ${error.value}: allowed: ${error.allowed}`;
}

interface Place {
  readonly document: Document.Parsed;
  readonly file: string;
  readonly lines: LineCounter;
  readonly meaning: WindowMeaning;
  readonly decode: DecodePolicy<unknown>;
}

function readDocument(place: Place): FileContent<unknown> {
  const syntax = place.document.errors.map((error) => syntaxError(place, error));
  if (syntax.length > 0) return { policies: [], errors: syntax };
  const value = plainValue(place);
  if ('errors' in value) return value;
  if (value.plain === null) return { policies: [], errors: [] };
  const objects = listItems(value.plain) ?? [{ path: [], value: value.plain }];
  const read = objects.map((object) => readObject(place, object));
  return { policies: read.flatMap((each) => each.policies), errors: read.flatMap((each) => each.errors) };
}

/** Refuses what only shows when aliases are resolved: a few lines that would expand to gigabytes. */
function plainValue(place: Place): { readonly plain: unknown } | FileContent<never> {
  try {
    return { plain: place.document.toJS({ maxAliasCount: 100 }) as unknown };
  } catch (error) {
    const found = finding([], escapeText(String((error as Error).message)), 'YAML with at most 100 aliases that exist');
    return { policies: [], errors: [at(place, found)] };
  }
}

interface PlacedObject {
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
}

function listItems(value: unknown): PlacedObject[] | null {
  const list = value as { kind?: unknown; items?: unknown } | null;
  if (typeof list !== 'object' || list === null || !listKinds.includes(String(list.kind))) return null;
  return Array.isArray(list.items) ? list.items.map((item, index) => ({ path: ['items', index], value: item })) : null;
}

function readObject(place: Place, object: PlacedObject): FileContent<unknown> {
  const decoded = place.decode(object.value, place.meaning);
  if ('policy' in decoded) {
    const { line } = positionOf(place, object.path);
    return { policies: [{ file: place.file, line, policy: decoded.policy }], errors: [] };
  }
  const errors = decoded.findings.map((found) => at(place, { ...found, path: [...object.path, ...found.path] }));
  return { policies: [], errors: errors.toSorted(inTextOrder) };
}

function inTextOrder(a: PolicyError, b: PolicyError): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function at(place: Place, found: FieldFinding): PolicyError {
  const { field, value, allowed } = found;
  return { file: place.file, ...positionOf(place, found.path), field, value, allowed };
}

function syntaxError(
  place: Place,
  error: { readonly message: string; readonly pos: readonly [number, number] },
): PolicyError {
  const { line, col } = place.lines.linePos(error.pos[0]);
  const what = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '';
  return {
    file: place.file,
    line,
    column: col,
    field: '(document)',
    value: 'malformed',
    allowed: `YAML; ${escapeText(what, 200)}`,
  };
}

/** Where the path stands, or the nearest map or list around it that does. */
function positionOf(place: Place, path: readonly PropertyKey[]): { line: number; column: number } {
  let node: unknown = place.document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const key of path) {
    const child = childOf(place, node, key);
    if (child === null) break;
    offset = child.offset;
    node = child.node;
  }
  const { line, col } = place.lines.linePos(offset);
  return { line, column: col };
}

/** In a map the place is the key's: that is where a reader looks for the field. */
function childOf(place: Place, node: unknown, key: PropertyKey): { node: unknown; offset: number } | null {
  const parent = isNode(node) ? resolved(node, place.document) : null;
  if (isMap(parent)) {
    const pair = parent.items.find(({ key: name }) => isScalar(name) && String(name.value) === String(key));
    return pair && isNode(pair.key) ? { node: pair.value, offset: pair.key.range?.[0] ?? 0 } : null;
  }
  const item = isSeq(parent) ? parent.items[Number(key)] : undefined;
  return isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : null;
}

function resolved(node: Node, document: Document.Parsed): Node | undefined {
  return 'resolve' in node && typeof node.resolve === 'function' ? (node.resolve(document) as Node | undefined) : node;
}
