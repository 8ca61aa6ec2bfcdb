/**
 * Server-side apply: says what one field manager wants of an object, and leaves what others own alone. A conflict tells
 * which fields and whose they are.
 */
import { decodeObject } from './decode.ts';
import { isKubeError, KubeError, type StatusCause } from './errors.ts';
import type { CallOptions, Requests } from './objects.ts';
import { type KubeObject, pathOf, type Resource } from './resource.ts';

export interface ApplyOptions extends CallOptions {
  readonly fieldManager: string;
  /** Takes fields over from others instead of a conflict. */
  readonly force?: boolean;
  readonly subresource?: 'status';
}

/** An object as it is applied: apiVersion, kind and name are required, managedFields is refused by the server. */
export interface Applied {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface FieldConflict {
  /** As in managedFields: `.spec.replicas`. */
  readonly field: string;
  readonly manager: string;
}

/** Code Conflict, where fields belong to other managers. A Conflict of another kind (uid, resourceVersion) is a KubeError. */
export class ApplyConflict extends KubeError {
  /** By field: the server tells them in any order. */
  readonly conflicts: readonly FieldConflict[];
  constructor(error: KubeError, conflicts: readonly FieldConflict[]) {
    super('Conflict', error.message, { ...error, cause: error });
    this.name = 'ApplyConflict';
    this.conflicts = conflicts;
  }
}

/** The object as it is stored afterwards. */
export async function apply(
  connection: Requests,
  resource: Resource,
  object: Applied,
  options: ApplyOptions,
): Promise<KubeObject> {
  const { fieldManager, force, subresource, signal, timeoutMillis } = options;
  const { namespace, name } = object.metadata;
  const path = pathOf(resource, { namespace, name, subresource });
  const query = { fieldManager, force: force || undefined, fieldValidation: 'Strict' };
  const contentType = 'application/apply-patch+yaml'; // JSON is YAML
  try {
    const body = object;
    return decodeObject(
      await connection.request({ method: 'PATCH', path, query, contentType, body, signal, timeoutMillis }),
    );
  } catch (error) {
    throw isKubeError(error) ? refusalOf(error) : error;
  }
}

/** An object that its schema does not know is answered with 500 (1.37), and yet no later try will do better. */
const unknownShape = /failed to create typed patch object/;

function refusalOf(error: KubeError): KubeError {
  if (error.code === 'Conflict') return conflictOf(error);
  if (error.code !== 'ServerError' || !unknownShape.test(error.message)) return error;
  return new KubeError('Invalid', error.message, { ...error, cause: error });
}

function conflictOf(error: KubeError): KubeError {
  const conflicts = error.causes.filter(({ reason }) => reason === 'FieldManagerConflict').map(fieldConflict);
  conflicts.sort((a, b) => (a.field < b.field ? -1 : 1));
  return conflicts.length === 0 ? error : new ApplyConflict(error, conflicts);
}

/** `conflict with "kubectl" with subresource "status" using apps/v1 at 2026-…`: the name is quoted as in Go. */
function fieldConflict({ message, field }: StatusCause): FieldConflict {
  const quoted = /^conflict with ("(?:[^"\\]|\\.)*")/.exec(message)?.[1];
  return { field, manager: quoted === undefined ? '' : unquoted(quoted) };
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}
