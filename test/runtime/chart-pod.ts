/**
 * A pod of charts/ebb as helm renders it, run by containerd as a kubelet would run it: users, groups, capabilities, filters,
 * volumes and the order of its containers are the chart's own.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantityBytes } from '../../api/quantity.ts';
import { objectsOf, podsOf } from '../controlplane/chart/chart-cluster.ts';
import { chartFolder, helmOk } from '../controlplane/helm.ts';
import { hierarchies } from '../kernel/hierarchies.ts';
import { removeCgroupEverywhere } from './cgroups.ts';
import type { Containerd } from './containerd.ts';
import { type PodSpec, podCgroup } from './pods.ts';

interface ChartContainer {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly valueFrom: { readonly fieldRef: { fieldPath: string } } }[];
  readonly resources: { readonly limits?: { readonly memory?: string } };
  readonly securityContext: {
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    readonly allowPrivilegeEscalation: boolean;
    readonly privileged: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[]; readonly add?: readonly string[] };
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface ChartPod {
  readonly hostPID?: boolean;
  readonly securityContext: { readonly fsGroup: number; readonly runAsUser?: number; readonly runAsGroup?: number };
  readonly initContainers?: readonly ChartContainer[];
  readonly containers: readonly ChartContainer[];
  readonly volumes: readonly {
    readonly name: string;
    readonly emptyDir?: object;
    readonly hostPath?: { readonly path: string };
  }[];
}

/** `set`: as --set-json takes it. */
export async function renderPod(name: string, set: readonly string[]): Promise<ChartPod> {
  const home = mkdtempSync(join(tmpdir(), 'ebb-helm-'));
  try {
    const values = set.map((each) => `--set-json=${each}`);
    const objects = objectsOf(await helmOk(['template', 'ebb', chartFolder, ...values], { home }));
    const pod = podsOf(objects).find(({ metadata }) => metadata.name === name);
    assert.ok(pod, name);
    return pod.spec as unknown as ChartPod;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export interface Placing {
  /** Volume → folder: in the place of one of the host's, or of one that only a cluster fills. Volumes without any are left out. */
  readonly folders?: Readonly<Record<string, string>>;
  readonly podIP?: string;
  /** What a container is started with instead of the chart's arguments. */
  readonly args?: (container: string, args: readonly string[]) => readonly string[];
}

/** As the kubelet hides and protects them in every container. */
const masked = ['asound', 'acpi', 'kcore', 'keys', 'latency_stats', 'timer_list', 'timer_stats', 'sched_debug', 'scsi'];
const paths = {
  masked_paths: [...masked.map((name) => `/proc/${name}`), '/sys/firmware'],
  readonly_paths: ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`),
};

const runtimeDefault = { profile_type: 'RuntimeDefault' };

/** Without a network plugin pods use the node's network. */
const namespaces = (pod: ChartPod) => ({ network: 'NODE', pid: pod.hostPID ? 'NODE' : 'CONTAINER', ipc: 'POD' });

export async function startChartPod(
  runtime: Containerd,
  pod: ChartPod,
  placing: Placing = {},
): Promise<RunningChartPod> {
  const running = new RunningChartPod(runtime, pod, placing);
  try {
    await running.start();
    return running;
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}

export class RunningChartPod implements AsyncDisposable {
  readonly #runtime: Containerd;
  readonly #pod: ChartPod;
  readonly #placing: Placing;
  readonly #spec: PodSpec = { name: 'chart-pod', uid: randomUUID(), qos: 'Burstable', containers: [] };
  /** What a kubelet keeps of a pod. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'ebb-pod-'));
  readonly #ids = new Map<string, string>();
  #sandbox: string | null = null;

  constructor(runtime: Containerd, pod: ChartPod, placing: Placing) {
    this.#runtime = runtime;
    this.#pod = pod;
    this.#placing = placing;
    chmodSync(this.#folder, 0o755);
    mkdirSync(join(this.#folder, 'logs'));
  }

  get #config() {
    return {
      metadata: { name: this.#spec.name, uid: this.#spec.uid, namespace: 'ebb-system', attempt: 0 },
      log_directory: join(this.#folder, 'logs'),
      linux: {
        cgroup_parent: podCgroup(this.#runtime.cgroupRoot, this.#spec),
        security_context: { namespace_options: namespaces(this.#pod), seccomp: runtimeDefault },
      },
    };
  }

  async start(): Promise<void> {
    const { cri } = this.#runtime;
    this.#sandbox = (await cri.call('RunPodSandbox', { config: this.#config }))['pod_sandbox_id']!;
    for (const container of this.#pod.initContainers ?? []) {
      await this.#start(container);
      if (container.restartPolicy !== 'Always')
        assert.equal(await this.ended(container.name), 0, this.log(container.name));
    }
    for (const container of this.#pod.containers) await this.#start(container);
  }

  async #start(container: ChartContainer): Promise<void> {
    const request = { pod_sandbox_id: this.#sandbox, config: this.#configOf(container), sandbox_config: this.#config };
    const id = (await this.#runtime.cri.call('CreateContainer', request))['container_id']!;
    this.#ids.set(container.name, id);
    await this.#runtime.cri.call('StartContainer', { container_id: id });
  }

  #configOf({ name, image, args, env = [], resources, securityContext, volumeMounts = [] }: ChartContainer) {
    const podIP = this.#placing.podIP ?? '127.0.0.1';
    const given = this.#placing.args?.(name, args) ?? args;
    const own = this.#pod.securityContext;
    return {
      metadata: { name, attempt: 0 },
      image: { image },
      args: given.map((word) => word.replaceAll('$(EBB_POD_IP)', podIP)),
      envs: env.map((each) => ({ key: each.name, value: podIP })),
      mounts: volumeMounts.flatMap(({ name: volume, mountPath, readOnly = false }) => {
        const folder = this.#folderOf(volume);
        return folder === null ? [] : [{ container_path: mountPath, host_path: folder, readonly: readOnly }];
      }),
      log_path: `${name}.log`,
      linux: {
        resources: { memory_limit_in_bytes: quantityBytes(resources.limits?.memory ?? 0) },
        security_context: {
          ...paths,
          capabilities: {
            add_capabilities: securityContext.capabilities.add ?? [],
            drop_capabilities: securityContext.capabilities.drop,
          },
          privileged: securityContext.privileged,
          namespace_options: namespaces(this.#pod),
          run_as_user: { value: securityContext.runAsUser ?? own.runAsUser },
          run_as_group: { value: securityContext.runAsGroup ?? own.runAsGroup },
          readonly_rootfs: securityContext.readOnlyRootFilesystem,
          supplemental_groups: [own.fsGroup],
          no_new_privs: !securityContext.allowPrivilegeEscalation,
          seccomp: runtimeDefault,
        },
      },
    };
  }

  #folderOf(name: string): string | null {
    const given = this.#placing.folders?.[name];
    if (given !== undefined) return given;
    const volume = this.#pod.volumes.find((each) => each.name === name);
    if (volume?.hostPath !== undefined) return volume.hostPath.path;
    if (volume?.emptyDir === undefined) return null;
    const folder = join(this.#folder, name);
    if (mkdirSync(folder, { recursive: true }) === undefined) return folder;
    chownSync(folder, 0, this.#pod.securityContext.fsGroup);
    chmodSync(folder, 0o2777);
    return folder;
  }

  #id(container: string): string {
    const id = this.#ids.get(container);
    assert.ok(id, container);
    return id;
  }

  async #status(container: string): Promise<{ readonly state: string; readonly exit_code: number }> {
    const request = { container_id: this.#id(container) };
    return (await this.#runtime.cri.answer<{ status: never }>('ContainerStatus', request)).status;
  }

  /** As this process sees them. */
  pids(container: string): number[] {
    const cgroup = `${podCgroup(this.#runtime.cgroupRoot, this.#spec)}/${this.#id(container)}`;
    return readFileSync(join(hierarchies().memory, cgroup, 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(Number);
  }

  async isRunning(container: string): Promise<boolean> {
    return (await this.#status(container)).state === 'CONTAINER_RUNNING';
  }

  /** Its exit code. */
  async ended(container: string): Promise<number> {
    for (let tries = 0; tries < 300; tries++) {
      const { state, exit_code } = await this.#status(container);
      if (state === 'CONTAINER_EXITED') return exit_code;
      await sleep(50);
    }
    throw new Error(`${container} does not end: ${this.log(container)}`);
  }

  /** As kubectl exec; one that ended says why. */
  async exec(container: string, ...cmd: readonly string[]) {
    type Ran = { readonly stdout: Buffer; readonly stderr: Buffer; readonly exit_code: number };
    if (!(await this.isRunning(container))) throw new Error(`${container} ended: ${this.log(container)}`);
    const request = { container_id: this.#id(container), cmd, timeout: 20 };
    const { stdout, stderr, exit_code: code } = await this.#runtime.cri.answer<Ran>('ExecSync', request);
    return { code, out: stdout.toString(), err: stderr.toString() };
  }

  /** What it wrote, without what the runtime puts before each line. */
  log(container: string): string {
    const text = readFileSync(join(this.#folder, 'logs', `${container}.log`), 'utf8');
    return text.replaceAll(/^\S+ \S+ [FP] /gm, '');
  }

  async stop(container: string): Promise<void> {
    await this.#runtime.cri.call('StopContainer', { container_id: this.#id(container), timeout: 10 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#sandbox !== null) {
      await this.#runtime.cri.call('StopPodSandbox', { pod_sandbox_id: this.#sandbox });
      await this.#runtime.cri.call('RemovePodSandbox', { pod_sandbox_id: this.#sandbox });
      await removeCgroupEverywhere(podCgroup(this.#runtime.cgroupRoot, this.#spec));
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
