/** What holds an agent back: a paused node, the switch, an API server that is away. */
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '../../../api/node-status.ts';
import type { Reason } from '../../../api/reasons.ts';
import type { Agent } from '../../kernel/agent/agent.ts';
import { acquireSwap, type Swap } from '../../kernel/swap.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { TestNode } from './node.ts';
import { mib, profile, TestPod } from './spec.ts';

let swap: Swap;

before(async () => {
  swap = await acquireSwap({ kind: 'zram', bytes: 512 * mib });
});
after(() => swap?.release());

const slow = profile({
  steps: [{ advice: 'PageOut', afterIdleSeconds: 0, ranges: 'KeepHot' }],
  limits: { ...profile().limits, maxBytesPerSecond: 8 * mib },
});
const held = (agent: Agent, reason: Reason | null, withinMillis = 10_000) =>
  agent.until((state) => state.agent.held === reason, withinMillis);
const readyIs = (node: TestNode, text: string) =>
  node.reports(
    ({ conditions = [] }) => conditions[0] !== undefined && `${conditions[0].status} ${conditions[0].reason}` === text,
    10_000,
  );

/** What a restart must not change. */
const outSince = ({ containers: [one] = [] }: NodeStatus) => [
  one?.state,
  one?.since,
  one?.lastAdvice,
  one?.lastAdviceTime,
];

/** A pass that pages out is under way and has a long way to go. */
const underWay = (agent: Agent, pod: TestPod) =>
  agent.container(pod.cgroup.path, ({ passRunning, swapBytes }) => passRunning === 'PageOut' && swapBytes > mib);

