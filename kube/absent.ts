/**
 * Whether the API server says that it serves no such resource. A 404 alone proves nothing: it has no Status in it, and may be
 * of anyone on the way. list-watch.ts asks before it takes objects for gone that it was never told of.
 */
import { isKubeError } from './errors.ts';
import type { CallOptions, Requests } from './objects.ts';
import type { Resource } from './resource.ts';

interface ResourceList {
  readonly kind?: unknown;
  readonly resources?: readonly { readonly name?: unknown }[];
}

interface GroupList {
  readonly kind?: unknown;
  readonly groups?: readonly {
    readonly name?: unknown;
    readonly versions?: readonly { readonly version?: unknown }[];
  }[];
}

/** false where it can't be told. Of the core group nothing is ever absent. */
export async function isAbsent(connection: Requests, resource: Resource, options: CallOptions): Promise<boolean> {
  if (resource.group === '') return false;
  try {
    return await lacksResource(connection, resource, options);
  } catch (error) {
    if (isKubeError(error)) return false;
    throw error;
  }
}

async function lacksResource(connection: Requests, resource: Resource, options: CallOptions): Promise<boolean> {
  const { group, version, plural } = resource;
  const path = `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
  try {
    const list = (await connection.request({ method: 'GET', path, ...options })) as ResourceList | null;
    return list?.kind === 'APIResourceList' && !list.resources?.some(({ name }) => name === plural);
  } catch (error) {
    // The last kind of a group takes the group along.
    if (isKubeError(error, 'NotFound')) return await lacksVersion(connection, resource, options);
    throw error;
  }
}

async function lacksVersion(connection: Requests, resource: Resource, options: CallOptions): Promise<boolean> {
  const list = (await connection.request({ method: 'GET', path: '/apis', ...options })) as GroupList | null;
  if (list?.kind !== 'APIGroupList') return false;
  const versions = list.groups?.find(({ name }) => name === resource.group)?.versions;
  return !versions?.some(({ version }) => version === resource.version);
}
