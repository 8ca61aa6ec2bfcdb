/**
 * What a CustomResourceDefinition says, as it is read from the API server: whether it is served, of which revision it is, and
 * the schema of spec. Gives to carry.ts; pure.
 */
import { revisionAnnotation, version } from '../api/kinds.ts';
import type { ServedSchema } from './served-schema.ts';

export interface ServedCRD {
  readonly name: string;
  /** For people: what it can carry, its schema says. null: it says none. */
  readonly revision: number | null;
  /** False before it is served, and when it is being deleted with all its objects. */
  readonly established: boolean;
  /** Of spec, in the version that this operator writes; null: that version is not served. */
  readonly spec: ServedSchema | null;
}

/** As far as it is looked at. */
interface WireCRD {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> | null };
  readonly spec?: {
    readonly versions?: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema?: { readonly openAPIV3Schema?: ServedSchema };
    }[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null };
}

export function readCRD(object: object): ServedCRD {
  const { metadata, spec, status } = object as WireCRD;
  const served = spec?.versions?.find((one) => one.name === version && one.served);
  const holds = (type: string) =>
    status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false;
  return {
    name: metadata.name,
    revision: revisionOf(metadata.annotations?.[revisionAnnotation]),
    established: holds('Established') && !holds('Terminating'),
    spec: served?.schema?.openAPIV3Schema?.properties?.['spec'] ?? null,
  };
}

function revisionOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
