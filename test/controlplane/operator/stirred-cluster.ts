/**
 * A small cluster with Ebb in it that never stands still while a fault happens: nodes, pods, opt-outs, policies and a limit
 * change several times a second, and only ever forward (history.ts says what that is good for).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { limitKind } from '../../../api/limit.ts';
import { apiVersion } from '../../../api/policy.ts';
import type { Connection } from '../../../kube/connection.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { pathOf } from '../../../kube/resource.ts';
import { resources } from '../../../operator/resources.ts';
import { type Installed, installAccess } from '../access/installed.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../control-plane.ts';
import { connectTo } from '../kube/config-maps.ts';
import { History } from './history.ts';
import { Objects } from './objects.ts';
import { OperatorProcess } from './operator-process.ts';

const namespaces = ['shop', 'lab'] as const;
const tiers = ['web', 'db', 'job'] as const;
const nodes = 20;
const podsPerNode = 5;
/** So many pods that come and go are there at a time. */
const lives = 30;

export class StirredCluster implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly installed: Installed;
  readonly connection: Connection;
  readonly objects: Objects;
  readonly history: History;
  /** Ended before the API server is. */
  readonly #ended = new AsyncDisposableStack();
  #stirring: Promise<void> | null = null;
  #stop = new AbortController();
  #turn = 0;

  private constructor(plane: ControlPlane, installed: Installed, connection: Connection) {
    this.plane = plane;
    this.installed = installed;
    this.connection = connection;
    this.objects = new Objects(connection);
    this.history = new History(connection);
  }

  /** With all of it there, and stirred from here on. */
  static async start(options: ControlPlaneOptions = {}): Promise<StirredCluster> {
    const plane = await startControlPlane(options);
    const cluster = new StirredCluster(plane, await installAccess(plane), await connectTo(plane));
    await cluster.#fill();
    await cluster.history.begin();
    cluster.stir();
    return cluster;
  }

  /** `url`: where it reaches the API server. It ends with the cluster. */
  async operator(url?: string, env: Readonly<Record<string, string>> = {}): Promise<OperatorProcess> {
    const operator = this.#ended.use(new OperatorProcess(await this.installed.operator(url), [], env));
    await operator.says('Started operator', 20_000);
    return operator;
  }

  /** How many steps have been made. */
  get turn(): number {
    return this.#turn;
  }

  stir(): void {
    this.#stop = new AbortController();
    this.#stirring ??= this.#stirOn(this.#stop.signal);
  }

  /** Ends with an edit of everything that reaches nodes at once: nothing waits for more pods to come. */
  async rest(): Promise<void> {
    if (this.#stirring === null) return;
    this.#stop.abort();
    await this.#stirring;
    this.#stirring = null;
    for (const edit of this.#edits(this.#turn++)) await despiteFaults(edit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rest();
    await this.#ended.disposeAsync();
    await this.history[Symbol.asyncDispose]();
    this.connection[Symbol.dispose]();
    await this.plane.stop();
  }

  async #fill(): Promise<void> {
    const { objects } = this;
    for (const name of namespaces) await objects.namespace(name, { 'ebb.dev/allow': 'enforce' });
    const filled = Array.from({ length: nodes }, async (_, index) => {
      const node = nodeOf(index);
      await objects.node(node, { pool: index % 2 === 0 ? 'even' : 'odd' });
      for (let of = 0; of < podsPerNode; of++) await this.#pod(node, `${node}-${of}`, index + of);
    });
    await Promise.all(filled);
    await objects.policy('idle-web', { podSelector: { matchLabels: { tier: 'web' } } });
    await objects.policy('idle-db', { mode: 'DryRun', podSelector: { matchLabels: { tier: 'db' } } });
    await objects.policy('idle-lab', { podSelector: {} }, 'lab');
    await objects.clusterPolicy('everywhere', { priority: 900 });
    await this.limit('swap');
  }

  async limit(name: string): Promise<void> {
    const spec = { nodeSelector: { matchLabels: { pool: 'odd' } }, limits: { maxBytesPerSecond: '64Mi' } };
    const body = { apiVersion, kind: limitKind, metadata: { name }, spec };
    await this.connection.request({ method: 'POST', path: pathOf(resources.limits), body });
  }

  #pod(node: string, name: string, of: number) {
    const shape = { namespace: namespaces[of % 2]!, labels: { tier: tiers[of % 3]! } };
    return this.objects.pod(node, name, shape);
  }

  async #stirOn(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const turn = this.#turn++;
      for (const step of this.#steps(turn)) await despiteFaults(step);
      await sleep(80, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  /** Each by itself: one that fails leaves the others to be made. */
  #steps(turn: number): (() => Promise<unknown>)[] {
    const { objects } = this;
    const place = (of: number) => ({ namespace: namespaces[of % 2]!, name: `stirred-${of}` });
    const steps: (() => Promise<unknown>)[] = [
      () => this.#pod(nodeOf(turn), `stirred-${turn}`, turn),
      () => objects.remove(resources.pods, place(turn - lives)),
    ];
    const every = (turns: number, ...then: (() => Promise<unknown>)[]): void => {
      if (turn % turns === 0) steps.push(...then);
    };
    every(3, () => objects.patch(resources.pods, place(turn - 10), optedOut));
    every(5, this.#edits(turn)[turn % 4]!);
    every(11, () => objects.node(`passing-${turn}`));
    every(11, () => objects.remove(resources.nodes, { name: `passing-${turn - 33}` }));
    every(17, () => objects.remove(resources.nodes, { name: 'replaced' }));
    every(17, () => objects.node('replaced'));
    return steps;
  }

  /** Of each policy and of the limit, to what none of them said before. */
  #edits(turn: number): (() => Promise<void>)[] {
    const { objects } = this;
    const spec = { steps: [{ advice: 'PageOut', afterIdleSeconds: 900 + turn }] };
    const limits = { cooldownSeconds: 900 + turn };
    return [
      () => objects.patch(resources.policies, { namespace: 'shop', name: 'idle-web' }, { spec }),
      () => objects.patch(resources.policies, { namespace: 'lab', name: 'idle-lab' }, { spec }),
      () => objects.patch(resources.clusterPolicies, { name: 'everywhere' }, { spec }),
      () => objects.patch(resources.limits, { name: 'swap' }, { spec: { limits } }),
    ];
  }
}

const nodeOf = (index: number): string => `node-${index % nodes}`;
const optedOut = { metadata: { annotations: { 'ebb.dev/do-not-advise': 'true' } } };

/** What a server that is away, slow or refuses does to a step is no failure of the test; it is left out. */
async function despiteFaults(step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!isKubeError(error)) throw error;
  }
}
