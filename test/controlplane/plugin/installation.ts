/**
 * A cluster with Ebb in it as far as objects go: roles, policies, pods, nodes whose objects are planned by the operator's own
 * code and reported on as agents do. `kubectl ebb` runs there as people run it: kubectl finds it on the PATH.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { installAccess, ownNamespace } from '../access/installed.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import type { Ended } from '../kubectl.ts';
import { Objects } from '../operator/objects.ts';
import { Reporting } from '../operator/reporting.ts';

const bin = join(import.meta.dirname, '../../../bin');
const mebibyte = 2 ** 20;

export class Installation implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly objects: Objects;
  readonly reporting: Reporting;
  readonly #connections: readonly Connection[];
  readonly #people = new Map<string, string>();

  private constructor(plane: ControlPlane, objects: Objects, reporting: Reporting, connections: readonly Connection[]) {
    this.plane = plane;
    this.objects = objects;
    this.reporting = reporting;
    this.#connections = connections;
  }

  static async start(): Promise<Installation> {
    process.env['PATH'] = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
    const plane = await startControlPlane();
    const installed = await installAccess(plane);
    const admin = await connect({ kubeconfig: plane.kubeconfig });
    const operator = await connect({ kubeconfig: await installed.operator() });
    const objects = new Objects(admin);
    await populate(objects);
    const reporting = await Reporting.start(operator, objects);
    return new Installation(plane, objects, reporting, [admin, operator]);
  }

  /** Path of a kubeconfig of somebody who has this ClusterRole everywhere, or none. */
  async person(clusterRole: string | null): Promise<string> {
    const user = clusterRole ?? 'nobody';
    const known = this.#people.get(user);
    if (known) return known;
    const words = ['create', 'clusterrolebinding', user, `--clusterrole=${clusterRole}`, `--user=${user}`];
    if (clusterRole !== null) await this.plane.kubectlOk(words);
    const kubeconfig = this.plane.kubeconfigOf({ user, groups: [] });
    this.#people.set(user, kubeconfig);
    return kubeconfig;
  }

  /** `kubectl ebb …` as that person; the administrator where none is said. */
  async ebb(words: readonly string[], clusterRole?: string | null): Promise<Ended> {
    const kubeconfig = clusterRole === undefined ? this.plane.kubeconfig : await this.person(clusterRole);
    return await this.plane.kubectl(['ebb', ...words], { kubeconfig });
  }

  /** `kubectl ebb …` that does not end by itself. */
  follow(words: readonly string[], kubeconfig: string): Following {
    const env = { ...process.env, ...this.plane.env, KUBECONFIG: kubeconfig };
    return new Following(['ebb', ...words], env);
  }

  /** The objects of both nodes, as the operator would write them now, and what their agents say of them. */
  async report(): Promise<void> {
    const web = await this.#pod('web');
    const db = await this.#pod('db');
    await this.reporting.program('n1');
    await this.reporting.program('n2');
    const observedGeneration = 9;
    const since = new Date(Date.now() - 600_000).toISOString();
    await this.reporting.says('n1', [{ ...sums, uid: await this.policyUID('idle') }], {
      observedGeneration,
      agent: { version: '0.1.0', kernelRelease: '6.12.0', cgroupVersion: 2, supportedAdvice: ['Cold', 'PageOut'] },
      node: { swapTotalBytes: 4096 * mebibyte, swapFreeBytes: 3072 * mebibyte, swapKind: 'Zram' },
      containers: [
        { podUID: web, name: 'app', state: 'PagedOut', reason: 'LadderDone', since, ...paged },
        {
          podUID: db,
          name: 'app',
          state: 'Skipped',
          reason: 'SwapFull',
          since,
          anonBytes: 700 * mebibyte,
          swapBytes: 0,
          blocker: { signal: 'swapFreePercent', observed: 7, allowed: 10 },
        },
      ],
    });
  }

  async policyUID(name: string, namespace = 'shop'): Promise<string> {
    const words = ['get', 'madv', name, '-n', namespace, '-o', 'jsonpath={.metadata.uid}'];
    return await this.plane.kubectlOk(words);
  }

  async #pod(name: string): Promise<string> {
    return await this.plane.kubectlOk(['get', 'pod', name, '-n', 'shop', '-o', 'jsonpath={.metadata.uid}']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reporting[Symbol.asyncDispose]();
    for (const connection of this.#connections) connection[Symbol.dispose]();
    await this.plane.stop();
  }
}

/** A kubectl that goes on until it is disposed of. */
export class Following implements AsyncDisposable {
  out = '';
  readonly #child: ChildProcess;

