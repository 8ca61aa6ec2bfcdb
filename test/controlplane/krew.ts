/** krew, built once from its Go module, and run with a folder of its own for what it installs. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSet,
  type GoSet,
  isBuilt,
  moduleFolder,
  pinnedVersion,
  type Say,
  setFolder,
  setObstacles,
} from './go-set.ts';

const module = 'sigs.k8s.io/krew';
const version = pinnedVersion('krew', module);
const set: GoSet = {
  name: `controlplane/krew-${version}`,
  modules: ['krew'],
  about: `krew ${version}: once, about half a minute on 2 cores`,
  programs: [{ name: 'krew', folder: moduleFolder('krew'), main: `${module}/cmd/krew` }],
};

export const krewObstacles = (): string[] => setObstacles(set);

export const buildKrew = (say: Say): Promise<string> => buildSet(set, say);

/** A place for krew: its own root, and itself on the PATH as kubectl finds it. Throws where it still has to be built. */
export function krewPlace(folder: string): NodeJS.ProcessEnv {
  if (!isBuilt(set)) throw new Error('no krew: npm run controlplane -- build');
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(join(setFolder(set), 'krew'), join(bin, 'kubectl-krew'));
  return { KREW_ROOT: join(folder, 'krew'), KREW_NO_UPGRADE_CHECK: '1', PATH: `${join(folder, 'krew/bin')}:${bin}` };
}
