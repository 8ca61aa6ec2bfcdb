/** The pods of the chart: admitted where they should be and refused elsewhere for nothing but what is known; and who holds what. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { agentUser } from '../../../node-agent/config.ts';
import { checkConfig } from '../../../operator/config.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { ChartCluster, type Container, named, type PodSpec, podsOf, type Rendered } from './chart-cluster.ts';

type Pod = Rendered & { readonly spec: PodSpec };

const levels = ['restricted', 'baseline', 'privileged'];
let cluster: ChartCluster;
let objects: readonly Rendered[];
let pods: readonly Pod[];

before(async () => {
  cluster = await ChartCluster.start();
  objects = await cluster.render();
  pods = podsOf(objects);
  // The namespace as the chart labels it, and two as a platform may have them.
  const own = objects.find(({ kind }) => kind === 'Namespace')!;
  const others = ['restricted', 'baseline'].map((level) => ({
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { name: level, labels: { 'pod-security.kubernetes.io/enforce': level } },
  }));
  const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount');
  const everywhere = [own.metadata.name, 'restricted', 'baseline'].flatMap((namespace) =>
    accounts.map((account) => ({ ...account, metadata: { ...account.metadata, namespace } })),
  );
  await cluster.plane.kubectlOk(['create', '-f', '-'], {
    input: [own, ...others, ...everywhere].map((object) => JSON.stringify(object)).join('\n---\n'),
  });
});
after(async () => await cluster?.[Symbol.asyncDispose]());

/** '' where it is admitted. */
async function refusal(pod: Pod, namespace: string): Promise<string> {
  const input = JSON.stringify({ ...pod, metadata: { ...pod.metadata, namespace } });
  const { code, err } = await cluster.plane.kubectl(['create', '--dry-run=server', '-f', '-'], { input });
  assert.equal(code === 0, err === '', err);
  return err;
}

const pod = (name: string): Pod => pods.find(({ metadata }) => metadata.name === name)!;
const containersOf = ({ spec }: Pod): readonly Container[] => [...(spec.initContainers ?? []), ...spec.containers];

test('every pod is admitted in the namespace that the chart makes', async () => {
  assert.deepEqual(pods.map(({ metadata }) => metadata.name).toSorted(), [
    'ebb-node-agent',
    'ebb-operator',
    'ebb-test',
  ]);
  for (const each of pods) assert.equal(await refusal(each, 'ebb-system'), '', named(each));
});

test('images are those that npm run images makes, under a name that no runtime looks for elsewhere', () => {
  const images = pods.flatMap((each) => containersOf(each).map(({ image }) => image));
  assert.deepEqual([...new Set(images)].toSorted(), [
    `localhost/ebb/node-agent:${packageJson.version}`,
    `localhost/ebb/operator:${packageJson.version}`,
    `localhost/ebb/worker:${packageJson.version}`,
  ]);
});

test('every pod goes only where there are images for the machine', () => {
  for (const { spec, metadata } of pods)
    assert.match(
      JSON.stringify(spec['affinity']),
      /"kubernetes.io\/arch","operator":"In","values":\["amd64","arm64"\]/,
      metadata.name,
    );
});

test('the agent’s goes to no node that is no machine, where it would wait for ever', () => {
  const apart = '{"key":"eks.amazonaws.com/compute-type","operator":"NotIn","values":["fargate"]},';
  const affinity = JSON.stringify(pod('ebb-node-agent').spec['affinity']);
  assert.ok(affinity.includes(`${apart}{"key":"type","operator":"NotIn","values":["virtual-kubelet"]}`), affinity);
});