  constructor(words: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn('kubectl', words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout!.on('data', (text: Buffer) => {
      this.out += text;
    });
  }

  async says(words: RegExp): Promise<void> {
    for (let left = 300; !words.test(this.out); left--) {
      assert.ok(left > 0 && this.#child.exitCode === null, `not said: ${words}\n${this.out}`);
      await sleep(100);
    }
  }

  /** kubectl became the plugin: it is one process. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await ended;
  }
}

const sums = {
  containers: 2,
  idleContainers: 2,
  residentBytes: 708 * mebibyte,
  swappedBytes: 1024 * mebibyte,
  netByteSeconds: String(3600 * 512 * mebibyte),
  reclaimedBytesTotal: 2048 * mebibyte,
  refaultedBytesTotal: 256 * mebibyte,
};

const paged = {
  anonBytes: 8 * mebibyte,
  swapBytes: 1024 * mebibyte,
  swapLimitBytes: 2048 * mebibyte,
  peakResidentBytes: 1032 * mebibyte,
  lastAdvice: 'PageOut',
  lastAdviceTime: new Date(Date.now() - 300_000).toISOString(),
};

async function populate(objects: Objects): Promise<void> {
  await objects.namespace('shop', { 'ebb.dev/allow': 'enforce' });
  await objects.namespace('bank');
  await objects.node('n1', { pool: 'web' });
  await objects.node('n2');
  await objects.policy('idle', { podSelector: { matchLabels: { tier: 'web' } } });
  await objects.policy('later', { podSelector: {}, priority: 900 });
  await objects.policy('batch', { podSelector: { matchLabels: { tier: 'batch' } } });
  await objects.policy('careful', { mode: 'DryRun' }, 'bank');
  await objects.clusterPolicy('everywhere', {});
  await objects.clusterPolicy('elsewhere', { nodeSelector: { matchLabels: { pool: 'none' } } });
  await objects.limit('floor', { limits: { maxBytesPerSecond: '64Mi' }, node: { minSwapFreePercent: 20 } });
  await objects.limit('none-here', { namespaceSelector: { matchLabels: { no: 'where' } } });
  await objects.pod('n1', 'web', { labels: { tier: 'web' } });
  await objects.pod('n1', 'db', { labels: { tier: 'web' }, containers: ['app', 'proxy'] });
  await objects.pod('n1', 'private', { annotations: { 'ebb.dev/do-not-advise': 'true' } });
  await objects.pod('n2', 'ledger', { namespace: 'bank' });
  await objects.connection.request({ method: 'POST', path: '/api/v1/namespaces/shop/pods', body: unbound });
  await installed(objects);
}

const unbound = { metadata: { name: 'unbound' }, spec: { containers: [{ name: 'app', image: 'none.test/app' }] } };

/** What the chart and the programs make beside roles: the switch, who leads, the workloads as their controllers see them. */
async function installed({ connection }: Objects): Promise<void> {
  const make = (group: string, plural: string, body: object) =>
    connection.request({ method: 'POST', path: `/${group}/namespaces/${ownNamespace}/${plural}`, body });
  const status = (plural: string, name: string, fields: object) =>
    connection.request({
      method: 'PATCH',
      path: `/apis/apps/v1/namespaces/${ownNamespace}/${plural}/${name}/status`,
      body: { status: fields },
      contentType: 'application/merge-patch+json',
    });
  const labels = { 'app.kubernetes.io/part-of': 'ebb' };
  await make('api/v1', 'configmaps', { metadata: { name: 'ebb-switch', labels } });
  const renewTime = `${new Date().toISOString().slice(0, -1)}000Z`;
  const lease = { holderIdentity: 'ebb-operator-1', leaseDurationSeconds: 3600, renewTime };
  await make('apis/coordination.k8s.io/v1', 'leases', { metadata: { name: 'ebb-operator' }, spec: lease });
  await make('apis/apps/v1', 'deployments', workload('ebb-operator', { replicas: 2 }));
  await make('apis/apps/v1', 'daemonsets', workload('ebb-node-agent', {}));
  await status('deployments', 'ebb-operator', { replicas: 2, readyReplicas: 1 });
  const counts = { desiredNumberScheduled: 2, numberReady: 1, currentNumberScheduled: 2, numberMisscheduled: 0 };
  await status('daemonsets', 'ebb-node-agent', counts);
}

const workload = (name: string, spec: object) => ({
  metadata: { name },
  spec: {
    ...spec,
    selector: { matchLabels: { of: name } },
    template: {
      metadata: { labels: { of: name } },
      spec: { containers: [{ name: 'main', image: 'none.test/main' }] },
    },
  },
});
