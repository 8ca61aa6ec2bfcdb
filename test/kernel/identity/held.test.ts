/** Memory that is held where it is, and containers that hold still: what page-out moves and what it says. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { AdviseResult, Session } from '../../../native/worker.ts';
import { type Region, Target, TargetError } from '../../targets/target.ts';
import { type Cgroup, makeCgroup } from '../cgroup.ts';
import { acquireSwap, type Swap } from '../swap.ts';
import { openOne, pageOut, proofOf, Sessions } from './sessions.ts';

const bytes = 8 << 20;
let swap: Swap;
let sessions: Sessions;
let cgroup: Cgroup;
before(async () => {
  swap = await acquireSwap({ kind: 'zram', bytes: 256 << 20 });
  sessions = await Sessions.start();
  cgroup = makeCgroup('held');
});
after(async () => {
  await sessions[Symbol.asyncDispose]();
  await cgroup.remove();
  await swap.release();
});

async function passOn(session: Session, target: Target, region: Region, advice = pageOut.advice) {
  const { handle } = await openOne(session, target.pid);
  await session.list(handle);
  const result: AdviseResult = await session.advise(handle, { ...pageOut, advice }, [region]);
  return { result, sample: proofOf(await session.measure()).sample };
}

async function pin(target: Target, region: Region): Promise<string | null> {
  try {
    await target.change('pin', region);
    return null;
  } catch (error) {
    if (error instanceof TargetError) return error.message;
    throw error;
  }
}

test('Pages pinned by io_uring are advised without an error and stay: the counts tell, and VmPin where the kernel keeps it', async (t) => {
  await using target = await Target.start({ cgroup });
  const region = await target.anon(bytes);
  const obstacle = await pin(target, region);
  if (obstacle !== null) return t.skip(`nothing could be pinned: ${obstacle}`);
  await sessions.within(cgroup, async (session) => {
    const { result, sample } = await passOn(session, target, region);
    assert.deepEqual([result.advisedBytes, result.reason], [bytes, null]);
    assert.ok([0, bytes].includes(sample.pinnedBytes), `${sample.pinnedBytes}`);
    if (sample.pinnedBytes === 0) t.diagnostic('this kernel does not count buffers of io_uring in VmPin (seen on 7.3)');
    const [counts] = await session.count(0, [region]);
    assert.deepEqual(counts, { presentBytes: bytes, swappedBytes: 0 });
  });
  assert.equal(await target.brokenPages(region), 0);
});

test('mlockall(MCL_ONFAULT) makes every mapping Unadvisable, by name and not for nothing', async () => {
  await using target = await Target.start({ cgroup });
  const region = await target.anon(bytes);
  await target.ask('lockall');
  await sessions.within(cgroup, async (session) => {
    const { result, sample } = await passOn(session, target, region);
    assert.equal(result.advisedBytes, 0);
    assert.deepEqual(
      result.ranges.map(({ reason }) => reason),
      ['Unadvisable'],
    );
    assert.ok(sample.lockedBytes >= bytes);
    assert.deepEqual(await session.count(0, [region]), [{ presentBytes: bytes, swappedBytes: 0 }]);
  });
});

test('A frozen container is paged out while it stands still, and comes back intact', async () => {
  await using target = await Target.start({ cgroup });
  const region = await target.anon(bytes);
  await cgroup.freeze(true);
  try {
    await sessions.within(cgroup, async (session) => {
      const { result } = await passOn(session, target, region);
      assert.deepEqual([result.advisedBytes, result.reason], [bytes, null]);
      const [counts] = await session.count(0, [region]);
      assert.ok(counts!.swappedBytes > 0.95 * bytes, JSON.stringify(counts));
    });
  } finally {
    await cgroup.freeze(false);
  }
  assert.equal(await target.brokenPages(region), 0);
});

test('WillNeed takes memory that RssAnon and PRESENT do not show, and a later PageOut does not give it back', async () => {
  await using target = await Target.start({ cgroup });
  const region = await target.anon(bytes);
  await sessions.within(cgroup, async (session) => {
    await passOn(session, target, region);
    const out = cgroup.usageBytes();
    const { result } = await passOnSame(session, region, 'WillNeed');
    assert.equal(result.advisedBytes, bytes);
    const ahead = cgroup.usageBytes();
    assert.ok(ahead - out > 0.9 * bytes, `usage grew by ${ahead - out}`);
    const [counts] = await session.count(0, [region]);
    assert.ok(counts!.presentBytes < 0.05 * bytes, JSON.stringify(counts));
    await passOnSame(session, region, 'PageOut');
    assert.ok(cgroup.usageBytes() - out > 0.9 * bytes);
  });
  assert.equal(await target.brokenPages(region), 0);
});

async function passOnSame(session: Session, region: Region, advice: 'WillNeed' | 'PageOut') {
  return { result: await session.advise(0, { ...pageOut, advice }, [region]) };
}
