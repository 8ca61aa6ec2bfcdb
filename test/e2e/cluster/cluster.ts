/**
 * A real Kubernetes on this machine: etcd, API server, controller manager, scheduler and two nodes with kubelet, containerd
 * and runc, in private namespaces. Its API server is reached at one loopback address, inside and outside. Ends with us.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loopbackAddress } from '../../controlplane/address.ts';
import { type ControlPlane, startControlPlane } from '../../controlplane/control-plane.ts';
import type { Pki } from '../../controlplane/pki.ts';
import type { Server } from '../../controlplane/server.ts';
import { makeCgroupEverywhere } from '../../runtime/cgroups.ts';
import { makeImage } from '../../runtime/image.ts';
import { startControllers } from './controllers.ts';
import { forward } from './forward.ts';
import type { Namespaces } from './namespaces.ts';
import { ClusterNode } from './node.ts';
import { pauseImage } from './node-files.ts';
import { builtPrograms, type Programs } from './programs.ts';
import { pauseProgram, serviceAddress, startSandbox } from './sandbox.ts';

export interface ClusterOptions {
  /** Of its own, not there yet; one below the system's temporary folder where absent. */
  readonly folder?: string;
}

const nodes = [
  { name: 'node1', address: '10.200.0.1', podCIDR: '10.244.0.0/24' },
  { name: 'node2', address: '10.200.0.2', podCIDR: '10.244.1.0/24' },
] as const;

const readySeconds = 90;

/** Resolves when both nodes are ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const programs = builtPrograms();
  const sandbox = await startSandbox(nodes.map(({ address }) => address));
  let plane: ControlPlane | null = null;
  try {
    const cgroup = `/ebb-cluster-${randomUUID().slice(0, 8)}`;
    plane = await startPlane(sandbox, options.folder ?? join(tmpdir(), `ebb-cluster-${randomUUID()}`), cgroup);
    const cluster = new Cluster(sandbox, plane, cgroup, startControllers(sandbox, plane, programs.controllers));
    await cluster.addNodes(programs);
    return cluster;
  } catch (error) {
    await sandbox.end();
    await plane?.stop();
    throw error;
  }
}

async function startPlane(sandbox: Namespaces, folder: string, cgroup: string): Promise<ControlPlane> {
  const at = { address: loopbackAddress(), apiPort: 443, etcdPort: 2379, etcdPeerPort: 2380 };
  await forward(sandbox, at.address, at.apiPort);
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  return await startControlPlane({
    folder,
    cgroup,
    apiServerFlags: forNodes,
    place: {
      at,
      names: [`IP:${serviceAddress}`, ...names.map((name) => `DNS:${name}`)],
      command: (program, words) => sandbox.command(program, words),
    },
  });
}

/** Listens on the Service's address too, and may ask the kubelets. */
function forNodes(pki: Pki): string[] {
  const { cert, key } = pki.client({ user: 'kube-apiserver-kubelet-client', groups: ['system:masters'] });
  return [
    '--bind-address=0.0.0.0',
    `--kubelet-client-certificate=${cert}`,
    `--kubelet-client-key=${key}`,
    '--kubelet-preferred-address-types=InternalIP',
  ];
}

/** Runs from startCluster() until stop(), which `await using` does, or until this process ends in any way. */
export class Cluster implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly sandbox: Namespaces;
  readonly nodes: ClusterNode[] = [];
  readonly #cgroup: string;
  readonly #controllers: readonly Server[];

  constructor(sandbox: Namespaces, plane: ControlPlane, cgroup: string, controllers: readonly Server[]) {
    this.sandbox = sandbox;
    this.plane = plane;
    this.#cgroup = cgroup;
    this.#controllers = controllers;
  }

  async addNodes(programs: Programs): Promise<void> {
    mkdirSync(join(this.plane.folder, 'images'));
    const pause = makeImage(join(this.plane.folder, 'images'), pauseImage, [pauseProgram()]);
    this.nodes.push(...(await Promise.all(nodes.map((node) => this.#addNode(node, programs, pause)))));
    await Promise.all(this.nodes.map(({ name }) => this.#ready(name)));
  }

  async #addNode(node: (typeof nodes)[number], programs: Programs, pause: string): Promise<ClusterNode> {
    const { plane } = this;
    const options = {
      ...node,
      cgroup: `${this.#cgroup}/${node.name}`,
      folder: join(plane.folder, node.name),
      programs: programs.node,
      ca: plane.ca,
    };
    makeCgroupEverywhere(options.cgroup);
    const added = await ClusterNode.start(this.sandbox, options, join(plane.folder, 'log'));
    await added.importImage(pause);
    added.startKubelet(plane.kubeconfigOf({ user: `system:node:${node.name}`, groups: ['system:nodes'] }));
    return added;
  }

  /** Of an OCI archive, on every node. */
  async importImage(archive: string): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.importImage(archive)));
  }

  async #ready(name: string): Promise<void> {
    const words = ['get', 'node', name, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")]}'];
    const end = performance.now() + readySeconds * 1000;
    for (let last = ''; performance.now() < end; await sleep(100)) {
      this.check();
      last = (await this.plane.kubectl(words)).out;
      if (last.includes('"status":"True"')) return;
      if (performance.now() > end - 200) throw new Error(`${name} is not ready after ${readySeconds} s: ${last}`);
    }
  }

  /** Throws what a program of the cluster said last, where one has ended. */
  check(): void {
    for (const node of this.nodes) node.check();
    for (const server of this.#controllers) if (server.ended) throw new Error(server.lastWords());
  }

  /** Ends every process in it and removes every file and cgroup; a second call does nothing. */
  async stop(): Promise<void> {
    await this.sandbox.end();
    await this.plane.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
