/** What the parts of install.test.ts share: the cluster, its app pods, and what is said of them in objects and metrics. */
import test, { type TestContext } from 'node:test';
import type { NodeStatus } from '../../../api/node-status.ts';
import type { PolicyStatus } from '../../../api/policy-status.ts';
import { until } from '../../controlplane/kube/config-maps.ts';
import { App, type AppSpec, appPod } from '../app.ts';
import { RunningContainer } from '../container.ts';
import { type EbbCluster, ownNamespace } from '../ebb.ts';

export const shop = 'shop';
export const policyName = 'idle';
export const MiB = 2 ** 20;
/** Of each app. */
export const appBytes = 64 * MiB;
/** What is out when an app is out, and what is in when it is in. */
const most = 0.9 * appBytes;
const little = 0.1 * appBytes;

interface NodeAdvice {
  readonly spec: {
    readonly pods: readonly { readonly name: string }[];
    readonly paused?: { readonly reasons: readonly string[] };
  };
  readonly status: NodeStatus;
}

export type Step = (stage: Stage, t: TestContext) => Promise<void>;
export type Tell = (name: string, step: Step) => void;

/** Tests that are one story: when a part of it fails, those after it are not told. */
export function story(stage: () => Stage): Tell {
  let broken = false;
  return (name, step) => {
    test(name, async (t) => {
      if (broken) return t.skip('an earlier part of the story failed');
      broken = true;
      await step(stage(), t);
      broken = false;
    });
  };
}

export class Stage {
  readonly ebb: EbbCluster;
  readonly apps: App[] = [];

  constructor(ebb: EbbCluster) {
    this.ebb = ebb;
  }

  /** They run, and each holds its memory. */
  async add(...specs: readonly AppSpec[]): Promise<readonly App[]> {
    const { ebb } = this;
    await ebb.apply(...specs.map(appPod));
    const names = specs.map(({ name }) => `pod/${name}`);
    await ebb.kubectlOk('-n', shop, 'wait', ...names, '--for=condition=Ready', '--timeout=60s');
    const added = await Promise.all(specs.map((spec) => App.fill(ebb, spec, appBytes)));
    this.apps.push(...added);
    return added;
  }

  async json<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse(await this.ebb.kubectlOk('get', '-o', 'json', ...words)) as T;
  }

  async policy(name = policyName): Promise<PolicyStatus> {
    return (await this.json<{ status?: PolicyStatus }>('-n', shop, 'madv', name)).status ?? {};
  }

  /** Whether a policy of the shop has an Event with that reason. */
  async told(reason: string): Promise<boolean> {
    const { items } = await this.json<{ items: { reason: string }[] }>('-n', shop, 'events.v1.events.k8s.io');
    return items.some((event) => event.reason === reason);
  }

  node(name: string): Promise<NodeAdvice> {
    return this.json<NodeAdvice>('nma', name);
  }

  /** What the node's agent says is out, and by which advice. */
  async saidToBeOut(name: string): Promise<readonly string[]> {
    const { containers = [] } = (await this.node(name)).status;
    return containers
      .filter(({ state }) => state === 'PagedOut')
      .map(({ podUID, lastAdvice, lastAdviceTime }) => `${podUID} ${lastAdvice} ${lastAdviceTime}`);
  }

  async nodes(): Promise<readonly NodeAdvice[]> {
    return await Promise.all(this.ebb.cluster.nodes.map(({ name }) => this.node(name)));
  }

  /** Every agent says so of itself. */
  async everyAgentSays(reason: string): Promise<boolean> {
    const said = (await this.nodes()).map(({ status }) => status.conditions?.find(({ type }) => type === 'Ready'));
    return said.every((ready) => ready?.reason === reason);
  }

  /** Since its pod was started: an upgrade ends the agent before it. */
  async everyAgentHasReported(): Promise<boolean> {
    for (const { name } of this.ebb.cluster.nodes) {
      const words = ['-n', ownNamespace, 'pod', await this.pod('node-agent', name)];
      const { startTime } = (await this.json<{ status: { startTime: string } }>(...words)).status;
      const { reportTime } = (await this.node(name)).status;
      if (!(Date.parse(reportTime ?? '') > Date.parse(startTime))) return false;
    }
    return true;
  }

  /** Name of the pod of a component, on one node where that is said. */
  async pod(component: string, node?: string): Promise<string> {
    const on = node === undefined ? [] : [`--field-selector=spec.nodeName=${node}`];
    const label = `app.kubernetes.io/component=${component}`;
    const { items } = await this.json<{ items: { metadata: { name: string } }[] }>(
      '-n',
      ownNamespace,
      'pods',
      '-l',
      label,
      ...on,
    );
    return items[0]!.metadata.name;
  }

  async agentOn(node: string): Promise<RunningContainer> {
    return await RunningContainer.of(this.ebb, ownNamespace, await this.pod('node-agent', node), 'agent');
  }

  /** As Prometheus would read them of every agent: the sum of the series that match. */
  async metric(series: RegExp): Promise<number> {
    const values = await Promise.all(this.ebb.cluster.nodes.map(({ name }) => this.metricOn(name, series)));
    return values.reduce((sum, value) => sum + value, 0);
  }

  async metricOn(node: string, series: RegExp): Promise<number> {
    const lines = await this.seriesOn(node, series);
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async seriesOn(node: string, series: RegExp): Promise<readonly string[]> {
    const path = `/api/v1/namespaces/${ownNamespace}/pods/${await this.pod('node-agent', node)}:9468/proxy/metrics`;
    return (await this.ebb.kubectlOk('get', '--raw', path)).split('\n').filter((line) => series.test(line));
  }

  /** Milliseconds that it took. Where it takes too long, the error says what the agents said. */
  async until(what: string, holds: () => boolean | Promise<boolean>, seconds: number): Promise<number> {
    try {
      return await until(what, holds, seconds * 1000);
    } catch (error) {
      const { out, err } = await this.ebb.plane.kubectl(['get', 'nma', '-o', 'jsonpath={.items[*].status}']);
      throw new Error(`${(error as Error).message}; the agents say ${out || err}`, { cause: error });
    }
  }

  /** Objects follow within seconds: asks again until nothing throws. */
  async settles(what: string, check: () => Promise<void>, seconds: number): Promise<void> {
    let last: Error | null = null;
    const passes = async (): Promise<boolean> => {
      last = await check().then(
        () => null,
        (error: Error) => error,
      );
      return last === null;
    };
    await this.until(what, passes, seconds).catch((error: Error) => {
      throw new Error(`${error.message}: ${last?.message}`, { cause: last });
    });
  }

  areOut(apps: readonly App[] = this.apps): boolean {
    return apps.every(({ container }) => container.rollup.swapBytes > most && container.usage.residentBytes < little);
  }

  areIn(apps: readonly App[] = this.apps): boolean {
    return apps.every(({ container }) => container.usage.residentBytes > most);
  }

  /** As after Restore, which reads memory back from swap and leaves it to its owner to map it. */
  areBack(apps: readonly App[] = this.apps): boolean {
    return apps.every(({ container }) => container.usage.usageBytes > most);
  }
}
