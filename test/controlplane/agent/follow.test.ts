/** The main job in a cluster: what the node's object says is done to real processes, and reported in its status. */
import assert from 'node:assert/strict';
import { release } from 'node:os';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '../../../api/node-status.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Agent } from '../../kernel/agent/agent.ts';
import { acquireSwap, type Swap } from '../../kernel/swap.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { installCRDs } from '../crds.ts';
import { TestNode } from './node.ts';
import { mib, policyUID, profile, TestPod } from './spec.ts';

let plane: ControlPlane;
let node: TestNode;
let swap: Swap;

before(async () => {
  plane = await startControlPlane();
  node = await TestNode.make(plane, 'n1');
  swap = await acquireSwap({ kind: 'zram', bytes: 512 * mib });
});
after(async () => {
  await swap?.release();
  await plane?.stop();
});

const isOut = ({ containers = [] }: NodeStatus): boolean => containers.some(({ state }) => state === 'PagedOut');
const conditionsOf = ({ conditions = [] }: NodeStatus): string[] =>
  conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
const pagedOut = (agent: Agent, pod: TestPod) =>
  agent.container(pod.cgroup.path, ({ state, reason }) => state === 'PagedOut' && reason === 'LadderDone');

test('the object leads to a page-out and a report, a restart keeps the sums, and what woke is intact', async () => {
  await using pod = await TestPod.start();
  const sum = await pod.target.checksum(pod.region);
  const reclaimed: number[] = [];
  for (const round of ['first', 'second']) {
    await using agent = node.startAgent();
    if (round === 'first') {
      await agent.until(({ agent: { held } }) => held === 'NoSpec');
      await node.advise({ profiles: [profile()], pods: [pod.entry()] });
    }
    const out = await pagedOut(agent, pod);
    assert.equal(out.policy, 'shop/idle');
    const status = await node.reports(isOut, 20_000);
    checkReport(status, pod, (await node.object()).metadata.generation);
    await pod.target.startSpin();
    const woke = await agent.line('Advised container', (line) => line['advice'] === 'WillNeed');
    if (round === 'first') assert.ok((woke['advisedBytes'] as number) >= 60 * mib, JSON.stringify(woke));
    await pod.target.stop('spin');
    assert.equal(await pod.target.checksum(pod.region), sum);
    agent.child.kill('SIGTERM');
    assert.equal((await agent.ended).code, 0);
    reclaimed.push((await node.object()).status?.policies?.[0]?.reclaimedBytesTotal ?? 0);
  }
  assert.ok(reclaimed[0]! > 0 && reclaimed[1]! > reclaimed[0]!, String(reclaimed));
  await node.withdraw();
});

function checkReport(status: NodeStatus, pod: TestPod, generation: number): void {
  assert.equal(status.observedGeneration, generation);
  assert.deepEqual(conditionsOf(status), ['Ready=True Following', 'SwapAvailable=True SwapPresent']);
  const [container] = status.containers ?? [];
  assert.deepEqual([container?.podUID, container?.name, container?.lastAdvice], [pod.uid, 'web', 'PageOut']);
  assert.ok((container?.swapBytes ?? 0) >= 60 * mib, JSON.stringify(container));
  assert.deepEqual(
    status.policies?.map(({ uid, containers, reason }) => [uid, containers, reason]),
    [[policyUID, 1, undefined]],
  );
  assert.equal(status.omittedContainers, 0);
  const { supportedAdvice = [], ...agent } = status.agent ?? {};
  assert.deepEqual(agent, {
    version: packageJson.version,
    kernelRelease: release(),
    cgroupVersion: pod.cgroup.version,
  });
  for (const advice of ['Cold', 'PageOut', 'WillNeed']) assert.ok(supportedAdvice.includes(advice), advice);
  assert.equal(status.node?.swapKind, 'Zram');
  assert.ok((status.node?.swapTotalBytes ?? 0) > 500 * mib);
}

test('an object for another Node of that name is not followed until our token says that we are it, and none when it is deleted', async () => {
  await using pod = await TestPod.start();
  await using agent = node.startAgent();
  await node.registerAnew();
  const slow = profile({
    steps: [{ advice: 'PageOut', afterIdleSeconds: 0, ranges: 'KeepHot' }],
    limits: { ...profile().limits, maxBytesPerSecond: 4 * mib },
  });
  await node.advise({ profiles: [slow], pods: [pod.entry()] });
  const wrong = await node.reports(({ conditions = [] }) => conditions.length > 0);
  assert.match(conditionsOf(wrong)[0]!, /^Ready=False WrongNode$/);
  assert.equal(await pod.swapped(), 0);
  node.renewToken(agent);
  await agent.container(pod.cgroup.path, ({ passRunning, swapBytes }) => passRunning === 'PageOut' && swapBytes > mib);
  const asked = performance.now();
  await node.withdraw();
  const cut = await agent.line('Advised container', ({ advice }) => advice === 'PageOut');
  assert.equal(cut['reason'], 'NoSpec');
  assert.ok(performance.now() - asked < 10_000);
  const left = await agent.container(pod.cgroup.path, ({ passRunning }) => passRunning === null);
  assert.deepEqual([left.policy, left.reason], [null, 'NoPolicy']);
  assert.ok((await pod.swapped()) < 60 * mib);
});

