/** End to end through the real worker: numbers reused, programs exchanged, rights not given. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdviseResult, Session, Target } from '../../../native/worker.ts';
import { discover, Ground } from './ground.ts';
import { freeNumber } from './numbers.ts';
import { openOne, pageOut, proofOf, Sessions, verdict, verdicts } from './sessions.ts';

let ground: Ground;
let sessions: Sessions;
before(async () => {
  ground = await Ground.make(4 << 20);
  sessions = await Sessions.start();
});
after(async () => {
  await sessions[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

/** How far the worker got with a target, and what it said: null, or the reason why not further. */
async function wholePass(session: Session, target: Target, between: (call: string) => Promise<void>) {
  await between('open');
  const [opened] = await session.open([target]);
  if (!opened?.ok) return verdict(opened!);
  const { handle } = opened.proof;
  await between('list');
  try {
    await session.list(handle);
  } catch (error) {
    return (error as { code: string }).code;
  }
  await between('advise');
  const { reason } = await session.advise(handle, pageOut, [ground.inMeant.range]);
  if (reason !== null) return reason;
  await between('measure');
  return (await verdicts(session))[0]!;
}

const calls = ['open', 'list', 'advise', 'measure'] as const;

test('A number that is another process by the time of each call of a session is refused, 52 times out of 52, and not touched', async () => {
  const { inMeant, inOther, meant } = ground;
  const pid = freeNumber();
  for (let i = 0; i < 52; i++) {
    const call = calls[i % calls.length]!;
    await inMeant.take(pid, 1);
    const target = discover(pid);
    const inherit = async (now: string) => {
      if (now !== call) return;
      await inMeant.give(pid);
      await inOther.take(pid, 2);
    };
    const said = await sessions.within(meant, (session) => wholePass(session, target, inherit));
    assert.match(said, /^(Exited|NotInContainer)$/, call);
    assert.deepEqual(await inOther.memory(pid, 2), inOther.untouched, call);
    await inOther.give(pid);
  }
});

test('Two processes that exchanged their numbers are both Exited, before and under an open handle', async () => {
  const { inMeant, meant } = ground;
  const pids = [freeNumber(), freeNumber()] as const;
  for (const [i, pid] of pids.entries()) await inMeant.take(pid, i);
  const seen = pids.map(discover);
  await sessions.within(meant, async (session) => {
    const handles = (await session.open(seen)).map((opened) => proofOf([opened]).handle);
    for (const pid of pids) await inMeant.give(pid);
    await sleep(20); // into a later clock tick: within one, start times can't tell
    await inMeant.take(pids[0], 11);
    await inMeant.take(pids[1], 10);
    for (const handle of handles) {
      const { reason } = await session.advise(handle, pageOut, [inMeant.range]);
      assert.equal(reason, 'Exited');
    }
    assert.deepEqual(await verdicts(session), ['Exited', 'Exited']);
  });
  assert.deepEqual(await sessions.open(meant, ...seen), ['Exited', 'Exited']);
  assert.deepEqual(await inMeant.memory(pids[0], 11), inMeant.untouched);
  assert.deepEqual(await inMeant.memory(pids[1], 10), inMeant.untouched);
  for (const pid of pids) await inMeant.give(pid);
});

test('Two processes that had one number in the same clock tick have different pidfd inodes', async (t) => {
  if (!sessions.hello.features.includes('PidfsInode'))
    return t.skip('pidfs inodes tell processes apart from Linux 6.9');
  const pid = freeNumber();
  const inodes = new Set<number>();
  for (let i = 0; i < 5; i++) {
    await ground.inMeant.take(pid, i);
    inodes.add(await sessions.within(ground.meant, async (session) => (await openOne(session, pid)).pidfdInode));
    await ground.inMeant.give(pid);
  }
  assert.equal(inodes.size, 5);
});

for (const call of ['list', 'advise', 'measure'] as const)
  test(`A program exchanged by execve before ${call} is Execed, and the new one loses nothing`, async () => {
    const { inMeant, meant } = ground;
    const pid = freeNumber();
    await inMeant.take(pid, 1);
    const exec = async (now: string) => {
      if (now === call) await inMeant.exec(pid, 2);
    };
    const said = await sessions.within(meant, (session) => wholePass(session, discover(pid), exec));
    assert.equal(said, 'Execed');
    assert.deepEqual(await inMeant.memory(pid, 2), inMeant.untouched);
    await inMeant.give(pid);
  });

