/**
 * containerd and runc for one test, in private namespaces with every path of its own, spoken to through CRI. What it
 * started, mounted and made in the cgroup tree is gone after stop().
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hierarchies } from '../kernel/hierarchies.ts';
import { Driver } from '../targets/driver.ts';
import { targetProgram } from '../targets/target.ts';
import { removeCgroupEverywhere } from './cgroups.ts';
import { containerdConfig, image } from './config.ts';
import { type Cri, connectCri } from './cri.ts';
import { makeImage } from './image.ts';
import { containerConfig, type PodSpec, podCgroup, sandboxConfig, socketName } from './pods.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';

export interface RunningContainer {
  readonly name: string;
  readonly id: string;
  /** Path below the mount of the memory hierarchy, and the inode there. */
  readonly cgroup: string;
  readonly cgroupInode: number;
  /** PIDs as this process sees them. */
  pids(): number[];
  /** Speaks with the target that the container runs; end it with close(). */
  connect(): Promise<ContainerTarget>;
}

export interface ContainerTarget {
  readonly target: Driver;
  /** As the container sees itself: 1 unless the pod shares its PID namespace. */
  readonly innerPid: number;
  close(): void;
}

export interface RunningPod {
  readonly uid: string;
  readonly sandboxId: string;
  /** The pod's cgroup, and the sandbox container's (pause) below it. */
  readonly cgroup: string;
  readonly sandboxCgroup: string;
  readonly containers: readonly RunningContainer[];
  remove(): Promise<void>;
}

export interface Containerd {
  /** Path of the CRI socket. */
  readonly socket: string;
  readonly version: string;
  /** Below which every pod's cgroup lies, as the kubelet's cgroupRoot. */
  readonly cgroupRoot: string;
  readonly cri: Cri;
  runPod(pod: PodSpec): Promise<RunningPod>;
  /** Of an archive. */
  importImage(tar: string): void;
  stop(): Promise<void>;
  log(): string;
}

export interface ContainerdOptions {
  /** "" for the root itself, as on most nodes. */
  readonly cgroupRoot?: string;
}

export async function startContainerd(options: ContainerdOptions = {}): Promise<Containerd> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-containerd-'));
  const cgroupRoot = options.cgroupRoot ?? `/ebb-test-${process.pid}`;
  let log = '';
  let sandbox: Sandbox | null = null;
  const stop = async () => {
    await sandbox?.end();
    await removeCgroupEverywhere(cgroupRoot === '' ? '/kubepods' : cgroupRoot);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const pause = join(targetProgram(), '../pause');
    const tar = makeImage(folder, image, [pause, targetProgram()]);
    writeFileSync(join(folder, 'config.toml'), containerdConfig(folder));
    mkdirSync(join(folder, 'cni'));
    sandbox = await startSandbox(script(folder, pause), (line) => {
      log += `${line}\n`;
    });
    const socket = join(folder, 'containerd.sock');
    const cri = connectCri(socket);
    const version = await answering(cri, () => log);
    importImage(socket, tar);
    return {
      socket,
      version,
      cgroupRoot,
      cri,
      log: () => log,
      importImage: (archive) => importImage(socket, archive),
      runPod: (pod) => runPod(cri, cgroupRoot, folder, pod),
      stop: async () => {
        cri.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw new Error(`containerd did not start:\n${log.slice(-2000)}`, { cause: error });
  }
}

/** Its own /run, since shims and runc keep state there whatever the configuration says. `pause` reaps as PID 1. */
function script(folder: string, pause: string): string {
  return [
    'set -e',
    'mount -t tmpfs run /run',
    `PATH=$PATH:/usr/sbin:/sbin containerd --config ${folder}/config.toml --log-level warn </dev/null 1>&2 &`,
    'echo ready',
    `exec ${pause}`,
  ].join('\n');
}

async function answering(cri: Cri, log: () => string): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      const reply = await cri.call('Version', { version: 'v1' });
      return `${reply['runtime_name']} ${reply['runtime_version']}`;
    } catch (error) {
      if (tries === 200) throw new Error(`no answer in 20 s: ${log().slice(-500)}`, { cause: error });
      await sleep(100);
    }
  }
}

/** The client may run outside: the daemon reads the stream and unpacks inside. */
function importImage(socket: string, tar: string): void {
  execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', 'images', 'import', tar], { stdio: ['ignore', 'ignore', 'pipe'] });
}

async function runPod(cri: Cri, root: string, folder: string, pod: PodSpec): Promise<RunningPod> {
  const logs = join(folder, 'logs', pod.uid);
  mkdirSync(logs, { recursive: true });
  const config = sandboxConfig(root, pod, logs);
  const sandboxId = (await cri.call('RunPodSandbox', { config }))['pod_sandbox_id']!;
  const cgroup = podCgroup(root, pod);
  const containers: RunningContainer[] = [];
  for (const container of pod.containers) {
    const request = { pod_sandbox_id: sandboxId, config: containerConfig(pod, container), sandbox_config: config };
    const id = (await cri.call('CreateContainer', request))['container_id']!;
    await cri.call('StartContainer', { container_id: id });
    containers.push(runningContainer(container.name, id, `${cgroup}/${id}`, socketName(pod, container)));
  }
  return {
    uid: pod.uid,
    sandboxId,
    cgroup,
    sandboxCgroup: `${cgroup}/${sandboxId}`,
    containers,
    remove: async () => {
      await cri.call('StopPodSandbox', { pod_sandbox_id: sandboxId });
      await cri.call('RemovePodSandbox', { pod_sandbox_id: sandboxId });
      await removeCgroupEverywhere(cgroup);
    },
  };
}

function runningContainer(name: string, id: string, cgroup: string, socket: string): RunningContainer {
  const folder = join(hierarchies().memory, cgroup);
  return {
    name,
    id,
    cgroup,
    cgroupInode: statSync(folder).ino,
    pids: () => {
      if (!existsSync(folder)) return [];
      return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    },
    connect: () => connectTarget(socket),
  };
}

/** The target listens a moment after its container has started, later when it fills memory first. */
async function connectTarget(name: string): Promise<ContainerTarget> {
  for (let tries = 0; ; tries++) {
    const socket = connect({ path: `\0${name}` });
    try {
      const target = new Driver(socket, socket);
      const { innerPid } = await target.ready();
      return { target, innerPid, close: () => socket.destroy() };
    } catch (error) {
      socket.destroy();
      if (tries === 300) throw error;
      await sleep(100);
    }
  }
}
