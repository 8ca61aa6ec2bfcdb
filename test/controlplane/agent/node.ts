/**
 * A node of a real control plane whose agent runs on this machine: the CRDs, a Node, a pod on it whose token the agent has
 * with the rights of charts/ebb, and the object that stands for what the operator wants.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '../../../api/node-status.ts';
import { Agent } from '../../kernel/agent/agent.ts';
import { type Installed, installAccess, ownNamespace } from '../access/installed.ts';
import type { ControlPlane } from '../control-plane.ts';

const root = join(import.meta.dirname, '../../..');
const patience = 60_000;

export interface NodeObject {
  readonly metadata: { readonly uid: string; readonly generation: number };
  readonly status?: NodeStatus;
}

export class TestNode {
  readonly plane: ControlPlane;
  readonly name: string;
  uid = '';
  readonly #installed: Installed;
  #token = '';

  private constructor(plane: ControlPlane, installed: Installed, name: string) {
    this.plane = plane;
    this.#installed = installed;
    this.name = name;
  }

  static async make(plane: ControlPlane, name: string): Promise<TestNode> {
    const node = await TestNode.ofKubelet(plane, name);
    await node.#register();
    return node;
  }

  /** Which a kubelet registers, and whose agent it runs. */
  static async ofKubelet(plane: ControlPlane, name: string): Promise<TestNode> {
    return new TestNode(plane, await installAccess(plane), name);
  }

  async #register(): Promise<void> {
    this.#token = await this.#installed.agentToken(this.name);
    this.uid = (await this.plane.kubectlOk(['get', 'node', this.name, '-o', 'jsonpath={.metadata.uid}'])).trim();
  }

  /** The Node is deleted, and a kubelet that is started anew makes it again: its pods live on, with the tokens they have. */
  async registerAnew(): Promise<void> {
    await this.plane.kubectlOk(['delete', 'node', this.name]);
    await this.#register();
  }

  /** As the kubelet does when four fifths of the token's life are over. */
  renewToken({ folder }: Agent): void {
    const file = join(folder, 'serviceaccount/token');
    writeFileSync(`${file}.new`, this.#token, { mode: 0o644 });
    renameSync(`${file}.new`, file);
  }

  async apply(...objects: readonly object[]): Promise<void> {
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    await this.#applied('-', input);
  }

  #applied(file: string, input = ''): Promise<string> {
    const words = ['apply', '--server-side', '--force-conflicts', '--field-manager=ebb-operator', '-f', file];
    return this.plane.kubectlOk(words, { input });
  }

  /** As the operator would. */
  async advise(spec: object): Promise<void> {
    const metadata = { name: this.name };
    await this.apply({
      apiVersion: 'ebb.dev/v1alpha1',
      kind: 'NodeMemoryAdvice',
      metadata,
      spec: { nodeUID: this.uid, ...spec },
    });
  }

  async withdraw(): Promise<void> {
    await this.plane.kubectlOk(['delete', 'nma', this.name, '--ignore-not-found']);
  }

  /** null: no ConfigMap at all. */
  async turnSwitch(state: string | null): Promise<void> {
    const metadata = { name: 'ebb-switch', namespace: ownNamespace };
    if (state !== null) await this.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { state } });
    else await this.plane.kubectlOk(['delete', 'configmap', '-n', ownNamespace, metadata.name, '--ignore-not-found']);
  }

  async object(): Promise<NodeObject> {
    return JSON.parse(await this.plane.kubectlOk(['get', 'nma', this.name, '-o', 'json'])) as NodeObject;
  }

  /** The status, once it fits. */
  async reports(fits: (status: NodeStatus) => boolean, withinMillis = patience): Promise<NodeStatus> {
    const end = performance.now() + withinMillis;
    for (;;) {
      const { status } = await this.object();
      if (status && fits(status)) return status;
      if (performance.now() > end) assert.fail(`reported is ${JSON.stringify(status, null, 1)}`);
      await sleep(200);
    }
  }

  /** As in its pod: environment and mounts are what a container of the DaemonSet has. */
  startAgent(...flags: readonly string[]): Agent {
    const folder = mkdtempSync(join(tmpdir(), 'ebb-agent-'));
    chmodSync(folder, 0o755);
    const account = join(folder, 'serviceaccount');
    mkdirSync(account, { mode: 0o755 });
    writeFileSync(join(account, 'token'), this.#token, { mode: 0o644 });
    writeFileSync(join(account, 'namespace'), ownNamespace);
    const pace = flags.includes('--period') ? [] : ['--period', '0.5', '--wake-period', '200', '--log-level', 'debug'];
    const places = ['--socket', join(folder, 'agent.sock'), '--lock', join(folder, 'agent.lock')];
    const own = [...pace, ...places, '--metrics', '127.0.0.1:0'];
    return new Agent(folder, ['unshare', inPod(account, this.plane.ca, [...own, ...flags])], this.#env);
  }

  get #env(): NodeJS.ProcessEnv {
    const { hostname, port } = new URL(this.plane.url);
    const { KUBECONFIG: _, ...env } = process.env;
    return { ...env, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  }
}

/** The folder of a ServiceAccount has one place: a mount namespace gives each agent its own. */
function inPod(account: string, ca: string, flags: readonly string[]): string[] {
  const place = '/var/run/secrets/kubernetes.io/serviceaccount';
  const script = [
    `cp ${ca} ${account}/ca.crt && chmod 644 ${account}/ca.crt`,
    `mount -t tmpfs none /run && mkdir -p ${place} && mount --bind ${account} ${place}`,
    'exec "$0" agent "$@"',
  ];
  return ['--mount', 'sh', '-ec', script.join(' && '), join(root, 'bin/ebb'), ...flags];
}
