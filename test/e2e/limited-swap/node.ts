/**
 * A node in the emulated guest, which has the whole kernel for itself: containerd, a kubelet with NodeSwap LimitedSwap, and
 * the pod of Ebb's agent from the images of this tree. The API server is this machine's, where it isn't emulated. Nothing
 * schedules: pods name their node.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownNamespace } from '../../controlplane/access/installed.ts';
import { TestNode } from '../../controlplane/agent/node.ts';
import { type ControlPlane, onLoopback, startControlPlane } from '../../controlplane/control-plane.ts';
import { Server } from '../../controlplane/server.ts';
import { renderPod } from '../../runtime/chart-pod.ts';
import { makeImage } from '../../runtime/image.ts';
import { targetProgram } from '../../targets/target.ts';
import { makeDisk } from '../../vm/disk.ts';
import { guestCommand, kernelObstacle } from '../../vm/guest.ts';
import { type NodeOptions, pauseImage, writeNodeFiles } from '../cluster/node-files.ts';
import { nodePrograms } from '../cluster/programs.ts';
import { pauseProgram, serviceAddress } from '../cluster/sandbox.ts';
import { builtArchives, imageRegistry } from '../images.ts';
import { containerdWith } from './images.ts';

export const targetImage = 'ebb.test/target:1';
/** The newest: a kubelet needs no more of a kernel than pure cgroup v2, so one is enough. */
export const guestRelease = '7.3';
const name = 'guest';
/** In the guest. */
const address = '10.96.0.15';
const guestSeconds = 840;

export const agentPod = 'ebb-node-agent';
const agentValues = [`image.registry="${imageRegistry}"`, 'agent.periodSeconds=2', 'agent.wakePeriodMillis=2000'];

interface StaticPod {
  readonly metadata: { readonly name: string };
}

export class LimitedSwapNode implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly node: TestNode;
  readonly #share: string;
  #guest: Server | null = null;

  private constructor(plane: ControlPlane, node: TestNode) {
    this.plane = plane;
    this.node = node;
    this.#share = mkdtempSync(join(tmpdir(), 'ebb-limited-swap-'));
  }

  /** The node boots when it resolves: pods that are bound to it start as soon as it can, static ones unasked. */
  static async start(staticPods: readonly StaticPod[]): Promise<LimitedSwapNode> {
    const obstacle = await kernelObstacle(guestRelease, () => {});
    if (obstacle !== null) throw new Error(obstacle);
    // A guest reaches 127.0.0.1 only, and knows it by another name.
    const plane = await startControlPlane({ place: await onLoopback('127.0.0.1', [`IP:${serviceAddress}`]) });
    const started = new LimitedSwapNode(plane, await TestNode.ofKubelet(plane, name));
    try {
      await started.#addAgent();
      await started.#fill(staticPods);
      await started.#boot();
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What controllers would make for it, and the DaemonSet's pod. */
  async #addAgent(): Promise<void> {
    // No kube-proxy leads from the Service's port to the server's: clients are told the latter.
    const port = [{ op: 'replace', path: '/spec/ports/0/port', value: Number(this.#port) }];
    await this.plane.kubectlOk(['patch', 'service', 'kubernetes', '--type=json', '-p', JSON.stringify(port)]);
    const namespace = ownNamespace;
    const data = { 'ca.crt': readFileSync(this.plane.ca, 'utf8') };
    const spec = await renderPod(agentPod, agentValues);
    await this.node.apply(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt', namespace }, data },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: agentPod, namespace }, spec: { ...spec, nodeName: name } },
    );
  }

  async #fill(staticPods: readonly StaticPod[]): Promise<void> {
    const node = this.#folder('node');
    const staticPodPath = this.#folder('node', 'static');
    const ca = join(node, 'ca.crt');
    copyFileSync(this.plane.ca, ca);
    const memorySwap = { swapBehavior: 'LimitedSwap' };
    // Its own writes of the node's status take CPU time, which is what everything waits for.
    const kubelet = { memorySwap, staticPodPath, nodeStatusUpdateFrequency: '30s', oomScoreAdj: -999 };
    const programs = '/programs/node';
    const own: NodeOptions = { name, address, podCIDR: '10.244.0.0/24', cgroup: '/', folder: node, programs, ca };
    writeNodeFiles({ ...own, kubelet });
    const identity = { user: `system:node:${name}`, groups: ['system:nodes'] };
    const url = `https://${serviceAddress}:${this.#port}`;
    copyFileSync(this.plane.kubeconfigOf(identity, url), join(node, 'kubelet.kubeconfig'));
    for (const pod of staticPods) writeFileSync(join(staticPodPath, `${pod.metadata.name}.json`), JSON.stringify(pod));
    this.#folder('log', 'pods');
  }

  #folder(...names: readonly string[]): string {
    const path = join(this.#share, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  }

  get #port(): string {
    return new URL(this.plane.url).port;
  }

  async #boot(): Promise<void> {
    const made = [
      makeImage(this.#folder('pause'), pauseImage, [pauseProgram()]),
      makeImage(this.#folder('target'), targetImage, [targetProgram()]),
    ];
    const archives = [...made, ...builtArchives(['worker', 'node-agent'])];
    const containerd = await containerdWith(archives, this.#folder('importer'), this.plane.ca);
    const disk = join(this.#share, '.disk');
    makeDisk(disk, (folder) => {
      copyFileSync(join(import.meta.dirname, 'guest.sh'), join(folder, 'guest.sh'));
      cpSync(nodePrograms(), join(folder, 'node'), { recursive: true });
      renameSync(containerd, join(folder, 'containerd'));
    });
    const script = `exec bash guest.sh ${join(this.#share, 'node')} ${address}`;
    const options = {
      release: guestRelease,
      share: this.#share,
      disk,
      script,
      timeoutSeconds: guestSeconds,
      network: true,
    };
    this.#guest = new Server(...guestCommand(options), join(this.#share, 'log/guest'));
  }

  /** Throws what was said, where it has ended. */
  check(): void {
    if (this.#guest!.ended) throw new Error(this.#lastWords());
  }

  #lastWords(): string {
    const folder = join(this.#share, 'log');
    const logs = globSync('**', { cwd: folder }).filter((one) => statSync(join(folder, one)).isFile());
    return logs.map((one) => `${one}:\n${readFileSync(join(folder, one), 'utf8').slice(-3000)}`).join('\n');
  }

  /** The lines of a file of a container's cgroup as the guest saw it within the last seconds; none where there is none. */
  swap(path: string): readonly string[] {
    return linesOf(join(this.#share, 'swap'), path);
  }

  /** Gives the lines of a file of /proc of a container's first process, as they are now. */
  async processes(): Promise<(path: string) => readonly string[]> {
    const file = join(this.#share, 'processes');
    rmSync(file, { force: true });
    for (; !existsSync(file); await sleep(200)) this.check();
    return (path) => linesOf(file, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guest?.stop('SIGKILL');
    await this.plane.stop();
    rmSync(this.#share, { recursive: true, force: true });
  }
}

function linesOf(file: string, path: string): readonly string[] {
  if (!existsSync(file)) return [];
  const start = `/sys/fs/cgroup/${path}:`;
  const all = readFileSync(file, 'utf8').split('\n');
  return all.filter((one) => one.startsWith(start)).map((one) => one.slice(start.length));
}
