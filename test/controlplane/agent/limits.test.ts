/** What the node's object lets a namespace have in swap and a day write, on the real kernel, as the status says it. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { ContainerStatus, NodeStatus } from '../../../api/node-status.ts';
import type { Reason } from '../../../api/reasons.ts';
import { acquireSwap, type Swap } from '../../kernel/swap.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { TestNode } from './node.ts';
import { mib, profile, TestPod } from './spec.ts';

let plane: ControlPlane;
let node: TestNode;
let swap: Swap;

before(async () => {
  plane = await startControlPlane();
  node = await TestNode.make(plane, 'n4');
  swap = await acquireSwap({ kind: 'zram', bytes: 512 * mib });
});
after(async () => {
  await swap?.release();
  await plane?.stop();
});

const spec = (limits: object, ...pods: TestPod[]) => ({
  profiles: [profile({ steps: [{ advice: 'PageOut', afterIdleSeconds: 0, ranges: 'KeepHot' }] })],
  pods: pods.map((pod) => pod.entry()),
  limits,
});
const statusOf = ({ containers = [] }: NodeStatus, pod: TestPod): ContainerStatus | undefined =>
  containers.find(({ podUID }) => podUID === pod.uid);

/** What the status says of this pod, once it is held back for this reason. */
async function heldBack(pod: TestPod, reason: Reason): Promise<ContainerStatus> {
  const status = await node.reports((one) => statusOf(one, pod)?.reason === reason, 20_000);
  return statusOf(status, pod)!;
}

test('a namespace has no more in swap than it may, and the container that comes second is told so', async () => {
  await using first = await TestPod.start();
  await using second = await TestPod.start();
  await using agent = node.startAgent();
  const limits = (bytes: number) => ({ namespaces: [{ name: 'shop', maxSwappedBytes: bytes }] });
  await node.advise(spec(limits(80 * mib), first));
  await agent.container(first.cgroup.path, ({ reason }) => reason === 'LadderDone');
  const whole = await first.swapped();
  assert.ok(whole >= 60 * mib, `${whole} in swap`);
  await node.advise(spec(limits(80 * mib), first, second));
  const told = await heldBack(second, 'NamespaceSwapLimited');
  assert.equal(told.state, 'PagedOut');
  const { signal, allowed, observed } = told.blocker!;
  assert.deepEqual([signal, allowed], ['namespaceSwapBytes', 80 * mib]);
  assert.ok(observed > 78 * mib && observed <= 80 * mib, String(observed));
  const part = await second.swapped();
  assert.ok(part >= 10 * mib && whole + part <= 80 * mib, `${whole} and ${part} in swap`);
  assert.ok((told.peakResidentBytes ?? 0) >= 64 * mib, JSON.stringify(told));
  await node.advise(spec(limits(512 * mib), first, second));
  await agent.container(second.cgroup.path, ({ reason }) => reason === 'LadderDone');
  assert.ok((await second.swapped()) >= 60 * mib);
  await node.withdraw();
});

test('what a day may write is not written twice, not by two passes at once and not after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-limits-'));
  // The agent gets there as the user that it becomes.
  chmodSync(folder, 0o755);
  const keep = ['--state-dir', join(folder, 'state')];
  try {
    await using first = await TestPod.start();
    await using second = await TestPod.start();
    const both = async () => (await first.swapped()) + (await second.swapped());
    const limited = spec({ maxSwapWriteBytesPerDay: 48 * mib }, first, second);
    {
      await using agent = node.startAgent(...keep);
      await node.advise(limited);
      for (const pod of [first, second]) {
        const { blocker } = await heldBack(pod, 'SwapWriteLimited');
        assert.deepEqual([blocker?.signal, blocker?.allowed], ['swapWriteBytesPerDay', 48 * mib]);
      }
      agent.child.kill('SIGTERM');
      assert.equal((await agent.ended).code, 0);
    }
    const written = await both();
    assert.ok(written >= 44 * mib && written <= 48 * mib, `${written} written`);
    await using again = node.startAgent(...keep);
    for (const { cgroup } of [first, second])
      await again.container(cgroup.path, ({ reason }) => reason === 'SwapWriteLimited');
    assert.equal(await both(), written);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
