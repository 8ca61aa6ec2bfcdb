/**
 * The programs of the control plane: in the folder that KUBEBUILDER_ASSETS names, or built once from the Go modules that
 * modules/ pins.
 */
import {
  buildSet,
  type GoSet,
  lackingIn,
  moduleFolder,
  pinnedVersion,
  refuseFor,
  type Say,
  setFolder,
  setObstacles,
} from './go-set.ts';

const kubernetes = pinnedVersion('kubernetes', 'k8s.io/kubernetes');
const etcd = pinnedVersion('etcd', 'go.etcd.io/etcd/server/v3');

/** What `--version` and /version say, set as Kubernetes' own build does. */
export function kubernetesVersion(): string {
  const [major, minor] = kubernetes.split('.');
  const values = { gitVersion: `v${kubernetes}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return Object.entries(values)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ');
}

const folder = moduleFolder('kubernetes');
const main = 'k8s.io/kubernetes/cmd';
const programs: GoSet = {
  name: `controlplane/kubernetes-${kubernetes}-etcd-${etcd}`,
  modules: ['kubernetes', 'etcd'],
  about: `kube-apiserver and kubectl ${kubernetes}, etcd ${etcd}: once, about 7 minutes on 2 cores`,
  programs: [
    { name: 'etcd', folder: moduleFolder('etcd'), main: 'go.etcd.io/etcd/server/v3' },
    { name: 'kubectl', folder, main: `${main}/kubectl`, linked: kubernetesVersion() },
    { name: 'kube-apiserver', folder, main: `${main}/kube-apiserver`, linked: kubernetesVersion() },
  ],
};

const assets = (): string | undefined => process.env['KUBEBUILDER_ASSETS'] || undefined;
const lacking = (at: string): string[] => lackingIn(at, ['kube-apiserver', 'etcd', 'kubectl']);

/** Where they are; throws where they still have to be built. */
export function binariesFolder(): string {
  const at = assets() ?? setFolder(programs);
  const missing = lacking(at);
  if (missing.length === 0) return at;
  throw new Error(`no ${missing.join(', ')} in ${at}: npm run controlplane -- build`);
}

/** Why there are no programs and none can be built. Each line says what to do. */
export function binaryObstacles(): string[] {
  const given = assets();
  if (given !== undefined) {
    const missing = lacking(given);
    return missing.length === 0 ? [] : [`KUBEBUILDER_ASSETS=${given} has no ${missing.join(', ')}: add or unset it`];
  }
  const instead = 'or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl';
  return setObstacles(programs).map((line) => `${line}, ${instead}`);
}

/** Builds what is missing; a second build at the same time waits for the first. */
export async function buildBinaries(say: Say): Promise<string> {
  refuseFor(binaryObstacles());
  return assets() ?? buildSet(programs, say);
}
