/** Single objects: read, create, patch, replace, remove. Each is one request; nothing is retried here. */
import type { Connection } from './connection.ts';
import { decodeObject } from './decode.ts';
import { type KubeObject, type Place, pathOf, type Resource } from './resource.ts';

export type Requests = Pick<Connection, 'request'>;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMillis?: number | undefined;
}

/** Rejects with NotFound. */
export async function readObject(
  connection: Requests,
  resource: Resource,
  place: Place,
  options: CallOptions = {},
): Promise<KubeObject> {
  return decodeObject(await connection.request({ method: 'GET', path: pathOf(resource, place), ...options }));
}

/** Rejects with AlreadyExists. */
export async function createObject(
  connection: Requests,
  resource: Resource,
  body: KubeObject,
  options: CallOptions = {},
): Promise<KubeObject> {
  const path = pathOf(resource, { namespace: body.metadata.namespace });
  return decodeObject(await connection.request({ method: 'POST', path, body, ...options }));
}

export interface PatchOptions extends CallOptions {
  /** Whose the fields are from now on, in metadata.managedFields. */
  readonly fieldManager: string;
}

/** A merge patch: null takes a field away, what is not named stays. Rejects with NotFound. */
export async function patchObject(
  connection: Requests,
  resource: Resource,
  place: Place,
  body: object,
  { fieldManager, ...options }: PatchOptions,
): Promise<KubeObject> {
  const contentType = 'application/merge-patch+json';
  const path = pathOf(resource, place);
  const query = { fieldManager };
  return decodeObject(await connection.request({ method: 'PATCH', path, query, body, contentType, ...options }));
}

/** Rejects with Conflict where the object is no longer of the body's resourceVersion. */
export async function replaceObject(
  connection: Requests,
  resource: Resource,
  body: KubeObject,
  options: CallOptions = {},
): Promise<KubeObject> {
  const { namespace, name } = body.metadata;
  const path = pathOf(resource, { namespace, name });
  return decodeObject(await connection.request({ method: 'PUT', path, body, ...options }));
}

/** Only the object of that uid: rejects with Conflict where another has its name by now, and with NotFound. */
export async function removeObject(
  connection: Requests,
  resource: Resource,
  place: Place & { readonly uid: string },
  options: CallOptions = {},
): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: place.uid } };
  await connection.request({ method: 'DELETE', path: pathOf(resource, place), body, ...options });
}
