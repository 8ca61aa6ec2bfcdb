/**
 * Ebb where the kubelet gives swap as LimitedSwap does: a share to Burstable containers, none to all others. The real kubelet
 * on pure cgroup v2 (in the emulated guest) runs the agent's pod of the chart; the operator is a process outside, with the
 * rights that the chart gives it.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerStatus } from '../../../api/node-status.ts';
import { Installed, ownNamespace } from '../../controlplane/access/installed.ts';
import { OperatorProcess } from '../../controlplane/operator/operator-process.ts';
import { agentPod, LimitedSwapNode, targetImage } from './node.ts';

const MiB = 2 ** 20;
const requestBytes = 128 * MiB;
/** What a page-out never asks for less than. */
const leastBytes = MiB;
const patienceMillis = 240_000;

let guest: LimitedSwapNode;
let operator: OperatorProcess;

function pod(name: string, app: string, resources: object) {
  const words = ['--listen', `ebb-test-${name}`, '-c', 'anon 64M 7'];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app } },
    spec: {
      nodeName: 'guest',
      hostNetwork: true,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'app', image: targetImage, imagePullPolicy: 'Never', args: words, resources }],
    },
  };
}

/** A limit of less CPU would hold up an emulated container's start for minutes. */
const memory = (bytes: number) => ({ memory: String(bytes), cpu: '300m' });

function policy(name: string, mode: 'DryRun' | 'Enforce', app: string) {
  return {
    apiVersion: 'ebb.dev/v1alpha1',
    kind: 'MemoryAdvicePolicy',
    metadata: { name, namespace: 'shop' },
    spec: {
      mode,
      podSelector: { matchLabels: { app } },
      qosClasses: ['Guaranteed', 'Burstable', 'BestEffort'],
      idle: { windowSeconds: 5, maxCPUMillicores: 200, minPodAgeSeconds: 0 },
      steps: [{ advice: 'PageOut', afterIdleSeconds: 0, ranges: 'All' }],
      limits: { maxBytesPerSecond: '1Gi', cooldownSeconds: 0 },
      guards: { pressure: [], minGainBytes: '1Mi' },
    },
  };
}

before(async () => {
  const requests = memory(requestBytes);
  guest = await LimitedSwapNode.start([pod('static', 'limited', { requests })]);
  const { node, plane } = guest;
  const namespace = { name: 'shop', labels: { 'ebb.dev/allow': 'enforce' } };
  operator = new OperatorProcess(await new Installed(plane).operator());
  await node.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: namespace },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } },
    pod('burstable', 'limited', { requests }),
    pod('guaranteed', 'others', { requests, limits: requests }),
    pod('besteffort', 'others', {}),
    policy('limited', 'DryRun', 'limited'),
    policy('others', 'Enforce', 'others'),
  );
  await running(['burstable', 'guaranteed', 'besteffort', 'static-guest']);
});

after(async () => {
  await operator?.[Symbol.asyncDispose]();
  await guest?.[Symbol.asyncDispose]();
});

const kubectl = (...words: readonly string[]): Promise<string> => guest.plane.kubectlOk(words);

async function running(names: readonly string[]): Promise<void> {
  const end = performance.now() + patienceMillis;
  for (let there: string[] = []; names.some((name) => !there.includes(name)); await sleep(500)) {
    guest.check();
    const path = 'jsonpath={range .items[?(@.status.phase=="Running")]}{.metadata.name} {end}';
    there = (await kubectl('get', 'pods', '-n', 'shop', '-o', path)).trim().split(' ');
    if (performance.now() > end) assert.fail(await kubectl('describe', 'pods', '-n', 'shop'));
  }
}

const uids = new Map<string, string>();

async function uidOf(name: string): Promise<string> {
  const known = uids.get(name) ?? (await kubectl('get', 'pod', name, '-n', 'shop', '-o', 'jsonpath={.metadata.uid}'));
  uids.set(name, known);
  return known;
}

/** What the node's object says of its container, once it fits. */
async function reported(name: string, fits: (one: ContainerStatus) => boolean): Promise<ContainerStatus> {
  const uid = await uidOf(name);
  const find = (all: readonly ContainerStatus[] = []) => all.find(({ podUID }) => podUID === uid);
  const status = await guest.node.reports(({ containers }) => {
    const one = find(containers);
    return one !== undefined && fits(one);
  }, patienceMillis);
  return find(status.containers)!;
}

