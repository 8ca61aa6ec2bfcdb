/** The configuration files of a node: kubelet, containerd, CNI. Each node has its own /run, /var/lib and /var/log. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NodeOptions {
  readonly name: string;
  /** Of the node, and of its pods: `10.244.0.0/24`. */
  readonly address: string;
  readonly podCIDR: string;
  /** Of all of its pods. */
  readonly cgroup: string;
  /** Where its files are. */
  readonly folder: string;
  /** Folder of kubelet, containerd, runc and the CNI plugins. */
  readonly programs: string;
  /** Path of the certificate that the API server's clients are known by. */
  readonly ca: string;
  /** Laid over the kubelet's configuration. */
  readonly kubelet?: object;
}

export const pauseImage = 'ebb.test/pause:1';
export const criSocket = '/run/containerd/containerd.sock';

/** Names of the folders that stand in for the machine's: outside, below the node's folder. */
const own = { run: '/run', lib: '/var/lib', log: '/var/log' };

/** Files that the kubelet writes and that are global to the kernel: it gets its own. */
const sysctls = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
};

export function writeNodeFiles(options: NodeOptions): void {
  const write = (name: string, text: string) => writeFileSync(join(options.folder, name), text);
  for (const name of ['run', 'lib', 'log', 'cni', 'sysctl'])
    mkdirSync(join(options.folder, name), { recursive: true, mode: 0o755 });
  for (const [name, value] of Object.entries(sysctls)) write(join('sysctl', name.replaceAll('/', '.')), `${value}\n`);
  write('cni/10-bridge.conflist', network(options));
  write('containerd.toml', containerd(options));
  write('kubelet.yaml', JSON.stringify(kubelet(options), null, 2));
}

/** Run in the node's own namespaces before its first program. */
export function mounts({ folder, name }: NodeOptions): string {
  return [
    'mount --make-rshared /', // of these namespaces only: mounts of volumes reach the containers
    `hostname ${name}`,
    ...Object.keys(sysctls).map((path) =>
      mount(join(folder, 'sysctl', path.replaceAll('/', '.')), `/proc/sys/${path}`),
    ),
    ...Object.entries(own).map(([source, place]) => mount(join(folder, source), place)),
  ].join('\n');
}

const mount = (source: string, place: string): string => `mount --bind ${source} ${place}`;

function network({ name, podCIDR }: NodeOptions): string {
  const ipam = { type: 'host-local', ranges: [[{ subnet: podCIDR }]], routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: `cni-${name}`, isGateway: true, ipMasq: false, hairpinMode: true, ipam };
  return JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins: [bridge] });
}

/**
 * Without CAP_SYS_RESOURCE nobody may lower an OOM score, hence restrict_oom_score_adj. By itself it asks the shim of every
 * container each second for figures that the kubelet takes from elsewhere.
 */
function containerd({ folder, programs }: NodeOptions): string {
  const cri = (part: string) => `plugins.'io.containerd.cri.v1.${part}'`;
  return `version = 3
[${cri('images')}.pinned_images]
  sandbox = '${pauseImage}'
[${cri('runtime')}]
  restrict_oom_score_adj = true
  stats_collect_period = '1h'
[${cri('runtime')}.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
  [${cri('runtime')}.containerd.runtimes.runc.options]
    BinaryName = '${join(programs, 'runc')}'
    SystemdCgroup = false
[${cri('runtime')}.cni]
  bin_dirs = ['${programs}']
  conf_dir = '${join(folder, 'cni')}'
`;
}

/** Below a cgroup of our own, beside whatever else runs here; quick to tell what it sees. */
function kubelet({ address, podCIDR, cgroup, ca, kubelet: own }: NodeOptions): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    enforceNodeAllocatable: [],
    oomScoreAdj: 0,
    containerRuntimeEndpoint: `unix://${criSocket}`,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ca } },
    authorization: { mode: 'Webhook' },
    address,
    port: 10250,
    healthzPort: 0,
    podCIDR,
    resolvConf: '',
    failSwapOn: false,
    maxOpenFiles: 20_000,
    makeIPTablesUtilChains: false,
    nodeStatusUpdateFrequency: '2s',
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    ...own,
  };
}
