/**
 * A disk with the programs that a node with its control plane is made of, laid out as the cache is: in the emulated guest,
 * running them from the shared root is 45 times slower.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { cacheFolder } from '../../../scripts/cache.ts';
import { binariesFolder } from '../../controlplane/binaries.ts';
import { helmProgram } from '../../controlplane/helm.ts';
import { nodePrograms } from '../cluster/programs.ts';

/** Writes it into `folder`, or says what has to be built first. */
export function programsDisk(folder: string): { readonly disk: string } | { readonly missing: string } {
  const cache = cacheFolder('.');
  let folders: string[];
  try {
    folders = [binariesFolder(), nodePrograms(), dirname(helmProgram())];
  } catch (error) {
    return { missing: (error as Error).message };
  }
  const outside = folders.find((one) => relative(cache, one).startsWith('..'));
  if (outside !== undefined) return { missing: `${outside} is not in the cache: unset KUBEBUILDER_ASSETS` };
  const staging = join(folder, 'programs');
  let bytes = 0;
  for (const one of folders) bytes += copyPrograms(one, join(staging, relative(cache, one)));
  for (const name of ['kernels', 'cluster']) mkdirSync(join(staging, name), { recursive: true });
  const disk = join(folder, '.programs');
  execFileSync('truncate', ['-s', String(Math.ceil(bytes * 1.1) + (64 << 20)), disk]);
  execFileSync('mkfs.ext4', ['-q', '-O', '^has_journal', '-m', '0', '-d', staging, disk]);
  rmSync(staging, { recursive: true });
  return { disk };
}

/** How many bytes they are. */
function copyPrograms(from: string, to: string): number {
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from).filter((name) => name !== 'lock' && statSync(join(from, name)).isFile());
  for (const name of names) copyFileSync(join(from, name), join(to, name));
  return names.reduce((sum, name) => sum + statSync(join(from, name)).size, 0);
}