/** Of the container, as the kernel has it: the same ID that the API server tells. */
async function cgroupFile(name: string, qos: string, file: string, knownAs?: string): Promise<string> {
  const uid = knownAs ?? (await uidOf(name));
  const path = 'jsonpath={.status.containerStatuses[0].containerID}';
  const id = idOf(await kubectl('get', 'pod', name, '-n', 'shop', '-o', path));
  const [text] = guest.swap(`kubepods${qos}/pod${uid}/${id}/${file}`);
  assert.ok(text !== undefined, `no ${file} of ${name}`);
  return text;
}

const idOf = (containerID: string): string => containerID.replace(/^.*\/\//, '');

const burstable = async (file: string) => Number(await cgroupFile('burstable', '/burstable', file));

/** What the kubelet says the node has, in bytes. */
async function ofNode(what: 'memory' | 'swap'): Promise<number> {
  const { capacity, nodeInfo } = JSON.parse(await kubectl('get', 'node', 'guest', '-o', 'json')).status;
  return what === 'swap' ? nodeInfo.swap.capacity : Number.parseInt(capacity.memory, 10) * 1024;
}

/** The line of one policy in `kubectl get madv`, once it fits. */
async function line(name: string, fits: RegExp): Promise<string> {
  const end = performance.now() + patienceMillis;
  for (;;) {
    const table = await kubectl('get', 'madv', '-n', 'shop');
    const found = table.split('\n').find((one) => one.startsWith(`${name} `)) ?? '';
    if (fits.test(found)) return found;
    if (performance.now() > end) assert.fail(table);
    await sleep(1000);
  }
}

interface ContainerOf {
  readonly name: string;
  readonly ready: boolean;
  readonly containerID: string;
}

interface AgentPod {
  readonly metadata: { readonly uid: string };
  readonly status: {
    readonly initContainerStatuses?: readonly ContainerOf[];
    readonly containerStatuses?: readonly ContainerOf[];
  };
}

/** The cgroups of its containers by their names, once worker and agent are ready. */
async function agentContainers(): Promise<ReadonlyMap<string, string>> {
  for (const end = performance.now() + patienceMillis; ; await sleep(500)) {
    guest.check();
    const words = ['get', 'pod', agentPod, '-n', ownNamespace, '-o', 'json'];
    const { metadata, status } = JSON.parse(await kubectl(...words)) as AgentPod;
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const ready = new Map(all.filter((one) => one.ready).map((one) => [one.name, idOf(one.containerID)]));
    const cgroup = (id: string) => `kubepods/burstable/pod${metadata.uid}/${id}`;
    if (ready.has('worker') && ready.has('agent'))
      return new Map([...ready].map(([name, id]) => [name, cgroup(id)] as const));
    assert.ok(performance.now() < end, JSON.stringify(status));
  }
}

test('the agent and its worker run in the pod of the chart: its users, rights and filters, cgroup namespaces of their own', async () => {
  const containers = await agentContainers();
  const processes = await guest.processes();
  for (const [name, user, capabilities] of [
    // 1 << SYS_PTRACE | 1 << SYS_NICE
    ['worker', 0, '880000'],
    ['agent', 60932, '0'],
  ] as const) {
    const lines = (file: string) => processes(`${containers.get(name)}/${file}`);
    const status = new Map(lines('status').map((line) => line.split(/:\s*/, 2) as [string, string]));
    const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((set) =>
      status.get(set)?.replace(/^0+(?=.)/, ''),
    );
    assert.deepEqual(sets, ['0', capabilities, capabilities, capabilities, '0'], name);
    assert.equal(status.get('Uid'), [user, user, user, user].join('\t'));
    assert.deepEqual([status.get('NoNewPrivs'), status.get('Seccomp')], ['1', '2']);
    assert.deepEqual(lines('cgroup-namespace'), ['own']);
    const trees = lines('mountinfo').filter((line) => line.includes(' - cgroup2 '));
    assert.ok(trees.length > 0 && trees.every((line) => line.split(' ')[5]!.startsWith('ro,')), trees.join('\n'));
  }
});

test('the kubelet gives a Burstable container its share of the swap, and no other container any', async () => {
  const share = (requestBytes / (await ofNode('memory'))) * (await ofNode('swap'));
  const limit = await burstable('memory.swap.max');
  assert.ok(limit % 4096 === 0 && Math.abs(limit - share) < 2 * 4096, `${limit} is not ${share}`);
  assert.equal(await cgroupFile('guaranteed', '', 'memory.swap.max'), '0');
  assert.equal(await cgroupFile('besteffort', '/besteffort', 'memory.swap.max'), '0');
  const mirrored = 'jsonpath={.metadata.annotations.kubernetes\\.io/config\\.mirror}';
  const uid = await kubectl('get', 'pod', 'static-guest', '-n', 'shop', '-o', mirrored);
  assert.equal(await cgroupFile('static-guest', '/burstable', 'memory.swap.max', uid), '0', 'a static pod is critical');
});

test('Guaranteed and BestEffort containers are Skipped(SwapForbidden), and their policy says so', async () => {
  for (const name of ['guaranteed', 'besteffort']) {
    const { state, reason, swapLimitBytes } = await reported(name, (one) => one.reason === 'SwapForbidden');
    assert.deepEqual(
      { state, reason, swapLimitBytes },
      { state: 'Skipped', reason: 'SwapForbidden', swapLimitBytes: 0 },
    );
  }
  await line('others', /^others +Enforce +SwapForbidden +2 +2 +0 +0 /);
});

test('a static pod is critical: no policy that excludes those takes it', async () => {
  const path = 'jsonpath={.status.matchedPods} {.status.conditions[?(@.type=="Accepted")].message}';
  const end = performance.now() + patienceMillis;
  for (let said = ''; !/^1 .*CriticalPod for 1 of its pods/.test(said); await sleep(1000)) {
    said = await kubectl('get', 'madv', 'limited', '-n', 'shop', '-o', path);
    assert.ok(performance.now() < end, said);
  }
});

test('before: DryRun says how far the Burstable container could go, and touches nothing', async () => {
  const limit = await burstable('memory.swap.max');
  const {
    swapLimitBytes,
    wouldReclaimBytes,
    swapBytes: swapped,
  } = await reported('burstable', (one) => (one.wouldReclaimBytes ?? 0) > 0 && one.reason === 'SwapLimited');
  assert.equal(swapLimitBytes, limit);
  assert.ok(
    wouldReclaimBytes! <= limit && wouldReclaimBytes! > limit - 2 * leastBytes,
    `${wouldReclaimBytes} of ${limit}`,
  );
  assert.equal(swapped, 0);
  assert.equal(await burstable('memory.swap.current'), 0);
  await line('limited', /^limited +DryRun +DryRun +1 +1 +0 +3[1-4](\.\d)?Mi /);
});

test('after: Enforce goes exactly as far as memory.swap.max allows, and says that this ended it', async () => {
  const limit = await burstable('memory.swap.max');
  await kubectl('patch', 'madv', 'limited', '-n', 'shop', '--type=merge', '-p', '{"spec":{"mode":"Enforce"}}');
  const { state, blocker } = await reported(
    'burstable',
    (one) => one.reason === 'SwapLimited' && (one.swapBytes ?? 0) > limit - leastBytes,
  );
  const end = performance.now() + patienceMillis;
  let swapped = 0;
  while (performance.now() < end && swapped <= limit - leastBytes) {
    swapped = await burstable('memory.swap.current');
    await sleep(500);
  }
  assert.ok(swapped <= limit && swapped > limit - leastBytes, `${swapped} of ${limit} are in swap`);
  // Skipped where it was awake since: on an emulated CPU that takes little.
  assert.match(state, /^(PagedOut|Backoff|Skipped)$/);
  assert.equal(blocker?.signal, 'memory.swap.max.room');
  await line('limited', /^limited +Enforce +Enforce +1 +1 +[1-9][\d.]*Mi +0 /);
  for (const [name, qos] of [
    ['guaranteed', ''],
    ['besteffort', '/besteffort'],
  ] as const)
    assert.equal(await cgroupFile(name, qos, 'memory.swap.current'), '0', name);
});
