/** Which objects are meant: the resources of the API server and their paths. Pure. */

export interface Resource {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export interface Place {
  /** Absent for cluster-scoped objects, and for lists of all namespaces. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** What every object has. The rest of it is for its reader to decode. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export function pathOf({ group, version, plural }: Resource, { namespace, name, subresource }: Place = {}): string {
  const parts = [
    ...(group === '' ? ['api', version] : ['apis', group, version]),
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  return `/${parts.map(segment).join('/')}`;
}

/** A name never says another path than its own: '..' would, and so would an empty one. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') throw new TypeError(`not part of a path: ${JSON.stringify(text)}`);
  return encodeURIComponent(text);
}

export const shownAs = ({ group, plural }: Resource): string => (group === '' ? plural : `${plural}.${group}`);
