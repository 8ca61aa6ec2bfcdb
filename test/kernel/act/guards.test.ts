/** What a slice would take is counted before it moves: the agent ends at the edge of a guard, not beyond it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { startAgent } from '../agent/agent.ts';
import { policy } from '../agent/policy.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { mebibyte } from './passes.ts';

/** Pages out at full speed until a guard says stop; gives what lies in swap then, and what stopped it. */
async function outUntilStopped(bytes: number, minFreePercent: number) {
  return withCgroup('edge', {}, async (cgroup) => {
    await using target = await Target.start({ cgroup });
    const region = await target.anon(bytes);
    const guards = { swap: { minFreePercent } };
    const text = policy(cgroup.path, { steps: [{ advice: 'PageOut', afterIdleSeconds: 0 }], guards });
    await using agent = startAgent({ 'a.yaml': text });
    const held = await agent.container(
      cgroup.path,
      ({ reason, passRunning }) => reason === 'SwapFull' && passRunning === null,
    );
    const { signal, observed, allowed } = held.blocker!;
    assert.match(signal, /^(swap|zram)FreePercent$/);
    assert.ok(observed <= allowed && allowed === minFreePercent, JSON.stringify(held.blocker));
    assert.equal(await target.brokenPages(region, { offset: 0, length: 4096 }), 0);
    return (await target.memory()).swapBytes;
  });
}

test('swap is filled up to what the policy leaves free and not beyond', async () => {
  const bytes = 128 * mebibyte;
  await withSwap({ kind: 'zram', bytes }, async () => {
    const swapBytes = await outUntilStopped(128 * mebibyte, 40);
    assert.ok(swapBytes <= 0.6 * bytes, `${swapBytes / mebibyte} MiB of ${(0.6 * bytes) / mebibyte} are in swap`);
    assert.ok(swapBytes > 0.4 * bytes, `only ${swapBytes / mebibyte} MiB are in swap`);
  });
});

test('a zram near its mem_limit counts as full however much of it is free', async () => {
  await withSwap({ kind: 'zram', bytes: 1024 * mebibyte }, async ({ path }) => {
    writeFileSync(`/sys/block/${basename(path)}/mem_limit`, String(32 * mebibyte));
    const swapBytes = await outUntilStopped(192 * mebibyte, 10);
    assert.ok(swapBytes > 16 * mebibyte && swapBytes < 160 * mebibyte, `${swapBytes / mebibyte} MiB are in swap`);
  });
});

test('DryRun of two containers ends together where swap would end them, and touches nothing', async () => {
  const bytes = 128 * mebibyte;
  await withSwap({ kind: 'zram', bytes }, () =>
    withCgroup('dry-one', {}, (one) =>
      withCgroup('dry-two', {}, async (two) => {
        await using first = await Target.start({ cgroup: one });
        await using second = await Target.start({ cgroup: two });
        for (const target of [first, second]) await target.anon(64 * mebibyte);
        const spec = {
          mode: 'DryRun',
          steps: [{ advice: 'PageOut', afterIdleSeconds: 0 }],
          guards: { swap: { minFreePercent: 40 } },
        } as const;
        await using agent = startAgent({
          'a.yaml': policy(one.path, spec, 'a'),
          'b.yaml': policy(two.path, spec, 'b'),
        });
        const isOver = ({ wouldReclaimBytes, passRunning }: { wouldReclaimBytes: number; passRunning: unknown }) =>
          wouldReclaimBytes > 0 && passRunning === null;
        const found = [await agent.container(one.path, isOver), await agent.container(two.path, isOver)];
        const would = found.map(({ wouldReclaimBytes }) => wouldReclaimBytes).sort((a, b) => b - a);
        const sum = would[0]! + would[1]!;
        assert.ok(would[0]! <= 66 * mebibyte, `${would[0]} of a container of 64 MiB`);
        assert.ok(sum <= 0.6 * bytes && sum > 0.55 * bytes, `${sum / mebibyte} of ${(0.6 * bytes) / mebibyte} MiB`);
        assert.ok(
          found.some(({ lastAdvice }) => lastAdvice!.reason === 'SwapFull'),
          found.map(({ lastAdvice }) => lastAdvice!.reason).join(),
        );
        for (const target of [first, second]) assert.equal((await target.memory()).swapBytes, 0);
      }),
    ),
  );
});
