/**
 * The programs of the control plane: in the folder that KUBEBUILDER_ASSETS names, or built once from the Go modules that
 * modules/ pins, into the cache outside the tree.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { missingPrograms } from '../../scripts/programs.ts';
import { lock } from '../kernel/lock.ts';
import { cacheFolder } from '../levels/cache.ts';
import { type GoProgram, goBuild, goVersion, isNewEnough } from './go.ts';

type Say = (line: string) => void;

const modules = join(import.meta.dirname, 'modules');
const pin = (path: string): string => readFileSync(join(modules, path), 'utf8');

const kubernetes = /k8s\.io\/kubernetes v([\d.]+)/.exec(pin('kubernetes/go.mod'))![1]!;
const etcd = /go\.etcd\.io\/etcd\/server\/v3 v([\d.]+)/.exec(pin('etcd/go.mod'))![1]!;

/** What `--version` and /version say, set as Kubernetes' own build does. */
function kubernetesVersion(): string {
  const [major, minor] = kubernetes.split('.');
  const values = { gitVersion: `v${kubernetes}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return Object.entries(values)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ');
}

function programs(): readonly GoProgram[] {
  const folder = join(modules, 'kubernetes');
  const main = 'k8s.io/kubernetes/cmd';
  return [
    { name: 'etcd', folder: join(modules, 'etcd'), main: 'go.etcd.io/etcd/server/v3', linked: '' },
    { name: 'kubectl', folder, main: `${main}/kubectl`, linked: kubernetesVersion() },
    { name: 'kube-apiserver', folder, main: `${main}/kube-apiserver`, linked: kubernetesVersion() },
  ];
}

/** Other versions of any module below them make other programs. */
function cachedFolder(): string {
  const digest = createHash('sha256');
  for (const module of ['kubernetes', 'etcd']) digest.update(pin(`${module}/go.mod`)).update(pin(`${module}/go.sum`));
  return cacheFolder(`controlplane/kubernetes-${kubernetes}-etcd-${etcd}-${digest.digest('hex').slice(0, 8)}`);
}

function lacking(folder: string): string[] {
  return ['kube-apiserver', 'etcd', 'kubectl'].filter((name) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}

const assets = (): string | undefined => process.env['KUBEBUILDER_ASSETS'] || undefined;

/** Where they are; rejects where they still have to be built. */
export function binariesFolder(): string {
  const folder = assets() ?? cachedFolder();
  const missing = lacking(folder);
  if (missing.length === 0) return folder;
  throw new Error(`no ${missing.join(', ')} in ${folder}: npm run controlplane -- build`);
}

/** Why there are no programs and none can be built. Each line says what to do. */
export function binaryObstacles(): string[] {
  const given = assets();
  if (given !== undefined) {
    const missing = lacking(given);
    return missing.length === 0 ? [] : [`KUBEBUILDER_ASSETS=${given} has no ${missing.join(', ')}: add or unset it`];
  }
  if (lacking(cachedFolder()).length === 0) return [];
  const found = missingPrograms(['go']).length > 0 ? null : goVersion();
  if (found !== null && isNewEnough(found)) return [];
  const what = found === null ? 'no Go' : `Go is ${found}`;
  const instead = 'or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl';
  return [`${what}: install 1.26 or newer (https://go.dev/doc/install), ${instead}`];
}

/** Builds what is missing; a second build at the same time waits for the first. */
export async function buildBinaries(say: Say): Promise<string> {
  const obstacles = binaryObstacles();
  if (obstacles.length > 0) throw new Error(obstacles.join('\n'));
  const folder = assets() ?? cachedFolder();
  if (lacking(folder).length === 0) return folder;
  say(`building kube-apiserver and kubectl ${kubernetes}, etcd ${etcd}: once, about 7 minutes on 2 cores`);
  const held = await lock(join(folder, 'lock'));
  try {
    for (const program of programs().filter(({ name }) => lacking(folder).includes(name))) {
      const unfinished = join(folder, `${program.name}.unfinished`);
      await goBuild(program, unfinished, say);
      renameSync(unfinished, join(folder, program.name));
    }
  } finally {
    await held.release();
  }
  return folder;
}
