/** One node: containerd and a kubelet in namespaces of their own inside the sandbox, as on a machine of their own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Server } from '../../controlplane/server.ts';
import { Namespaces } from './namespaces.ts';
import { criSocket, mounts, type NodeOptions, writeNodeFiles } from './node-files.ts';
import { pauseProgram } from './sandbox.ts';

const socketSeconds = 30;

export class ClusterNode {
  readonly options: NodeOptions;
  readonly #namespaces: Namespaces;
  readonly #log: string;
  readonly #containerd: Server;
  #kubelet: Server | null = null;

  private constructor(options: NodeOptions, namespaces: Namespaces, log: string) {
    this.options = options;
    this.#namespaces = namespaces;
    this.#log = log;
    this.#containerd = this.#start('containerd', ['--config', join(options.folder, 'containerd.toml')]);
  }

  /** Its containerd takes images when it resolves; `log` is the folder of its logs. */
  static async start(sandbox: Namespaces, options: NodeOptions, log: string): Promise<ClusterNode> {
    writeNodeFiles(options);
    const script = [mounts(options), 'echo ready', `exec ${pauseProgram()}`].join('\n');
    const namespaces = await Namespaces.start({ kinds: ['--uts'], script, within: sandbox });
    const node = new ClusterNode(options, namespaces, log);
    await node.#answers();
    return node;
  }

  get name(): string {
    return this.options.name;
  }

  /** Of its first process, as this process sees it. */
  get pid(): number {
    return this.#namespaces.pid;
  }

  /** How a path on the node is called outside. */
  path(inside: string): string {
    return this.#namespaces.path(inside);
  }

  startKubelet(kubeconfig: string): void {
    const { folder, name, address } = this.options;
    this.#kubelet = this.#start('kubelet', [
      ...['--config', join(folder, 'kubelet.yaml'), '--kubeconfig', kubeconfig],
      ...['--hostname-override', name, '--node-ip', address],
    ]);
  }

  /** An OCI archive, for pods with imagePullPolicy Never or IfNotPresent. */
  async importImage(archive: string): Promise<void> {
    const words = ['-a', this.path(criSocket), '-n', 'k8s.io', 'images', 'import', archive];
    await promisify(execFile)(join(this.options.programs, 'ctr'), words, { maxBuffer: 2 ** 24 });
  }

  /** Throws what a program of the node said last, where one has ended. */
  check(): void {
    for (const server of [this.#containerd, this.#kubelet]) if (server?.ended) throw new Error(server.lastWords());
  }

  #start(program: string, words: readonly string[]): Server {
    const { programs, name } = this.options;
    const path = `PATH=${programs}${delimiter}/usr/sbin${delimiter}/usr/bin${delimiter}/sbin${delimiter}/bin`;
    const command = this.#namespaces.command('env', [path, join(programs, program), ...words]);
    return new Server(...command, join(this.#log, `${program}-${name}.log`));
  }

  async #answers(): Promise<void> {
    const end = performance.now() + socketSeconds * 1000;
    while (!existsSync(this.path(criSocket))) {
      this.check();
      if (performance.now() > end) throw new Error(`containerd of ${this.name} has no socket after ${socketSeconds} s`);
      await sleep(20);
    }
  }
}
