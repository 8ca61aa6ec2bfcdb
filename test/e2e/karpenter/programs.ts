/** Karpenter with the provider that makes kwok nodes, and kwok: built once from the Go modules that pin them. */
import { join } from 'node:path';
import { binaryObstacles, buildBinaries } from '../../controlplane/binaries.ts';
import { goSource, goVersion } from '../../controlplane/go.ts';
import {
  buildSet,
  type GoSet,
  moduleFolder,
  pinnedVersion,
  refuseFor,
  type Say,
  setFolder,
  setObstacles,
} from '../../controlplane/go-set.ts';
import { buildHelm, helmObstacles } from '../../controlplane/helm.ts';
import { controllers } from '../cluster/programs.ts';

const karpenter = 'sigs.k8s.io/karpenter';
const kwok = 'sigs.k8s.io/kwok';
const versions = { karpenter: pinnedVersion('karpenter', karpenter), kwok: pinnedVersion('kwok', kwok) };

const karpenterSet: GoSet = {
  name: `cluster/karpenter-${versions.karpenter}-kwok-${versions.kwok}`,
  modules: ['karpenter', 'kwok'],
  about: `Karpenter ${versions.karpenter} and kwok ${versions.kwok}: once, about 5 minutes on 2 cores`,
  programs: [
    { name: 'kwok', folder: moduleFolder('kwok'), main: `${kwok}/cmd/kwok` },
    { name: 'karpenter', folder: moduleFolder('karpenter'), main: `${karpenter}/kwok` },
  ],
};

export const karpenterFolder = (): string => setFolder(karpenterSet);

export const karpenterProgram = (name: 'kwok' | 'karpenter'): string => join(karpenterFolder(), name);

/** Why it can't be had here. Each line says what to do. */
export function karpenterObstacles(): string[] {
  const sets = [controllers, karpenterSet].flatMap(setObstacles);
  // Go finds Karpenter's CRDs in its module, also once all is built.
  const noGo = goVersion() === null ? ['no Go: install 1.26 or newer (https://go.dev/doc/install)'] : [];
  return [...new Set([...binaryObstacles(), ...helmObstacles(), ...sets, ...noGo])];
}

/** All that its cluster is made of. */
export async function buildKarpenter(say: Say): Promise<void> {
  refuseFor(karpenterObstacles());
  await buildBinaries(say);
  await buildHelm(say);
  for (const set of [controllers, karpenterSet]) await buildSet(set, say);
}

/** Folders with Karpenter's CRDs, in the module that it was built from. */
export async function karpenterCRDs(): Promise<string[]> {
  const folder = await goSource(moduleFolder('karpenter'), karpenter);
  return ['pkg/apis/crds', 'kwok/apis/crds'].map((each) => join(folder, each));
}