/** Paced so that the pass takes seconds: the change comes between two chunks. */
async function slowPass(change: (pid: number) => Promise<void>, pid: number): Promise<AdviseResult> {
  return sessions.within(ground.meant, async (session) => {
    const { handle } = await openOne(session, pid);
    await session.list(handle);
    const changed = Promise.withResolvers<void>();
    let isFirst = true;
    const onProgress = () => {
      if (isFirst) change(pid).then(changed.resolve, changed.reject);
      isFirst = false;
    };
    const limits = { ...pageOut, bytesPerSecond: 2 << 20 };
    const result = await session.advise(handle, limits, [ground.inMeant.range], onProgress);
    await changed.promise;
    return result;
  });
}

test('A program exchanged between two chunks of a paced pass loses one chunk at most', async () => {
  const { inMeant } = ground;
  const pid = freeNumber();
  await inMeant.take(pid, 1);
  const { reason, advisedBytes, chunkBytes } = await slowPass((each) => inMeant.exec(each, 2), pid);
  assert.equal(reason, 'Execed');
  assert.ok(advisedBytes > 0 && advisedBytes < ground.bytes, `${advisedBytes}`);
  const memory = await inMeant.memory(pid, 2);
  assert.ok(memory.swappedBytes <= chunkBytes, `${memory.swappedBytes} of the new program, chunks of ${chunkBytes}`);
  assert.equal(memory.brokenPages, 0);
  await inMeant.give(pid);
});

test('A number reused between two chunks of a paced pass ends it with Exited, and the other process is not touched', async () => {
  const { inMeant, inOther } = ground;
  const pid = freeNumber();
  await inMeant.take(pid, 1);
  const { reason, advisedBytes } = await slowPass(async (each) => {
    await inMeant.give(each);
    await inOther.take(each, 2);
  }, pid);
  assert.equal(reason, 'Exited');
  assert.ok(advisedBytes > 0 && advisedBytes < ground.bytes, `${advisedBytes}`);
  assert.deepEqual(await inOther.memory(pid, 2), inOther.untouched);
  await inOther.give(pid);
});

test('A session that may only observe is refused advice with RightsExceeded, and nothing moves', async () => {
  const { inMeant, meant } = ground;
  const pid = freeNumber();
  await inMeant.take(pid, 1);
  await sessions.within(
    meant,
    async (session) => {
      const { handle } = await openOne(session, pid);
      assert.ok((await session.list(handle)).count > 0);
      for (const advice of ['PageOut', 'Cold', 'WillNeed', 'Collapse'] as const)
        await assert.rejects(session.advise(handle, { ...pageOut, advice }, [inMeant.range]), {
          code: 'RightsExceeded',
        });
    },
    ['observe'],
  );
  assert.deepEqual(await inMeant.memory(pid, 1), inMeant.untouched);
  await inMeant.give(pid);
});

test('A session without the right to observe opens nothing', async () => {
  const pid = freeNumber();
  await ground.inMeant.take(pid, 1);
  const open = (session: Session) => session.open([{ pid, startTicks: 0 }]);
  await assert.rejects(sessions.within(ground.meant, open, ['advise']), { code: 'RightsExceeded' });
  await ground.inMeant.give(pid);
});

test('A handle of one session is nobody in another', async () => {
  const pid = freeNumber();
  await ground.inMeant.take(pid, 1);
  await sessions.within(ground.meant, async (session) => {
    const { handle } = await openOne(session, pid);
    await sessions.within(ground.meant, async (another) => {
      await assert.rejects(another.list(handle), { code: 'NoSuchProcess' });
      await assert.rejects(another.advise(handle, pageOut, [ground.inMeant.range]), { code: 'NoSuchProcess' });
    });
  });
  assert.deepEqual(await ground.inMeant.memory(pid, 1), ground.inMeant.untouched);
  await ground.inMeant.give(pid);
});