/** As an older CRD, or one of another version, would let it through. */
async function dropSchema(): Promise<void> {
  const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec';
  const value = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const patch = JSON.stringify([{ op: 'replace', path, value }]);
  await plane.kubectlOk(['patch', 'crd', 'nodememoryadvices.ebb.dev', '--type=json', '-p', patch]);
}

test('a profile with a field the agent does not know is refused whole, the others go on; garbage keeps the last spec', async () => {
  await dropSchema();
  await using known = await TestPod.start();
  await using unknown = await TestPod.start();
  await using agent = node.startAgent();
  const newer = { ...profile({ hibernate: true }, 'shop/newer'), sources: [{ ...profile().sources[0], uid: 'newer' }] };
  const pods = [known.entry(), unknown.entry({}, 'shop/newer')];
  await untilStored(() => node.advise({ profiles: [profile(), newer], pods }));
  await pagedOut(agent, known);
  const status = await node.reports(isOut);
  assert.deepEqual(
    status.policies?.map(({ uid, reason }) => [uid, reason]),
    [
      [policyUID, undefined],
      ['newer', 'Unsupported'],
    ],
  );
  const skipped = status.containers?.find(({ podUID }) => podUID === unknown.uid);
  assert.deepEqual([skipped?.state, skipped?.reason], ['Skipped', 'Unsupported']);
  assert.equal(await unknown.swapped(), 0);
  const { generation } = (await node.object()).metadata;
  await node.advise({ profiles: 7, pods: 'all', paused: { reasons: ['NodeDraining'] } });
  const kept = await node.reports((one) => conditionsOf(one)[0] === 'Ready=False MalformedSpec');
  assert.equal(kept.observedGeneration, generation);
  assert.match(kept.conditions?.[0]?.message ?? '', /profiles: 7 is not a list of 0 to 64 profiles/);
  const still = await agent.container(known.cgroup.path, () => true);
  assert.equal(still.policy, 'shop/idle');
  assert.equal((await agent.state()).agent.held, 'NodeDraining');
  agent.child.kill('SIGTERM');
  assert.equal((await agent.ended).code, 0);
  await restartsOnGarbage(known);
});

/** The last report is all that the next agent knows of what is out: one that can follow nothing yet leaves it as it is. */
async function restartsOnGarbage(pod: TestPod): Promise<void> {
  const { containers } = (await node.object()).status!;
  await using _agent = node.startAgent();
  const told = await node.reports(({ observedGeneration }) => observedGeneration === undefined, 20_000);
  assert.deepEqual([conditionsOf(told)[0], told.containers], ['Ready=False MalformedSpec', containers]);
  const observing = profile({ idle: { ...profile().idle, minPodAgeSeconds: 86_400 } });
  await node.advise({ profiles: [observing], pods: [pod.entry()] });
  const good = await node.reports(({ observedGeneration }) => observedGeneration !== undefined, 20_000);
  const outSince = (all: NodeStatus['containers']) =>
    all
      ?.filter(({ podUID }) => podUID === pod.uid)
      .map(({ state, since, lastAdvice, lastAdviceTime }) => [state, since, lastAdvice, lastAdviceTime]);
  assert.deepEqual(outSince(good.containers), outSince(containers));
  assert.equal(outSince(good.containers)?.length, 1);
}

test('a CRD that is taken away means that nothing is done, and one that comes back is followed', async () => {
  await plane.kubectlOk(['delete', 'crd', 'nodememoryadvices.ebb.dev', '--ignore-not-found']);
  await using pod = await TestPod.start();
  await using agent = node.startAgent();
  await agent.line('Failed to watch', ({ code }) => code === 'NotFound');
  assert.equal((await agent.state()).agent.held, 'NoSpec');
  await installCRDs(plane);
  await untilDone(() => node.advise({ profiles: [profile()], pods: [pod.entry()] }));
  await pagedOut(agent, pod);
});

async function untilDone(act: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const done = await act().then(
      () => true,
      () => false,
    );
    if (done) return;
    await sleep(100);
  }
  assert.fail('the API server goes on refusing it');
}

/** The server goes by the new schema a moment after it took it: until then it drops what it does not know. */
async function untilStored(write: () => Promise<void>): Promise<void> {
  await untilDone(async () => {
    await write();
    assert.match(JSON.stringify(await node.object()), /"hibernate":true/);
  });
}
