/**
 * A cluster whose nodes come and go: a control plane with its controllers, Karpenter with its kwok provider, kwok in place of
 * kubelets, Ebb as its chart installs it, and one operator of Ebb as a process under its role.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from '../../../kube/connection.ts';
import { Installed } from '../../controlplane/access/installed.ts';
import { type ControlPlane, startControlPlane } from '../../controlplane/control-plane.ts';
import { served } from '../../controlplane/crds.ts';
import { setFolder } from '../../controlplane/go-set.ts';
import { connectTo, until } from '../../controlplane/kube/config-maps.ts';
import { OperatorProcess } from '../../controlplane/operator/operator-process.ts';
import { Server } from '../../controlplane/server.ts';
import { startControllers } from '../cluster/controllers.ts';
import type { Namespaces } from '../cluster/namespaces.ts';
import { controllers } from '../cluster/programs.ts';
import { installEbb } from './ebb.ts';
import { instanceTypes, nodeClass } from './pools.ts';
import { karpenterCRDs, karpenterProgram } from './programs.ts';
import { Timeline } from './timeline.ts';

export class Autoscaled implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly #held = new AsyncDisposableStack();
  readonly #servers: Server[] = [];
  #timeline: Timeline | null = null;

  private constructor(plane: ControlPlane) {
    this.plane = plane;
    this.#held.defer(() => plane.stop());
  }

  /** `pool`: whose nodes Ebb's operators are for. */
  static async start(pool: string): Promise<Autoscaled> {
    const cluster = new Autoscaled(await startControlPlane());
    try {
      await cluster.#begin(pool);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get timeline(): Timeline {
    return this.#timeline!;
  }

  async #begin(pool: string): Promise<void> {
    const { plane } = this;
    await Promise.all([installEbb(plane, pool), this.#installKarpenter()]);
    // Only now: who collects garbage looks for new kinds every 30 s.
    for (const server of startControllers(here, plane, setFolder(controllers))) this.#keep(server);
    const connection: Connection = await connectTo(plane);
    this.#held.defer(() => connection[Symbol.dispose]());
    this.#timeline = this.#held.use(new Timeline(connection));
    const operator = this.#held.use(
      new OperatorProcess(await new Installed(plane).operator(), ['--no-default-policy']),
    );
    const flags = [`--config=${join(import.meta.dirname, 'kwok.yaml')}`, `--kubeconfig=${plane.kubeconfig}`];
    this.#keep(this.#run('kwok', flags, { KWOK_WORKDIR: join(plane.folder, 'kwok') }));
    await Promise.all([this.#timeline.synced, operator.says('Leading', 20_000)]);
  }

  async #installKarpenter(): Promise<void> {
    const { plane } = this;
    const folders = await karpenterCRDs();
    await plane.kubectlOk(['apply', '--server-side', ...folders.map((folder) => `-f=${folder}`)]);
    await served(plane, ['nodepools', 'nodeclaims', 'kwoknodeclasses']);
    const types = join(plane.folder, 'instance-types.json');
    writeFileSync(types, JSON.stringify(instanceTypes));
    this.#keep(
      this.#run('karpenter', ['--metrics-port=0', '--health-probe-port=0'], {
        KUBECONFIG: plane.kubeconfig,
        DISABLE_LEADER_ELECTION: 'true',
        INSTANCE_TYPES_FILE_PATH: types,
        BATCH_IDLE_DURATION: '300ms',
      }),
    );
    await until('the kinds of Karpenter', () => this.#applies([nodeClass]), 20_000);
  }

  async apply(objects: readonly object[]): Promise<void> {
    await this.plane.kubectlOk(['apply', '-f', '-'], { input: listOf(objects) });
  }

  async #applies(objects: readonly object[]): Promise<boolean> {
    return (await this.plane.kubectl(['apply', '-f', '-'], { input: listOf(objects) })).code === 0;
  }

  #run(name: 'kwok' | 'karpenter', flags: readonly string[], env: Readonly<Record<string, string>>): Server {
    const log = join(this.plane.folder, 'log', `${name}.log`);
    const set = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    return new Server('env', [...set, karpenterProgram(name), ...flags], log);
  }

  #keep(server: Server): void {
    this.#servers.push(server);
    this.#held.defer(() => server.stop('SIGKILL'));
  }

  /** For messages: who ended, and the last it said. */
  get ended(): string[] {
    return this.#servers.filter(({ ended }) => ended).map((server) => server.lastWords());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync();
  }
}

/** Outside of any namespaces of its own: nothing here has a kubelet. */
const here: Pick<Namespaces, 'command'> = { command: (program, words) => [program, words] };

const listOf = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
