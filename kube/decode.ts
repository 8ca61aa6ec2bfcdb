/** From what a list or a watch sent to typed parts, or Malformed. Only what every object has is looked at. Pure. */
import { errorOf, KubeError } from './errors.ts';
import type { KubeObject } from './resource.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const malformed = (what: string): KubeError => new KubeError('Malformed', what);

export interface Page {
  readonly resourceVersion: string;
  /** null: this is the last page. */
  readonly next: string | null;
  readonly items: readonly unknown[];
}

export function decodePage(body: unknown): Page {
  const metadata = isFields(body) ? body['metadata'] : undefined;
  if (!isFields(body) || !isFields(metadata)) throw malformed('a list without metadata');
  const { resourceVersion, continue: next } = metadata;
  if (typeof resourceVersion !== 'string' || resourceVersion === '') throw malformed('a list without resourceVersion');
  const items = body['items'] ?? [];
  if (!Array.isArray(items)) throw malformed('a list whose items are no list');
  return { resourceVersion, next: typeof next === 'string' && next !== '' ? next : null, items };
}

/** Names are what the store goes by: an object without one can't be kept. */
export function decodeObject(value: unknown): KubeObject {
  const metadata = isFields(value) ? value['metadata'] : undefined;
  if (!isFields(metadata)) throw malformed('an object without metadata');
  for (const field of ['name', 'uid', 'resourceVersion'])
    if (typeof metadata[field] !== 'string' || metadata[field] === '') throw malformed(`an object without ${field}`);
  if (typeof (metadata['namespace'] ?? '') !== 'string') throw malformed('an object whose namespace is no text');
  return value as unknown as KubeObject;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** An ERROR event throws what its Status says. */
export function decodeEvent(value: unknown): WatchEvent {
  if (!isFields(value)) throw malformed('an event that is no object');
  const { type, object } = value;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: decodeObject(object) };
    case 'BOOKMARK':
      return { type, resourceVersion: bookmarkOf(object) };
    case 'ERROR':
      throw errorOf({ what: 'watch', status: 0, body: object });
    default:
      throw malformed(`an event of type ${JSON.stringify(type)?.slice(0, 40)}`);
  }
}

function bookmarkOf(object: unknown): string {
  const metadata = isFields(object) ? object['metadata'] : undefined;
  const version = isFields(metadata) ? metadata['resourceVersion'] : undefined;
  if (typeof version !== 'string' || version === '') throw malformed('a bookmark without resourceVersion');
  return version;
}
