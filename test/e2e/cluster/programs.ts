/** What a cluster is made of beyond the control plane's own programs, built from the Go modules that modules/ pins. */
import { existsSync } from 'node:fs';
import { binaryObstacles, buildBinaries, kubernetesVersion } from '../../controlplane/binaries.ts';
import {
  buildSet,
  type GoSet,
  isBuilt,
  moduleFolder,
  pinnedVersion,
  refuseFor,
  type Say,
  setFolder,
  setObstacles,
} from '../../controlplane/go-set.ts';
import { missingPackages } from '../../levels/machine.ts';

const kubernetes = pinnedVersion('kubernetes', 'k8s.io/kubernetes');
const containerdModule = 'github.com/containerd/containerd/v2';
const containerd = pinnedVersion('containerd', containerdModule);
const runc = pinnedVersion('runc', 'github.com/opencontainers/runc');
const plugins = 'github.com/containernetworking/plugins/plugins';

const ofKubernetes = (name: string) => ({
  name,
  folder: moduleFolder('kubernetes'),
  main: `k8s.io/kubernetes/cmd/${name}`,
  linked: kubernetesVersion(),
});

const ofContainerd = (name: string) => ({
  name,
  folder: moduleFolder('containerd'),
  main: `${containerdModule}/cmd/${name}`,
  linked: `-X ${containerdModule}/version.Version=v${containerd}`,
  tags: 'no_btrfs,no_devmapper,no_zfs',
});

const ofPlugins = (path: string) => ({
  name: path.slice(path.indexOf('/') + 1),
  folder: moduleFolder('cni'),
  main: `${plugins}/${path}`,
});

/** What turns a control plane into a cluster: who schedules and who runs after the objects. */
export const controllers: GoSet = {
  name: `cluster/controllers-${kubernetes}`,
  modules: ['kubernetes'],
  about: `kube-controller-manager and kube-scheduler ${kubernetes}: once, about 2 minutes on 2 cores`,
  programs: [ofKubernetes('kube-scheduler'), ofKubernetes('kube-controller-manager')],
};

const node: GoSet = {
  name: `cluster/node-${kubernetes}-containerd-${containerd}-runc-${runc}`,
  modules: ['kubernetes', 'containerd', 'cni', 'runc'],
  about: `kubelet ${kubernetes}, containerd ${containerd}, runc ${runc}: once, about 2 minutes on 2 cores`,
  programs: [
    ...['main/bridge', 'main/loopback', 'ipam/host-local'].map(ofPlugins),
    {
      name: 'runc',
      folder: moduleFolder('runc'),
      main: 'github.com/opencontainers/runc',
      linked: `-X main.version=${runc}`,
      tags: 'seccomp',
      cgo: true,
    },
    ...['containerd', 'containerd-shim-runc-v2', 'ctr'].map(ofContainerd),
    ofKubernetes('kubelet'),
  ],
};

/** Where kubelet, containerd, runc and the CNI plugins are; throws where they still have to be built. */
export function nodePrograms(): string {
  if (!isBuilt(node)) throw new Error('the programs of a node are not built: npm run cluster -- build');
  return setFolder(node);
}

/** Folders of programs. */
export interface Programs {
  readonly controllers: string;
  readonly node: string;
}

/** Why they can't be built here. Each line says what to do. */
export function programObstacles(): string[] {
  const forRunc = isBuilt(node) ? [] : [...missingPackages(['gcc', 'pkg-config']), ...missingHeader()];
  return [...new Set([...binaryObstacles(), ...setObstacles(controllers), ...setObstacles(node)]), ...forRunc];
}

/** runc's filter of system calls is libseccomp's. */
function missingHeader(): string[] {
  if (existsSync('/usr/include/seccomp.h')) return [];
  return ['no seccomp.h: apt-get install --no-install-recommends libseccomp-dev'];
}

export async function buildPrograms(say: Say): Promise<Programs> {
  refuseFor(programObstacles());
  await buildBinaries(say);
  return { controllers: await buildSet(controllers, say), node: await buildSet(node, say) };
}

/** Where they are; throws where they still have to be built. */
export function builtPrograms(): Programs {
  const missing = [controllers, node].filter((set) => !isBuilt(set));
  if (missing.length > 0) throw new Error('the programs of the cluster are not built: npm run cluster -- build');
  return { controllers: setFolder(controllers), node: setFolder(node) };
}
