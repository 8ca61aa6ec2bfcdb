/**
 * The whole path on containers that containerd and runc made: the installed agent finds the idle one, proves its
 * processes, pages it out, leaves the others alone, and brings it back whole when it wakes.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { withSwap } from '../kernel/swap.ts';
import type { Region } from '../targets/driver.ts';
import { type Containerd, type RunningContainer, startContainerd } from './containerd.ts';
import { eagerPolicy } from './eager-policy.ts';
import { ebbJson, startInstalledAgent } from './installed.ts';

const MiB = 1024 * 1024;
/** The region that a container's first command made. */
const first: Region = { id: 0, start: 0, end: 0 };

const policy = eagerPolicy('whole-path');

async function startPods(runtime: Containerd) {
  const idle = await runtime.runPod({
    name: 'idle',
    uid: 'aaaaaaaa-2222-4333-8444-555555555555',
    qos: 'Burstable',
    containers: [
      { name: 'app', commands: ['anon 64M 7'] },
      { name: 'busy', commands: ['anon 32M 8', 'spin'] },
    ],
  });
  const precious = await runtime.runPod({
    name: 'precious',
    uid: 'bbbbbbbb-2222-4333-8444-555555555555',
    qos: 'Guaranteed',
    containers: [{ name: 'db', commands: ['anon 32M 9'] }],
  });
  return { app: idle.containers[0]!, busy: idle.containers[1]!, db: precious.containers[0]! };
}

async function residentBytes(container: RunningContainer): Promise<number> {
  const { target, close } = await container.connect();
  const { presentBytes } = await target.pages(first);
  close();
  return presentBytes;
}

async function checkPassed(containers: Awaited<ReturnType<typeof startPods>>, cgroupRoot: string): Promise<void> {
  const { app, busy, db } = containers;
  const agent = startInstalledAgent(cgroupRoot, policy);
  try {
    const out = await agent.until(app.id, (state) => state.state === 'PagedOut' && state.passRunning === null);
    assert.ok(out.ledger.unmappedBytes >= 60 * MiB, `${out.ledger.unmappedBytes} bytes left it`);
    assert.ok((await residentBytes(app)) <= 4 * MiB);

    // On a loaded machine its window may begin anew.
    const active = await agent.until(busy.id, (state) => state.reason === 'NotIdle');
    assert.equal(active.state, 'Active');
    assert.equal(await residentBytes(busy), 32 * MiB);

    const untouched = await agent.why(db.id);
    assert.equal(untouched.lastAdvice, null, 'a Guaranteed pod only where the policy says so');
    assert.equal(await residentBytes(db), 32 * MiB);

    const { target, close } = await app.connect();
    await target.startSpin();
    await agent.until(app.id, (state) => state.lastAdvice?.advice === 'WillNeed');
    await target.stop('spin');
    assert.equal(await target.brokenPages(first), 0);
    close();
  } finally {
    const { code, millis } = await agent.end();
    assert.equal(code, 0);
    assert.ok(millis < 2000, `SIGTERM ended it after ${millis} ms`);
  }
}

test('an idle container goes out and comes back, a busy and a Guaranteed one stay', async () => {
  await withSwap({ kind: 'zram', bytes: 512 * MiB }, async () => {
    const runtime = await startContainerd();
    try {
      await checkPassed(await startPods(runtime), runtime.cgroupRoot);
    } finally {
      await runtime.stop();
    }
  });
});

interface Advised {
  readonly processes: readonly { readonly containerPid: number; readonly reclaimedBytes: number }[];
}

test('ebb advise pages out the one container that is named, in a pod that shares its PID namespace', async () => {
  await withSwap({ kind: 'zram', bytes: 512 * MiB }, async () => {
    const runtime = await startContainerd();
    try {
      const pod = await runtime.runPod({
        name: 'pair',
        uid: 'cccccccc-2222-4333-8444-555555555555',
        qos: 'BestEffort',
        sharedPid: true,
        containers: [
          { name: 'one', commands: ['anon 32M 1'] },
          { name: 'two', commands: ['anon 32M 2'] },
        ],
      });
      const [one, two] = pod.containers as [RunningContainer, RunningContainer];
      await residentBytes(one);
      assert.equal(await residentBytes(two), 32 * MiB);
      const { processes } = await ebbJson<Advised>('advise', '--container', one.id, '--advice', 'pageout');
      const reclaimed = processes.reduce((sum, { reclaimedBytes }) => sum + reclaimedBytes, 0);
      assert.ok(reclaimed >= 32 * MiB, `${reclaimed}`);
      for (const { containerPid } of processes) assert.ok(containerPid > 1, 'PID 1 of the pod is its pause program');
      assert.equal(await residentBytes(two), 32 * MiB);
    } finally {
      await runtime.stop();
    }
  });
});
