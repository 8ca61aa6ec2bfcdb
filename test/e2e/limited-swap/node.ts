/**
 * A node in the emulated guest, which has the whole kernel for itself: containerd, a kubelet with NodeSwap LimitedSwap, and
 * Ebb's agent, all as processes of the guest. The API server is this machine's, where it isn't emulated. Nothing schedules:
 * pods name their node, and use its network.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Installed, ownNamespace } from '../../controlplane/access/installed.ts';
import { TestNode } from '../../controlplane/agent/node.ts';
import { type ControlPlane, onLoopback, startControlPlane } from '../../controlplane/control-plane.ts';
import { Server } from '../../controlplane/server.ts';
import { copyTree } from '../../levels/pack.ts';
import { makeImage } from '../../runtime/image.ts';
import { targetProgram } from '../../targets/target.ts';
import { makeDisk } from '../../vm/disk.ts';
import { guestCommand, kernelObstacle } from '../../vm/guest.ts';
import { pauseImage, writeNodeFiles } from '../cluster/node-files.ts';
import { nodePrograms } from '../cluster/programs.ts';
import { pauseProgram } from '../cluster/sandbox.ts';

export const targetImage = 'ebb.test/target:1';
/** The newest: a kubelet needs no more of a kernel than pure cgroup v2, so one is enough. */
export const guestRelease = '7.3';
const name = 'guest';
/** In the guest, this machine's loopback, and its own address. */
const host = '10.0.2.2';
const address = '10.0.2.15';
const readySeconds = 300;
const guestSeconds = 840;

export class LimitedSwapNode implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly node: TestNode;
  readonly #share: string;
  #guest: Server | null = null;

  private constructor(plane: ControlPlane, node: TestNode, share: string) {
    this.plane = plane;
    this.node = node;
    this.#share = share;
  }

  /** Resolves when the node is ready. */
  static async start(): Promise<LimitedSwapNode> {
    const obstacle = await kernelObstacle(guestRelease, () => {});
    if (obstacle !== null) throw new Error(obstacle);
    // A guest reaches 127.0.0.1 only, and knows it by another name.
    const plane = await startControlPlane({ place: await onLoopback('127.0.0.1', [`IP:${host}`]) });
    const node = await TestNode.make(plane, name);
    const started = new LimitedSwapNode(plane, node, mkdtempSync(join(tmpdir(), 'ebb-limited-swap-')));
    try {
      await started.#fill();
      await started.#boot();
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #fill(): Promise<void> {
    const folder = (...names: string[]) => {
      const path = join(this.#share, ...names);
      mkdirSync(path, { recursive: true });
      return path;
    };
    const node = folder('node');
    const staticPodPath = folder('node', 'static');
    const ca = join(node, 'ca.crt');
    copyFileSync(this.plane.ca, ca);
    const memorySwap = { swapBehavior: 'LimitedSwap' };
    const kubelet = { memorySwap, staticPodPath, fileCheckFrequency: '1s', oomScoreAdj: -999 };
    writeNodeFiles({
      name,
      address,
      podCIDR: '10.244.0.0/24',
      cgroup: '/',
      folder: node,
      programs: '/programs/node',
      ca,
      kubelet,
    });
    const identity = { user: `system:node:${name}`, groups: ['system:nodes'] };
    copyFileSync(this.plane.kubeconfigOf(identity, this.#url), join(node, 'kubelet.kubeconfig'));
    const account = folder('account');
    copyFileSync(this.plane.ca, join(account, 'ca.crt'));
    writeFileSync(join(account, 'namespace'), ownNamespace);
    writeFileSync(join(account, 'token'), await new Installed(this.plane).agentToken(name));
    const images = folder('images');
    for (const [at, [image, program]] of [
      [pauseImage, pauseProgram()],
      [targetImage, targetProgram()],
    ].entries())
      copyFileSync(makeImage(folder(`image-${at}`), image!, [program!]), join(images, `${at}.tar`));
    folder('log');
  }

  get #url(): string {
    return `https://${host}:${new URL(this.plane.url).port}`;
  }

  async #boot(): Promise<void> {
    const disk = join(this.#share, '.disk');
    makeDisk(disk, (folder) => {
      copyTree(folder);
      const programs = nodePrograms();
      mkdirSync(join(folder, 'node'));
      for (const one of readdirSync(programs)) cpSync(join(programs, one), join(folder, 'node', one));
    });
    const script = `exec bash test/e2e/limited-swap/guest.sh ${join(this.#share, 'node')} ${new URL(this.#url).port}`;
    const options = {
      release: guestRelease,
      share: this.#share,
      disk,
      script,
      timeoutSeconds: guestSeconds,
      network: true,
    };
    this.#guest = new Server(...guestCommand(options), join(this.#share, 'log/guest'));
    const ready = ['get', 'node', name, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'];
    const end = performance.now() + readySeconds * 1000;
    while ((await this.plane.kubectl(ready)).out !== 'True') {
      this.check();
      if (performance.now() > end)
        throw new Error(`the node was not ready after ${readySeconds} s\n${this.#lastWords()}`);
      await sleep(500);
    }
  }

  /** As a file that the kubelet reads, and which no API server is asked about. */
  addStaticPod(pod: { readonly metadata: { readonly name: string } }): void {
    writeFileSync(join(this.#share, 'node/static', `${pod.metadata.name}.json`), JSON.stringify(pod));
  }

  /** Throws what was said, where it has ended. */
  check(): void {
    if (this.#guest!.ended) throw new Error(this.#lastWords());
  }

  #lastWords(): string {
    const folder = join(this.#share, 'log');
    const logs = readdirSync(folder).map((one) => `${one}:\n${readFileSync(join(folder, one), 'utf8').slice(-3000)}`);
    return logs.join('\n');
  }

  /** A file of a container's cgroup as the guest saw it within the last second or two; null where there is none. */
  cgroupFile(path: string): string | null {
    const file = join(this.#share, 'cgroups');
    if (!existsSync(file)) return null;
    const start = `/sys/fs/cgroup/${path}:`;
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .find((one) => one.startsWith(start));
    return line?.slice(start.length) ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guest?.stop('SIGKILL');
    await this.plane.stop();
    rmSync(this.#share, { recursive: true, force: true });
  }
}
