/** The CRD of a kind as another version of Ebb had it: ours with something less or more at one place of its spec. */
import { customResourceDefinition } from '../../api/crd.ts';
import { kinds, revisionAnnotation, schemaRevision } from '../../api/kinds.ts';
import { nodeAdviceKind } from '../../api/node-spec.ts';

/** Of the schema, as JSON, to be changed. */
export interface Place {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  required?: string[];
  properties?: Record<string, Place>;
  items?: Place;
  'x-kubernetes-validations'?: object[];
}

type CRD = ReturnType<typeof customResourceDefinition>;

const made = new Map<string, string>();

/** A copy of its own, to be changed. */
export function crdOf(wanted: string = nodeAdviceKind) {
  const text = made.get(wanted) ?? JSON.stringify(customResourceDefinition(kinds.find(({ kind }) => kind === wanted)!));
  made.set(wanted, text);
  const crd = JSON.parse(text) as CRD;
  return { crd, spec: crd.spec.versions[0]!.schema.openAPIV3Schema.properties!['spec'] as Place };
}

/** `change` gets the schema at the path of spec, such as "profiles[].steps[].advice". Of the revision before ours. */
export function crdWith(changes: Readonly<Record<string, (place: Place) => void>>, kind: string = nodeAdviceKind) {
  const { crd, spec } = crdOf(kind);
  crd.metadata.annotations[revisionAnnotation] = String(schemaRevision - 1);
  for (const [path, change] of Object.entries(changes)) change(placeAt(spec, path));
  return crd;
}

/** The CRD of nodes' objects without the field of that name at that path. */
export const crdWithout = (path: string, field: string) => crdWith({ [path]: drop(field) });

export const drop = (field: string) => (place: Place) => {
  delete place.properties![field];
  place.required = place.required?.filter((name) => name !== field) ?? [];
};

function placeAt(spec: Place, path: string): Place {
  const keys = path === '' ? [] : path.replaceAll('[]', '.[]').split('.');
  return keys.reduce((place, key) => (key === '[]' ? place.items! : place.properties![key]!), spec);
}
