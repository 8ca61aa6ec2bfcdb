/**
 * A kind made into its CustomResourceDefinition, as plain data. scripts/crds.ts writes the results to crds/; the API
 * server is asked about them in test/controlplane.
 */
import { category, group, type Kind, revisionAnnotation, schemaRevision, version } from './kinds.ts';
import { type Structural, structural } from './structural.ts';

export function customResourceDefinition(kind: Kind) {
  const { plural, singular, shortName, scope } = kind;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, annotations: { [revisionAnnotation]: String(schemaRevision) } },
    spec: {
      group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        singular,
        shortNames: [shortName],
        categories: [category],
      },
      scope,
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(kind) },
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns,
        },
      ],
    },
  };
}

/** apiVersion, kind and metadata are the server's own: it adds them, and refuses a schema that bounds them. */
export function rootSchema({ about, spec, status, writtenByUsers }: Kind): Structural {
  return {
    description: about,
    type: 'object',
    required: ['spec'],
    properties: {
      spec: structural(spec, { messages: writtenByUsers }),
      status: structural(status, { messages: false }),
    },
  };
}