test('the operator is told which nodes the agents are kept to, in words that it understands', async () => {
  const argsOf = async (...set: readonly string[]) => {
    const rendered = podsOf(await cluster.render(set));
    const operator = rendered.find(({ metadata }) => metadata.name === 'ebb-operator')!;
    const agent = rendered.find(({ metadata }) => metadata.name === 'ebb-node-agent')!;
    const [, told] = /--agent-node-selector=([^"]*)"/.exec(JSON.stringify(containersOf(operator)[0]!.args)) ?? [];
    return [told, agent.spec['nodeSelector']] as const;
  };
  assert.deepEqual(await argsOf(), [undefined, undefined]);
  const [told, selector] = await argsOf('agent.nodeSelector.pool="on"', 'agent.nodeSelector.example\\.com/swap=""');
  const checked = checkConfig({ agentNodeSelector: told });
  assert.ok(checked.ok);
  assert.deepEqual(checked.config.agentNodeSelector, selector);
  assert.deepEqual(selector, { pool: 'on', 'example.com/swap': '' });
});

test('all but the agent’s are admitted where pods are restricted', async () => {
  for (const level of levels.slice(0, 2))
    for (const name of ['ebb-operator', 'ebb-test'])
      assert.equal(await refusal(pod(name), level), '', `${name} ${level}`);
});

test('the agent’s is refused by the baseline for the host’s PIDs, two folders and two capabilities, and for nothing else', async () => {
  const [, reasons] = /violates PodSecurity "baseline:latest": (.*)\n$/.exec(
    await refusal(pod('ebb-node-agent'), 'baseline'),
  )!;
  assert.equal(
    reasons,
    'non-default capabilities (container "worker" must not include "SYS_NICE", "SYS_PTRACE" in securityContext.capabilities.add), ' +
      'host namespaces (hostPID=true), hostPath volumes (volumes "cgroup", "state")',
  );
});

test('no container may gain a right, write to its root, or see more system calls than the runtime’s profile allows', () => {
  for (const each of pods) {
    assert.deepEqual((each.spec['securityContext'] as { seccompProfile: object }).seccompProfile, {
      type: 'RuntimeDefault',
    });
    for (const { name, securityContext } of containersOf(each)) {
      const { allowPrivilegeEscalation, privileged, readOnlyRootFilesystem, capabilities } = securityContext;
      assert.deepEqual(
        [allowPrivilegeEscalation, privileged, readOnlyRootFilesystem, capabilities.drop],
        [false, false, true, ['ALL']],
        name,
      );
    }
  }
});

test('only the worker holds capabilities; it and the step before it have uid 0, and no API token', () => {
  const all = pods.flatMap(containersOf).map(({ name, securityContext: { runAsUser, capabilities }, volumeMounts }) => [
    name,
    // The operator's user stands at its pod.
    runAsUser ?? 65532,
    (capabilities.add ?? []).join(),
    volumeMounts.some(({ mountPath }) => mountPath === '/var/run/secrets/kubernetes.io/serviceaccount'),
  ]);
  assert.deepEqual(all.toSorted(), [
    ['agent', agentUser, '', true],
    ['check', 65532, '', true],
    ['operator', 65532, '', true],
    ['state', 0, '', false],
    ['worker', 0, 'SYS_PTRACE,SYS_NICE', false],
  ]);
  for (const { spec } of pods) assert.equal(spec['automountServiceAccountToken'], false);
});

test('of the host two folders are seen: cgroups read-only, and the agent’s own', () => {
  const { spec } = pod('ebb-node-agent');
  const host = spec.volumes.filter(({ hostPath }) => hostPath !== undefined);
  assert.deepEqual(
    host.map(({ name, hostPath }) => [name, hostPath!.path]),
    [
      ['cgroup', '/sys/fs/cgroup'],
      ['state', '/var/lib/ebb'],
    ],
  );
  const mounts = containersOf(pod('ebb-node-agent')).flatMap(({ name, volumeMounts }) =>
    volumeMounts
      .filter((mount) => host.some((volume) => volume.name === mount.name))
      .map((mount) => `${name} ${mount.name}${mount.readOnly ? ' read-only' : ''}`),
  );
  assert.deepEqual(mounts, [...['state state', 'worker cgroup read-only', 'agent cgroup read-only', 'agent state']]);
  assert.equal(spec['hostPID'], true);
  for (const other of ['hostNetwork', 'hostIPC']) assert.equal(spec[other], undefined);
});

test('a value gives the worker one capability more, and another the right to write below /sys/fs/cgroup', async () => {
  const workerOf = async (...set: readonly string[]): Promise<Container> => {
    const rendered = podsOf(await cluster.render(set)).find(({ metadata }) => metadata.name === 'ebb-node-agent')!;
    return containersOf(rendered).find(({ name }) => name === 'worker')!;
  };
  const learns = await workerOf('agent.learnHotRanges=true');
  assert.deepEqual(learns.securityContext.capabilities.add, ['SYS_PTRACE', 'SYS_NICE', 'DAC_READ_SEARCH']);
  assert.ok(learns.args.includes('--dac-read-search'));
  const reclaims = await workerOf('agent.allowReclaim=true');
  assert.equal(reclaims.volumeMounts.find(({ name }) => name === 'cgroup')!.readOnly, undefined);
  assert.ok(reclaims.args.includes('--reclaim'));
  const plain = await workerOf();
  assert.ok(!/--dac-read-search|--reclaim/.test(plain.args.join()));
});

test('the pods of the operator never hold a node, and those of the agents are on every node', async () => {
  const budget = objects.find(({ kind }) => kind === 'PodDisruptionBudget')!['spec'] as Record<string, unknown>;
  assert.deepEqual([budget['maxUnavailable'], budget['unhealthyPodEvictionPolicy']], [1, 'AlwaysAllow']);
  const alone = await cluster.render(['operator.replicas=1']);
  assert.deepEqual(
    alone.filter(({ kind }) => kind === 'PodDisruptionBudget'),
    [],
    'with one replica it would hold its node',
  );
  assert.deepEqual(pod('ebb-node-agent').spec['tolerations'], [{ operator: 'Exists' }]);
});
