/**
 * A cluster with two nodes on which helm has installed Ebb from its chart, with the images of this tree, and swap for its
 * pods. What tests of the whole stand on, and what `npm run cluster -- up --ebb` starts.
 */
import { delimiter, dirname, join } from 'node:path';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { chartFolder, helm, helmOk, helmProgram } from '../controlplane/helm.ts';
import type { Ended, KubectlOptions } from '../controlplane/kubectl.ts';
import { acquireSwap } from '../kernel/swap.ts';
import { type Cluster, type ClusterOptions, startCluster } from './cluster/cluster.ts';
import { imageRegistry, importImages } from './images.ts';

export interface EbbOptions extends ClusterOptions {
  /** Of the chart, as `--set` takes them: `agent.periodSeconds=1`. */
  readonly values?: readonly string[];
  /** false: the nodes have the images, and the chart is left to the test. */
  readonly install?: boolean;
}

export const ownNamespace = 'ebb-system';
const swapBytes = 2 ** 31;
/** Of a command that waits for pods. */
const patience = { timeoutMillis: 180_000 };

/** Waits for its turn where another test has swap. */
export async function installedEbb({ values = [], install = true, ...options }: EbbOptions = {}): Promise<EbbCluster> {
  const swap = await acquireSwap({ kind: 'zram', bytes: swapBytes });
  const held = new AsyncDisposableStack();
  held.defer(() => swap.release());
  try {
    const ebb = new EbbCluster(held.use(await startCluster(options)), held);
    await importImages(ebb.cluster);
    if (install) await ebb.install(values);
    return ebb;
  } catch (error) {
    await held.disposeAsync();
    throw error;
  }
}

/** Values that name the images as the nodes have them. */
const fromNodes = [`image.registry=${imageRegistry}`];

export async function installChart(cluster: Cluster, values: readonly string[]): Promise<string> {
  const { folder, kubeconfig } = cluster.plane;
  const set = [...fromNodes, ...values].map((value) => `--set=${value}`);
  return await helmOk(['install', 'ebb', chartFolder, '--wait', ...set], {
    kubeconfig,
    home: join(folder, 'helm'),
    ...patience,
  });
}

/** Runs until it is disposed of, or until this process ends. */
export class EbbCluster implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly #held: AsyncDisposableStack;

  constructor(cluster: Cluster, held: AsyncDisposableStack) {
    this.cluster = cluster;
    this.#held = held;
  }

  get plane(): ControlPlane {
    return this.cluster.plane;
  }

  /** For commands as people type them: kubectl and helm, this cluster, and nothing of the user's. */
  get env(): Readonly<Record<string, string>> {
    const { env, folder } = this.plane;
    const home = join(folder, 'helm');
    return {
      ...env,
      PATH: `${dirname(helmProgram())}${delimiter}${env.PATH}`,
      HOME: home,
      HELM_CACHE_HOME: join(home, 'cache'),
      HELM_CONFIG_HOME: join(home, 'config'),
      HELM_DATA_HOME: join(home, 'data'),
    };
  }

  /** What helm said after it. `values` as `--set` takes them; resolves when every pod of the release is ready. */
  install(values: readonly string[] = []): Promise<string> {
    return installChart(this.cluster, values);
  }

  helm(...words: readonly string[]): Promise<Ended> {
    const { folder, kubeconfig } = this.plane;
    return helm(words, { kubeconfig, home: join(folder, 'helm'), ...patience });
  }

  async helmOk(...words: readonly string[]): Promise<string> {
    const { folder, kubeconfig } = this.plane;
    return await helmOk(words, { kubeconfig, home: join(folder, 'helm'), ...patience });
  }

  kubectl(words: readonly string[], options: KubectlOptions = {}): Promise<Ended> {
    return this.plane.kubectl(words, options);
  }

  /** What it printed; rejects where it does not end with 0. */
  kubectlOk(...words: readonly string[]): Promise<string> {
    return this.plane.kubectlOk(words);
  }

  async apply(...objects: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await this.plane.kubectlOk(['apply', '-f', '-'], { input });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync();
  }
}
