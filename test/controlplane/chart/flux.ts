/**
 * What Flux's kustomize-controller does with an object of its source, step by step as in its ssa package: fields of managers whose
 * names begin with `kubectl` become its own, then it applies the manifest by force, and what is not in that goes. The annotation
 * `kustomize.toolkit.fluxcd.io/ssa: Merge` leaves out the first step.
 */
import type { ControlPlane } from '../control-plane.ts';
import type { Rendered } from './chart-cluster.ts';

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: object;
}

const flux = 'kustomize-controller';
export const policyAnnotation = 'kustomize.toolkit.fluxcd.io/ssa';

export async function reconcile(plane: ControlPlane, object: Rendered): Promise<void> {
  if (object.metadata.annotations?.[policyAnnotation] !== 'Merge') await takeOver(plane, object);
  const words = ['apply', '--server-side', '--force-conflicts', `--field-manager=${flux}`, '-f', '-'];
  await plane.kubectlOk(words, { input: JSON.stringify(object) });
}

async function takeOver(plane: ControlPlane, { kind, metadata }: Rendered): Promise<void> {
  const place = [kind, metadata.name, '-n', metadata.namespace ?? ''];
  const words = ['get', ...place, '--show-managed-fields', '-o', 'jsonpath={.metadata.managedFields}'];
  const entries = (JSON.parse(await plane.kubectlOk(words)) as Entry[]).map((entry) =>
    entry.manager.startsWith('kubectl') && !entry.subresource ? { ...entry, manager: flux, operation: 'Apply' } : entry,
  );
  const [own, others] = [entries.filter(isOwn), entries.filter((entry) => !isOwn(entry))];
  const value = [
    ...own.slice(0, 1).map((entry) => ({ ...entry, fieldsV1: own.map((each) => each.fieldsV1).reduce(union) })),
    ...others,
  ];
  const patch = JSON.stringify([{ op: 'replace', path: '/metadata/managedFields', value }]);
  await plane.kubectlOk(['patch', ...place, '--type=json', '-p', patch]);
}

const isOwn = ({ manager, operation }: Entry): boolean => manager === flux && operation === 'Apply';

/** Sets of fields are objects in objects. */
function union(one: object, other: object): object {
  const merged: Record<string, object> = { ...one };
  for (const [name, below] of Object.entries(other)) merged[name] = union(merged[name] ?? {}, below);
  return merged;
}
