/** Ebb's images for this machine in dist/images/, as `npm run images` makes them; nodes get them without a registry. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownArchitecture } from '../../images/architecture.ts';
import { buildImages, type Program, programs } from '../../images/build.ts';
import type { Say } from '../controlplane/go-set.ts';
import { missingPackages } from '../levels/machine.ts';
import type { Cluster } from './cluster/cluster.ts';

const folder = join(import.meta.dirname, '../../dist/images');

/** The registry in their names, for the chart's `image.registry`. */
export const imageRegistry = 'localhost';

/** Of these images; throws where they still have to be built. */
export function builtArchives(of: readonly Program[] = programs): string[] {
  const archives = of.map((program) => join(folder, `${program}-${ownArchitecture.name}.tar`));
  const missing = archives.filter((archive) => !existsSync(archive));
  if (missing.length > 0) throw new Error(`no ${missing.join(', ')}: npm run cluster -- build`);
  return archives;
}

/** Why they can't be built here. Each line says what to do. */
export const imageObstacles = (): string[] => missingPackages(['buildah', 'gcc', 'make', 'musl-gcc']);

/** Of the tree as it is now; what has not changed is not built again. */
export async function buildOwnImages(say: Say): Promise<string> {
  say('building the images of this tree');
  await buildImages({ architectures: [ownArchitecture] });
  return folder;
}

/** On every node; throws where they still have to be built. */
export async function importImages(cluster: Cluster): Promise<void> {
  for (const archive of builtArchives()) await cluster.importImage(archive);
}
