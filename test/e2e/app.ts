/**
 * A pod whose process holds memory that can be checked: test/targets/target.c, started by a kubelet and spoken to through
 * `kubectl attach`.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QoSClass } from '../../node-agent/observe/container.ts';
import { makeImage } from '../runtime/image.ts';
import { Driver, type Region } from '../targets/driver.ts';
import { targetProgram } from '../targets/target.ts';
import { RunningContainer } from './container.ts';
import type { EbbCluster } from './ebb.ts';

const image = 'ebb.test/app:1';
/** Of one core: more than any policy of a test takes for idle. */
const workMillis = 500;

export async function importApp({ cluster }: EbbCluster): Promise<void> {
  const folder = join(cluster.plane.folder, 'images/app');
  mkdirSync(folder);
  await cluster.importImage(makeImage(folder, image, [targetProgram()]));
}

export interface AppSpec {
  readonly namespace: string;
  readonly name: string;
  readonly qos: QoSClass;
}

const some = { cpu: '400m', memory: '192Mi' };
const resources: Readonly<Record<QoSClass, object>> = {
  Guaranteed: { requests: some, limits: some },
  Burstable: { requests: { cpu: '10m', memory: '64Mi' } },
  BestEffort: {},
};

/** It does nothing until it is told to. Nobody names its node, but each node gets its share. */
export const appPod = ({ namespace, name, qos }: AppSpec) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels: { app: 'checked' } },
  spec: {
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'checked' } },
      },
    ],
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'app', image, imagePullPolicy: 'Never', stdin: true, resources: resources[qos] }],
  },
});

export class App {
  readonly name: string;
  readonly container: RunningContainer;
  readonly #ebb: EbbCluster;
  readonly #namespace: string;
  readonly #region: Region;
  readonly #checksum: string;

  private constructor(ebb: EbbCluster, { namespace, name }: AppSpec, container: RunningContainer, held: Held) {
    this.name = name;
    this.container = container;
    this.#ebb = ebb;
    this.#namespace = namespace;
    this.#region = held.region;
    this.#checksum = held.checksum;
  }

  /** Of a pod that is ready; it holds `bytes` from then on. */
  static async fill(ebb: EbbCluster, spec: AppSpec, bytes: number): Promise<App> {
    const held = await ask(ebb, spec.namespace, spec.name, async (target) => {
      const region = await target.anon(bytes, 7);
      return { region, checksum: await target.checksum(region) };
    });
    return new App(ebb, spec, await RunningContainer.of(ebb, spec.namespace, spec.name, 'app'), held);
  }

  get node(): string {
    return this.container.node;
  }

  /** Reads every page and works for a while, as on a request after a long pause. */
  async wake(): Promise<void> {
    await this.#ask(async (target) => {
      await target.touch(this.#region);
      await target.startSpin();
      await sleep(workMillis);
      await target.stop('spin');
    });
  }

  /** Every page is what was written, and the process is the one that wrote it. It is awake then. */
  async assertIntact(): Promise<void> {
    await this.wake();
    await this.#ask(async (target) => {
      assert.equal(await target.brokenPages(this.#region), 0, `broken pages in ${this.name}`);
      assert.equal(await target.checksum(this.#region), this.#checksum, `the content of ${this.name}`);
    });
    const now = await RunningContainer.of(this.#ebb, this.#namespace, this.name, 'app');
    assert.equal(now.restarts, 0, `restarts of ${this.name}`);
  }

  #ask<T>(what: (target: Driver) => Promise<T>): Promise<T> {
    return ask(this.#ebb, this.#namespace, this.name, what);
  }
}

interface Held {
  readonly region: Region;
  readonly checksum: string;
}

async function ask<T>(
  ebb: EbbCluster,
  namespace: string,
  pod: string,
  what: (target: Driver) => Promise<T>,
): Promise<T> {
  const words = ['-n', namespace, 'attach', pod, '--stdin', '--quiet'];
  const child = spawn('kubectl', words, { env: { ...process.env, ...ebb.env }, stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    return await what(new Driver(child.stdout, child.stdin));
  } finally {
    child.kill();
  }
}
