/** What holds the agent back: guards, floors, rates, cooldown; each on real processes, each seen in its reason. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withoutSwap, withSwap } from '../swap.ts';
import { startAgent } from './agent.ts';
import { policy } from './policy.ts';

const mib = 2 ** 20;
const zram = { kind: 'zram', bytes: 512 * mib } as const;
const pageOutOnly = [{ advice: 'PageOut', afterIdleSeconds: 0 }];

test('without swap PageOut is skipped with NoSwap, and Cold still works', async () => {
  await withoutSwap(() =>
    withCgroup('noswap', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * mib);
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path) });
      const held = await agent.container(cgroup.path, (state) => state.reason === 'NoSwap');
      assert.equal(held.state, 'Skipped');
      assert.deepEqual(held.blocker, { signal: 'swapTotalBytes', observed: 0, allowed: 1 });
      const cold = await agent.line('Advised container', (line) => line['advice'] === 'Cold');
      assert.ok((cold['advisedBytes'] as number) >= 32 * mib);
      assert.equal((await target.pages(region)).presentBytes, 32 * mib);
    }),
  );
});

test('keepResidentBytes stays resident', async () => {
  await withSwap(zram, () =>
    withCgroup('keep', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await target.anon(64 * mib);
      const text = policy(cgroup.path, { steps: pageOutOnly, memory: { keepResidentBytes: '24Mi' } });
      await using agent = startAgent({ 'a.yaml': text });
      await agent.container(cgroup.path, (state) => state.state === 'PagedOut' && state.reason === 'LadderDone');
      const { rssAnonBytes } = await target.memory();
      assert.ok(rssAnonBytes >= 24 * mib, `${rssAnonBytes} resident`);
      assert.ok(rssAnonBytes <= 26 * mib, `${rssAnonBytes} resident`);
    }),
  );
});

test('maxBytesPerSecond holds over the whole pass', async () => {
  await withSwap(zram, () =>
    withCgroup('rate', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await target.anon(48 * mib);
      const text = policy(cgroup.path, { steps: pageOutOnly, limits: { maxBytesPerSecond: '16Mi' } });
      await using agent = startAgent({ 'a.yaml': text });
      const done = await agent.line('Advised container');
      assert.ok((done['advisedBytes'] as number) >= 48 * mib);
      const rate = (done['advisedBytes'] as number) / ((done['wallMillis'] as number) / 1000);
      assert.ok(rate <= 17 * mib, `${rate / mib} MiB/s`);
      assert.ok(rate >= 2 * mib, `${rate / mib} MiB/s: far below what the policy allows`);
    }),
  );
});

/** Pages 64 MiB out with this bound of a stall; gives how many calls it took. */
const callsUnder = (maxStallMicroseconds: number): Promise<number> =>
  withCgroup(`stall-${maxStallMicroseconds}`, {}, async (cgroup) => {
    await using target = await Target.start({ cgroup });
    await target.anon(64 * mib);
    const text = policy(cgroup.path, { steps: pageOutOnly, limits: { maxStallMicroseconds } });
    await using agent = startAgent({ 'a.yaml': text });
    const done = await agent.line('Advised container');
    assert.ok((done['unmappedBytes'] as number) >= 60 * mib);
    return done['calls'] as number;
  });

test('maxStallMicroseconds of the policy bounds the calls: a small one makes many of them', async () => {
  await withSwap(zram, async () => {
    const small = await callsUnder(100);
    const large = await callsUnder(1_000_000);
    assert.ok(small > 4 * large, `${small} calls under 100 us, ${large} under 1 s`);
  });
});

test('maxBytesPerRound splits a step into rounds that go on where the last one stopped', async () => {
  await withSwap(zram, () =>
    withCgroup('rounds', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(48 * mib);
      const text = policy(cgroup.path, { steps: pageOutOnly, limits: { maxBytesPerRound: '20Mi' } });
      await using agent = startAgent({ 'a.yaml': text });
      await agent.container(cgroup.path, (state) => state.reason === 'LadderDone');
      const rounds = agent.lines.filter((line) => line.msg === 'Advised container');
      assert.equal(rounds.length, 3);
      for (const round of rounds) assert.ok((round['unmappedBytes'] as number) <= 20 * mib);
      assert.ok((await target.pages(region)).swappedBytes >= 46 * mib);
    }),
  );
});

test('the cooldown keeps a second page-out waiting after a wake', async () => {
  await withSwap(zram, () =>
    withCgroup('cooldown', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * mib);
      const guards = { refault: { maxPercent: 100 } };
      const text = policy(cgroup.path, { steps: pageOutOnly, limits: { cooldownSeconds: 3600 }, guards });
      await using agent = startAgent({ 'a.yaml': text });
      await agent.container(cgroup.path, (state) => state.state === 'PagedOut' && state.passRunning === null);
      await target.startSpin();
      await agent.container(cgroup.path, (state) => state.reason === 'NotIdle' || state.reason === 'Woke');
      await target.stop('spin');
      await target.touch(region);
      const held = await agent.container(cgroup.path, (state) => state.reason === 'Cooldown');
      assert.equal(held.blocker?.signal, 'secondsSincePageOut');
      assert.equal(held.blocker?.allowed, 3600);
    }),
  );
});

test('pressure of the node above what the policy allows holds page-outs back', async () => {
  await withSwap(zram, () =>
    withCgroup('pressure', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * mib);
      const guard = { resource: 'CPU', scope: 'Node', kind: 'Some', maxStallMillisecondsPerMinute: 0 };
      const text = policy(cgroup.path, { steps: pageOutOnly, guards: { pressure: [guard] } });
      await using _busy = await busyNode();
      await using agent = startAgent({ 'a.yaml': text });
      const held = await agent.container(cgroup.path, (state) => state.reason === 'NodePressure');
      assert.equal(held.blocker?.signal, 'pressureNodeCPUSome');
      await sleep(1000);
      assert.equal((await target.pages(region)).presentBytes, 32 * mib);
    }),
  );
});

/** More spinning threads than CPUs: somebody always waits. */
async function busyNode(): Promise<AsyncDisposable> {
  const spinners = await Promise.all(Array.from({ length: 4 }, () => Target.start()));
  for (const one of spinners) await one.startSpin();
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(spinners.map((one) => one.end()));
    },
  };
}

test('a container that is frozen is left alone', async () => {
  await withSwap(zram, () =>
    withCgroup('frozen', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await target.anon(32 * mib);
      await cgroup.freeze(true);
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path) });
      const held = await agent.container(cgroup.path, (state) => state.reason === 'Frozen');
      assert.equal(held.state, 'Skipped');
      assert.equal(held.ledger.advisedBytes, 0);
      await cgroup.freeze(false);
    }),
  );
});
