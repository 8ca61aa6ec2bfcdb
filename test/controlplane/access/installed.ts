/**
 * A control plane as a cluster with Ebb has it: the CRDs, and the roles and admission policies as helm renders them from the
 * chart. Gives the kubeconfigs that operator and agents have there, so that tests run under their rights and no others.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../control-plane.ts';
import { installCRDs } from '../crds.ts';
import { chartFolder, helmOk } from '../helm.ts';

export const ownNamespace = 'ebb-system';

export async function installAccess(plane: ControlPlane): Promise<Installed> {
  await installCRDs(plane);
  const { code, err } = await plane.kubectl(['apply', '-f', '-'], { input: await renderedAccess(plane) });
  assert.deepEqual({ code, err }, { code: 0, err: '' }, 'roles and policies are applied without a warning');
  await admissionBegins(plane);
  return new Installed(plane);
}

function renderedAccess({ folder }: ControlPlane): Promise<string> {
  const only = ['namespace.yaml', 'access/*.yaml'].map((name) => `--show-only=templates/${name}`);
  return helmOk(['template', 'ebb', chartFolder, ...only], { home: join(folder, 'helm') });
}

export class Installed {
  readonly #plane: ControlPlane;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
  }

  /** Path of a kubeconfig with a token of the operator's; `url` where the server is reached another way, as through a proxy. */
  async operator(url?: string): Promise<string> {
    return this.#plane.kubeconfigWithToken(await this.#plane.token(ownNamespace, 'ebb-operator'), url);
  }

  /** With a token of the agent's that is bound to its pod on the node, as a kubelet gets it. Node and pod are made if missing. */
  async agent(node: string, url?: string): Promise<string> {
    return this.#plane.kubeconfigWithToken(await this.agentToken(node), url);
  }

  async agentToken(node: string): Promise<string> {
    await this.#make({ apiVersion: 'v1', kind: 'Node', metadata: { name: node } });
    const pod = agentPod(node);
    await this.#make(pod);
    return await this.#plane.token(ownNamespace, 'ebb-agent', { kind: 'Pod', name: pod.metadata.name });
  }

  async #make(object: object): Promise<void> {
    const { code, err } = await this.#plane.kubectl(['create', '-f', '-'], { input: JSON.stringify(object) });
    if (code !== 0 && !err.includes('AlreadyExists')) throw new Error(err);
  }
}

const agentPod = (node: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `ebb-agent-${node}`, namespace: ownNamespace },
  spec: {
    nodeName: node,
    serviceAccountName: 'ebb-agent',
    containers: [{ name: 'agent', image: 'none.test/agent' }],
  },
});

/** A new policy is compiled some moments after it is stored. It is asked about its own: a user of the agent's name with all rights. */
async function admissionBegins(plane: ControlPlane): Promise<void> {
  const as = ['--as', `system:serviceaccount:${ownNamespace}:ebb-agent`, '--as-group', 'system:masters'];
  const input = JSON.stringify({
    apiVersion: 'ebb.dev/v1alpha1',
    kind: 'NodeMemoryAdvice',
    metadata: { name: 'asked-only' },
    spec: { nodeUID: 'none', profiles: [], pods: [] },
  });
  for (let left = 100; left > 0; left--) {
    const { err } = await plane.kubectl(['create', '--dry-run=server', ...as, '-f', '-'], { input });
    if (/ebb-agent-own-node.* denied/.test(err)) return;
    await sleep(100);
  }
  assert.fail('the admission policy is not enforced');
}
