/**
 * A node in the emulated guest, which has the whole kernel for itself: etcd, API server, containerd and a kubelet with
 * NodeSwap LimitedSwap, all as processes of the guest. Nothing schedules: pods name their node, and use its network.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestNode } from '../../controlplane/agent/node.ts';
import { type ControlPlane, startControlPlane } from '../../controlplane/control-plane.ts';
import { Server } from '../../controlplane/server.ts';
import { makeImage } from '../../runtime/image.ts';
import { targetProgram } from '../../targets/target.ts';
import { criSocket, type NodeOptions, pauseImage, writeNodeFiles } from '../cluster/node-files.ts';
import { nodePrograms } from '../cluster/programs.ts';
import { pauseProgram } from '../cluster/sandbox.ts';

export const targetImage = 'ebb.test/target:1';
const name = 'guest';
const address = '10.200.0.1';
const readySeconds = 240;

export class LimitedSwapNode implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly node: TestNode;
  readonly staticPods: string;
  readonly #options: NodeOptions;
  readonly #servers: Server[] = [];

  private constructor(plane: ControlPlane, node: TestNode, options: NodeOptions, staticPods: string) {
    this.plane = plane;
    this.node = node;
    this.#options = options;
    this.staticPods = staticPods;
  }

  /** Resolves when the node is ready and has the images. */
  static async start(): Promise<LimitedSwapNode> {
    const folder = join(process.env['EBB_SCRATCH']!, 'node');
    const staticPods = join(folder, 'static');
    mkdirSync(staticPods, { recursive: true });
    execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
    const plane = await startControlPlane();
    said('the API server is ready');
    const programs = nodePrograms();
    const kubelet = { memorySwap: { swapBehavior: 'LimitedSwap' }, staticPodPath: staticPods, oomScoreAdj: -999 };
    const base = { name, address, podCIDR: '10.244.0.0/24', cgroup: '/', folder, programs, ca: plane.ca };
    const started = new LimitedSwapNode(plane, await TestNode.make(plane, name), { ...base, kubelet }, staticPods);
    said('the roles of the chart are there');
    await started.#begin();
    return started;
  }

  async #begin(): Promise<void> {
    const { folder } = this.#options;
    writeNodeFiles(this.#options);
    // The guest's root is an overlay in memory, on which no other overlay can lie.
    for (const path of ['lib/containerd', 'lib/kubelet', 'log/pods']) {
      mkdirSync(join(folder, path), { recursive: true });
      mkdirSync(join('/var', path), { recursive: true });
      execFileSync('mount', ['--bind', join(folder, path), join('/var', path)]);
    }
    execFileSync('mount', ['--make-rshared', '/']);
    this.#start('containerd', ['--config', join(folder, 'containerd.toml')]);
    await this.#until('containerd has a socket', async () => existsSync(criSocket));
    await this.#image(pauseImage, pauseProgram());
    await this.#image(targetImage, targetProgram());
    said('containerd has the images');
    const kubeconfig = this.plane.kubeconfigOf({ user: `system:node:${name}`, groups: ['system:nodes'] });
    const place = ['--hostname-override', name, '--node-ip', address];
    this.#start('kubelet', ['--config', join(folder, 'kubelet.yaml'), '--kubeconfig', kubeconfig, ...place]);
    const ready = ['get', 'node', name, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'];
    await this.#until('the node is ready', async () => (await this.plane.kubectl(ready)).out === 'True');
    said('the node is ready');
  }

  async #image(image: string, program: string): Promise<void> {
    const folder = join(this.#options.folder, image.replace(/\W/g, '-'));
    mkdirSync(folder);
    const archive = makeImage(folder, image, [program]);
    execFileSync(join(this.#options.programs, 'ctr'), ['-n', 'k8s.io', 'images', 'import', archive]);
  }

  #start(program: string, words: readonly string[]): void {
    const { programs } = this.#options;
    const path = `PATH=${programs}${delimiter}/usr/sbin${delimiter}/usr/bin${delimiter}/sbin${delimiter}/bin`;
    const log = join(this.plane.folder, 'log', `${program}.log`);
    this.#servers.push(new Server('env', [path, join(programs, program), ...words], log));
  }

  /** Throws what a program said last, where one has ended. */
  check(): void {
    for (const server of this.#servers) if (server.ended) throw new Error(server.lastWords());
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + readySeconds * 1000;
    while (!(await holds())) {
      this.check();
      if (performance.now() > end)
        throw new Error(
          `not so after ${readySeconds} s: ${what}\n${this.#servers.map((one) => one.lastWords()).join('\n')}`,
        );
      await sleep(500);
    }
  }

  /** As a file that the kubelet reads, and which no API server is asked about. */
  addStaticPod(pod: { readonly metadata: { readonly name: string } }): void {
    writeFileSync(join(this.staticPods, `${pod.metadata.name}.json`), JSON.stringify(pod));
  }

  /** The guest ends with the test, and with it whatever this leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.toReversed()) await server.stop('SIGKILL');
    await this.plane.stop();
  }
}

/** How far it has come: in the guest everything takes long. */
export function said(what: string): void {
  console.log(`# ${Math.round(performance.now() / 1000)} s: ${what}`);
}