/** A minute without an API server is long: the others run meanwhile, on another one. */
describe('what holds an agent back', { concurrency: true }, () => {
  describe('while the API server is there', { concurrency: false }, () => {
    let plane: ControlPlane;
    let node: TestNode;
    before(async () => {
      plane = await startControlPlane();
      node = await TestNode.make(plane, 'n2');
    });
    after(() => plane?.stop());

    test('a pause ends a page-out between two chunks, and who wakes gets its memory back all the same', async () => {
      await using pod = await TestPod.start(128 * mib);
      await using agent = node.startAgent();
      const spec = { profiles: [slow], pods: [pod.entry()] };
      await node.advise(spec);
      await underWay(agent, pod);
      await node.advise({ ...spec, paused: { reasons: ['NodeDraining'] } });
      const cut = await agent.line('Advised container', ({ advice }) => advice === 'PageOut', 10_000);
      assert.equal(cut['reason'], 'NodeDraining');
      await agent.container(pod.cgroup.path, ({ reason }) => reason === 'NodeDraining');
      await pod.target.startSpin();
      await agent.line('Advised container', ({ advice }) => advice === 'WillNeed');
      await pod.target.stop('spin');
      await node.withdraw();
    });

    test('the switch is obeyed within 10 s: Observe, Stop, Run, and Restore brings back what was paged out', async () => {
      await using pod = await TestPod.start(128 * mib);
      const sum = await pod.target.checksum(pod.region);
      await using agent = node.startAgent();
      await node.advise({ profiles: [slow], pods: [pod.entry()] });
      await underWay(agent, pod);
      await node.turnSwitch('Observe');
      const cut = await agent.line('Advised container', ({ advice }) => advice === 'PageOut', 10_000);
      assert.equal(cut['reason'], 'SwitchObserve');
      await agent.line('Would advise container', ({ advice }) => advice === 'PageOut');
      const before = await pod.swapped();
      await node.turnSwitch('Stop');
      await held(agent, 'SwitchStop');
      await readyIs(node, 'False SwitchStop');
      await sleep(1500);
      assert.equal(await pod.swapped(), before);
      await node.turnSwitch('halt!');
      await held(agent, 'SwitchUnknown');
      await node.advise({ profiles: [profile()], pods: [pod.entry()] });
      await node.turnSwitch(null);
      await held(agent, null);
      await agent.container(pod.cgroup.path, ({ reason }) => reason === 'LadderDone');
      assert.ok((await pod.swapped()) >= 120 * mib);
      await node.turnSwitch('Restore');
      await held(agent, 'SwitchRestore');
      const back = await agent.line('Advised container', ({ advice }) => advice === 'WillNeed');
      assert.ok((back['advisedBytes'] as number) >= 120 * mib, JSON.stringify(back));
      await readyIs(node, 'False Restored');
      await agent.line('Restored memory', ({ reason }) => reason === 'Restored');
      assert.equal(await pod.target.checksum(pod.region), sum);
      assert.equal(await pod.swapped(), 0);
      await sleep(1500);
      assert.equal(await pod.swapped(), 0);
      await node.turnSwitch(null);
      await node.withdraw();
    });

    test('what an agent before this one paged out is told on, and Restore brings it back, though the spec has changed since', async () => {
      await using pod = await TestPod.start();
      const pods = [pod.entry()];
      const first = node.startAgent();
      let before: NodeStatus;
      try {
        await node.advise({ profiles: [profile()], pods });
        await first.container(pod.cgroup.path, ({ reason }) => reason === 'LadderDone');
        before = await node.reports(({ containers: [one] = [] }) => one?.lastAdvice === 'PageOut', 20_000);
      } finally {
        await first[Symbol.asyncDispose]();
      }
      await using agent = node.startAgent();
      for (const minPodAgeSeconds of [80_000, 86_400]) {
        await node.advise({ profiles: [profile({ idle: { ...profile().idle, minPodAgeSeconds } })], pods });
        const { generation } = (await node.object()).metadata;
        const now = await node.reports(({ observedGeneration }) => observedGeneration === generation, 20_000);
        assert.deepEqual(outSince(now), outSince(before));
        assert.equal(now.containers![0]!.reason, 'TooYoung');
      }
      assert.ok((await pod.swapped()) >= 60 * mib);
      await node.turnSwitch('Restore');
      const back = await agent.line('Advised container', ({ advice }) => advice === 'WillNeed', 20_000);
      assert.ok((back['advisedBytes'] as number) >= 60 * mib, JSON.stringify(back));
      await readyIs(node, 'False Restored');
      await node.turnSwitch(null);
      await node.withdraw();
    });

    test('Restore brings back what no policy means any more: Ready says so until it is back', async () => {
      await using pod = await TestPod.start();
      await using agent = node.startAgent();
      await node.advise({ profiles: [profile()], pods: [pod.entry()] });
      await agent.container(pod.cgroup.path, ({ reason }) => reason === 'LadderDone');
      assert.ok((await pod.swapped()) >= 60 * mib);
      await node.advise({ profiles: [], pods: [] });
      await agent.container(pod.cgroup.path, ({ reason }) => reason === 'NoPolicy');
      await node.turnSwitch('Restore');
      const { conditions } = await node.reports(
        ({ conditions: [one] = [] }) => one?.reason === 'SwitchRestore',
        10_000,
      );
      assert.equal(conditions![0]!.message, '1 container is still to be brought back');
      const back = await agent.line('Advised container', ({ advice }) => advice === 'WillNeed');
      assert.ok((back['advisedBytes'] as number) >= 60 * mib, JSON.stringify(back));
      await readyIs(node, 'False Restored');
      await node.turnSwitch(null);
      await agent.container(pod.cgroup.path, ({ reason, policy }) => reason === 'NoPolicy' && policy === null);
      await node.withdraw();
    });
  });

  test('without the API server the last spec holds for a minute, then it is only observed; a new agent does nothing', async () => {
    await using plane = await startControlPlane();
    const node = await TestNode.make(plane, 'n3');
    await using pod = await TestPod.start();
    await using agent = node.startAgent('--stale-spec-seconds', '60');
    await node.advise({ profiles: [profile()], pods: [pod.entry()] });
    await held(agent, null);
    await plane.stopApiServer();
    const stopped = performance.now();
    await agent.container(pod.cgroup.path, ({ reason }) => reason === 'LadderDone');
    assert.ok((await pod.swapped()) >= 60 * mib);
    await using second = node.startAgent();
    await held(second, 'NoSpec');
    await held(agent, 'SpecStale', 90_000);
    const seconds = (performance.now() - stopped) / 1000;
    assert.ok(seconds > 28 && seconds < 70, `${seconds} s`);
    await agent.container(pod.cgroup.path, ({ mode }) => mode === 'DryRun', 10_000);
    assert.equal((await agent.outside('/healthz')).status, 200);
    await plane.startApiServer();
    await held(agent, null, 60_000);
    assert.match(
      (await agent.outside('/metrics')).body,
      /^ebb_watch_failures_total\{resource="nodememoryadvices",code="\w+"\} [1-9]/m,
    );
  });
});
