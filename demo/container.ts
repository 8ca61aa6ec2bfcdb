/**
 * Starts one container that runs a static program on an otherwise empty root, by the best runtime this machine has:
 * containerd if it runs, else runc, else namespaces and a cgroup of our own. Its stdio is the program's.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DemoContainer {
  /** How it was started, for people. */
  readonly by: 'containerd' | 'runc' | 'namespaces';
  /** Its cgroup below every hierarchy's mount. */
  readonly cgroup: string;
  readonly process: ChildProcess;
  /** Ends what is left of it after its program was asked to leave. */
  readonly remove: () => void;
}

const containerdSocket = '/run/containerd/containerd.sock';
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

function containerdAnswers(): boolean {
  return existsSync(containerdSocket) && has('ctr') && spawnSync('ctr', ['version'], { timeout: 3000 }).status === 0;
}

function rootfs(folder: string, program: string): string {
  const root = join(folder, 'rootfs');
  for (const directory of ['proc', 'dev', 'tmp', 'sys']) mkdirSync(join(root, directory), { recursive: true });
  copyFileSync(program, join(root, 'program'));
  chmodSync(join(root, 'program'), 0o755);
  return root;
}

function ociConfig(cgroup: string): object {
  const namespaces = ['pid', 'mount', 'ipc', 'uts', 'network'].map((type) => ({ type }));
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 1000, gid: 1000 },
      args: ['/program'],
      env: ['PATH=/'],
      cwd: '/',
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'idle',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
    ],
    linux: { cgroupsPath: cgroup, namespaces },
  };
}

const stdio = ['pipe', 'pipe', 'inherit'] as const;

function throughContainerd(id: string, folder: string, program: string): DemoContainer {
  const scope = ['--namespace', 'ebb-demo'];
  const child = spawn('ctr', [...scope, 'run', '--rm', '--rootfs', rootfs(folder, program), id, '/program'], {
    stdio: [...stdio],
  });
  const remove = (): void => {
    spawnSync('ctr', [...scope, 'task', 'kill', '--signal', 'SIGKILL', id]);
    spawnSync('ctr', [...scope, 'task', 'delete', '--force', id]);
    spawnSync('ctr', [...scope, 'container', 'delete', id]);
    spawnSync('ctr', ['namespace', 'remove', 'ebb-demo']);
  };
  return { by: 'containerd', cgroup: `/ebb-demo/${id}`, process: child, remove };
}

function throughRunc(id: string, folder: string, program: string): DemoContainer {
  rootfs(folder, program);
  const cgroup = `/ebb-demo/${id}`;
  writeFileSync(join(folder, 'config.json'), JSON.stringify(ociConfig(cgroup)));
  const state = ['--root', join(folder, 'runc')];
  const child = spawn('runc', [...state, 'run', '--bundle', folder, id], { stdio: [...stdio] });
  return {
    by: 'runc',
    cgroup,
    process: child,
    remove: () => void spawnSync('runc', [...state, 'delete', '--force', id]),
  };
}

function throughNamespaces(id: string, folder: string, program: string, hierarchies: readonly string[]): DemoContainer {
  const root = rootfs(folder, program);
  const cgroup = `/ebb-demo/${id}`;
  for (const mount of hierarchies) mkdirSync(join(mount, cgroup), { recursive: true });
  const join_ = hierarchies.map((mount) => `echo 0 > ${mount}${cgroup}/cgroup.procs`).join(' && ');
  const enter = `${join_} && exec unshare --pid --fork --kill-child --mount --cgroup --ipc --uts chroot ${root} /program`;
  const child = spawn('sh', ['-c', enter], { stdio: [...stdio] });
  return { by: 'namespaces', cgroup, process: child, remove: () => void child.kill('SIGKILL') };
}

/** `folder` holds the bundle; `hierarchies` are the mounts in which a container without a runtime gets its cgroup. */
export function startContainer(
  id: string,
  folder: string,
  program: string,
  hierarchies: readonly string[],
): DemoContainer {
  if (containerdAnswers()) return throughContainerd(id, folder, program);
  if (has('runc')) return throughRunc(id, folder, program);
  return throughNamespaces(id, folder, program, hierarchies);
}
